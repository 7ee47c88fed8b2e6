from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

import asyncpg
import msgspec
from redis.asyncio import Redis

from accounts.model import Device, Pairing, PhoneLink, RevokedBecause, ShareLink, Subject
from infra.db import Tx
from infra.sql import load, load_script
from kernel.actors import Actor, Role
from kernel.ids import DeviceId, OrderId, PairingId, PhoneId, RiderId, ShareId

_sql: Final = load("accounts")
_TAKE_TRY: Final = load_script("accounts", "take_try")
_TRIES: Final = "{pairing}:tries"  # one hash tag: both keys are looked at together
TRIES_WINDOW_MS: Final = 60_000
TRIES_OF_AN_ADDRESS: Final = 20  # a depot that pairs all its riders behind one address, by hand
TRIES_OF_ALL: Final = 300
_SUBJECT: Final = frozenset(Subject.__struct_fields__)
_IPV6_SITE_BITS: Final = 64  # whoever has one address has all that begin like it


class NoTry(StrEnum):
    """Whose tries are used up."""

    OF_ADDRESS = "of_address"
    OF_ALL = "of_all"


async def take_try(redis: Redis, address: str) -> tuple[NoTry, int] | None:
    """Count a try of a code; returns whose are used up, and after how many milliseconds there are new ones."""
    keys = (f"{_TRIES}:{_site(address)}", _TRIES)
    limits = (TRIES_OF_AN_ADDRESS, TRIES_OF_ALL, TRIES_WINDOW_MS)
    whose, wait_ms = await redis.eval(_TAKE_TRY, len(keys), *keys, *limits)
    return (list(NoTry)[whose - 1], wait_ms) if whose else None


async def insert_pairing(tx: Tx, pairing: Pairing, *, code_hash: bytes, now: datetime) -> bool:
    """Write a pairing; False where its code is taken."""
    subject, by = pairing.subject, pairing.made_by
    made = await tx.fetchval(
        _sql.insert_pairing, pairing.id, code_hash, subject.role, subject.subject_id, list(subject.store_ids),
        list(subject.scopes), subject.is_manager, pairing.label, by.role, by.id, now, pairing.expires_at,
    )  # fmt: skip
    return made is not None


async def sweep_pairings(tx: Tx, *, expired_before: datetime) -> None:
    """Forget the pairings that expired before this instant."""
    await tx.execute(_sql.sweep_pairings, expired_before)


async def lock_pairing(tx: Tx, *, code_hash: bytes) -> Pairing | None:
    """Return the pairing with this code, locked and counted as tried; None where there is none."""
    row = await tx.fetchrow(_sql.lock_pairing, code_hash)
    if row is None:
        return None
    return Pairing(
        id=PairingId(row["id"]),
        subject=_subject(row),
        label=row["label"],
        made_by=Actor(Role(row["made_by_role"]), row["made_by"]),
        expires_at=row["expires_at"],
        claimed_at=row["claimed_at"],
        claimed_from=row["claimed_from"],
        device_id=row["device_id"],
    )


async def mark_claimed(
    tx: Tx, pairing_id: PairingId, device_id: DeviceId, *, claimed_from: bytes, now: datetime
) -> None:
    """Write which device used a pairing, and from where."""
    await tx.execute(_sql.mark_claimed, pairing_id, now, claimed_from, device_id)


async def insert_device(tx: Tx, device: Device) -> None:
    """Write a device."""
    subject, by = device.subject, device.paired_by
    await tx.execute(
        _sql.insert_device, device.id, subject.role, subject.subject_id, list(subject.store_ids), list(subject.scopes),
        subject.is_manager, device.label, device.name, by.role, by.id, device.salt, device.refresh_hash,
        device.created_at,
    )  # fmt: skip


async def lock_device(tx: Tx, device_id: DeviceId) -> Device | None:
    """Return a device, locked, or None."""
    row = await tx.fetchrow(_sql.lock_device, device_id)
    if row is None:
        return None
    fields = {name: value for name, value in row.items() if name in Device.__struct_fields__}
    fields["paired_by"] = Actor(Role(row["paired_by_role"]), row["paired_by"])
    return Device(**fields, subject=_subject(row))


async def rotate_device(
    tx: Tx, device_id: DeviceId, *, refresh_hash: bytes, previous_until: datetime, now: datetime
) -> None:
    """Write a device's next refresh token; the one it had becomes the previous one."""
    await tx.execute(_sql.rotate_device, device_id, refresh_hash, previous_until, now)


async def mark_used(tx: Tx, used: Mapping[DeviceId, int]) -> None:
    """Write that these devices have their refresh tokens of these numbers, in the order of their ids."""
    await tx.execute(_sql.mark_used, list(used.keys()), list(used.values()))


async def revoke_device(tx: Tx, device_id: DeviceId, *, by: str, because: RevokedBecause, now: datetime) -> None:
    """Write that a device may not call any more, once."""
    await tx.execute(_sql.revoke_device, device_id, now, by, because)


async def insert_share_link(tx: Tx, link: ShareLink, *, token_hash: bytes, now: datetime) -> None:
    """Write a share link."""
    by = link.made_by
    await tx.execute(_sql.insert_share_link, link.id, token_hash, link.order_id, by.role, by.id, now, link.expires_at)


async def count_open_shares(tx: Tx, order_id: OrderId, *, now: datetime) -> int:
    """Return how many links show this order; nobody else makes one for it until the transaction ends."""
    await tx.execute(_sql.lock_order_shares, order_id)
    count: int = await tx.fetchval(_sql.count_open_shares, order_id, now)
    return count


async def find_share_link(tx: Tx, share_id: ShareId) -> ShareLink | None:
    """Return a share link, or None."""
    return _share_link(await tx.fetchrow(_sql.find_share_link, share_id))


async def find_share_link_by_token(tx: Tx, *, token_hash: bytes) -> ShareLink | None:
    """Return the share link with this token, or None."""
    return _share_link(await tx.fetchrow(_sql.find_share_link_by_token, token_hash))


async def revoke_share_link(tx: Tx, share_id: ShareId, *, by: str, now: datetime) -> None:
    """Write that a link shows nothing any more, once."""
    await tx.execute(_sql.revoke_share_link, share_id, now, by)


async def insert_phone_link(tx: Tx, link: PhoneLink, *, token_hash: bytes) -> None:
    """Write a phone link."""
    by = link.made_by
    await tx.execute(
        _sql.insert_phone_link, link.id, token_hash, link.rider_id, link.label, by.role, by.id, link.made_at
    )


async def count_open_phones(tx: Tx, rider_id: RiderId) -> int:
    """Return how many phone links a rider has; nobody else makes one for them until the transaction ends."""
    await tx.execute(_sql.lock_riders_phones, rider_id)
    count: int = await tx.fetchval(_sql.count_open_phones, rider_id)
    return count


async def find_phone_link_by_token(tx: Tx, *, token_hash: bytes) -> PhoneLink | None:
    """Return the phone link with this token that nobody revoked, or None."""
    row = await tx.fetchrow(_sql.find_phone_link_by_token, token_hash)
    if row is None:
        return None
    return PhoneLink(
        id=row["id"],
        rider_id=row["rider_id"],
        label=row["label"],
        made_by=Actor(Role(row["made_by_role"]), row["made_by"]),
        made_at=row["made_at"],
    )


async def mark_phones_sent(tx: Tx, sent_at: Mapping[PhoneId, datetime]) -> None:
    """Write when the apps behind these links sent a position, where nobody wrote a later one."""
    await tx.execute(_sql.mark_phones_sent, list(sent_at), list(sent_at.values()))


async def revoke_phone_link(tx: Tx, phone_id: PhoneId, rider_id: RiderId, *, by: str, now: datetime) -> bool:
    """Write that a rider's phone link takes nothing any more, once; False where the rider has no such link."""
    return await tx.fetchval(_sql.revoke_phone_link, phone_id, rider_id, now, by) is not None


def _subject(row: asyncpg.Record) -> Subject:
    return msgspec.convert({name: value for name, value in row.items() if name in _SUBJECT}, Subject)


def _share_link(row: asyncpg.Record | None) -> ShareLink | None:
    if row is None:
        return None
    return ShareLink(
        id=row["id"],
        order_id=row["order_id"],
        made_by=Actor(Role(row["made_by_role"]), row["made_by"]),
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )


def _site(address: str) -> str:
    """Return what one caller cannot leave at will: an address, of the new kind the network it is in."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, _IPV6_SITE_BITS), strict=False))

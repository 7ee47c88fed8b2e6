from datetime import datetime, timedelta

import msgspec
from redis.asyncio import Redis

from accounts import keys as made
from accounts import policy, store
from accounts.errors import DeviceNotFound, PairingBusy, PairingNotFound, PairingOver, SessionOver, TooManyTries
from accounts.keys import Keys, Presented
from accounts.model import Caller, Device, Pairing, RevokedBecause, Subject
from accounts.policy import Refresh
from accounts.store import NoTry
from infra import ids
from infra.db import Tx
from kernel.actors import SYSTEM, Role
from kernel.ids import DeviceId, PairingId, PersonId

PAIRINGS_KEPT = timedelta(days=1)


class NewPairing(msgspec.Struct, frozen=True, kw_only=True):
    """A pairing, and its code, which is told once and never again."""

    pairing: Pairing
    code: str


def new_person(role: Role) -> PersonId:
    """Return an id for somebody of a store or of the desk who was not here before; all others are entered first."""
    policy.check_may_be_new(role)
    return ids.new(PersonId, "per")


async def offer_pairing(
    tx: Tx, subject: Subject, *, label: str, keys: Keys, caller: Caller, now: datetime
) -> NewPairing:
    """Make a code with which one device becomes this subject's, within 15 minutes of wall time."""
    policy.check_subject(subject)
    policy.check_may_pair(caller, subject)
    await store.sweep_pairings(tx, expired_before=now - PAIRINGS_KEPT)
    pairing = Pairing(
        id=ids.new(PairingId, "pai"),
        subject=subject,
        label=label,
        made_by=caller.actor,
        expires_at=now + policy.CODE_LASTS,
    )
    code = made.new_code()
    while not await store.insert_pairing(tx, pairing, code_hash=keys.code_hash(code), now=now):
        code = made.new_code()
    return NewPairing(pairing=pairing, code=code)


async def take_try(redis: Redis, address: str) -> None:
    """Let this address try one code; refuses where it, or everybody together, tried too many."""
    if (refused := await store.take_try(redis, address)) is None:
        return
    whose, wait_ms = refused
    retry_after_s = -(-wait_ms // 1000)
    raise (TooManyTries if whose is NoTry.OF_ADDRESS else PairingBusy)(retry_after_s=retry_after_s)


async def claim(
    tx: Tx, code: str, *, device_name: str, address: str, keys: Keys, now: datetime
) -> Device | PairingOver:
    """Make the device that brings a code the subject's. Sent again, it gets the same answer; see `is_claimed_again`."""
    pairing = await store.lock_pairing(tx, code_hash=keys.code_hash(code))
    if pairing is None:
        raise PairingNotFound
    claimed_from = keys.claimed_from(address, device_name)
    try:
        is_again = policy.is_claimed_again(pairing, claimed_from=claimed_from, now=now)
    except PairingOver as over:
        return over  # The try is counted.
    if is_again and pairing.device_id is not None:
        device = await store.lock_device(tx, pairing.device_id)
        is_as_it_was = device is not None and device.refresh_no == 0 and device.revoked_at is None
        return device if device and is_as_it_was else PairingOver(expired_at=pairing.expires_at, is_claimed=True)
    device = _device(pairing, name=device_name, keys=keys, now=now)
    await store.insert_device(tx, device)
    await store.mark_claimed(tx, pairing.id, device.id, claimed_from=claimed_from, now=now)
    return device


async def refresh(tx: Tx, presented: Presented, *, keys: Keys, now: datetime) -> Device | SessionOver:
    """Give a device its next refresh token, which is made from what this returns.

    The one it had gets the same next one until that was used, and 30 s at least; after that it can only be a copy, and
    the device is revoked.
    """
    device = await store.lock_device(tx, presented.device_id)
    if device is None:
        return SessionOver()
    is_ours = presented.token == keys.refresh_token(device.id, presented.refresh_no, device.salt)
    verdict = policy.judge_refresh(
        device, refresh_no=presented.refresh_no, token_hash=presented.hash, is_ours=is_ours, now=now
    )
    match verdict:
        case Refresh.REPEAT:
            if presented.refresh_no == device.refresh_no:
                await store.mark_used(tx, {device.id: device.refresh_no})
            return device
        case Refresh.ROTATE:
            return await _rotate(tx, device, keys=keys, now=now)
        case Refresh.REVOKE:
            await store.revoke_device(tx, device.id, by=SYSTEM.id, because=RevokedBecause.REPLAYED, now=now)
    return SessionOver()


async def end(tx: Tx, presented: Presented, *, now: datetime) -> bool:
    """Forget a device that signs out with its refresh token, or the one before; tells whether it was one of these."""
    device = await store.lock_device(tx, presented.device_id)
    if device is None or presented.hash not in {device.refresh_hash, device.previous_hash}:
        return False
    await store.revoke_device(tx, device.id, by=device.id, because=RevokedBecause.ENDED, now=now)
    return True


async def revoke(tx: Tx, device_id: DeviceId, *, caller: Caller, now: datetime) -> None:
    """End a device's access everywhere within a second. Safe to repeat; the first to do it stays on record."""
    device = await store.lock_device(tx, device_id)
    if device is None or not policy.may_manage(caller, device):
        raise DeviceNotFound
    await store.revoke_device(tx, device_id, by=caller.id, because=RevokedBecause.ASKED, now=now)


async def _rotate(tx: Tx, device: Device, *, keys: Keys, now: datetime) -> Device:
    refresh_no = device.refresh_no + 1
    following = made.hash_of(keys.refresh_token(device.id, refresh_no, device.salt))
    until = now + policy.PREVIOUS_LASTS
    await store.rotate_device(tx, device.id, refresh_hash=following, previous_until=until, now=now)
    return msgspec.structs.replace(device, refresh_no=refresh_no, refresh_hash=following, last_seen_at=now)


def _device(pairing: Pairing, *, name: str, keys: Keys, now: datetime) -> Device:
    device_id, salt = ids.new(DeviceId, "dev"), made.new_salt()
    return Device(
        id=device_id,
        subject=pairing.subject,
        label=pairing.label,
        name=name,
        paired_by=pairing.made_by,
        salt=salt,
        refresh_hash=made.hash_of(keys.refresh_token(device_id, 0, salt)),
        created_at=now,
        last_seen_at=now,
    )

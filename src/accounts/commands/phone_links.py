"""Links to which apps that are not ours send where a rider is. Whether there is such a rider, fleet knows."""

from datetime import datetime

import msgspec

from accounts import keys as made
from accounts import policy, store
from accounts.errors import PhoneNotFound, TooManyPhones
from accounts.model import Caller, PhoneLink
from infra import ids
from infra.db import Tx
from kernel.ids import PhoneId, RiderId


class NewPhoneLink(msgspec.Struct, frozen=True, kw_only=True):
    """A phone link, and its token, which is told once and never again."""

    link: PhoneLink
    token: str


async def link_phone(tx: Tx, rider_id: RiderId, *, label: str, caller: Caller, now: datetime) -> NewPhoneLink:
    """Make a link for a rider who was found to be there."""
    if await store.count_open_phones(tx, rider_id) >= policy.PHONES_MOST:
        raise TooManyPhones(rider_id, most=policy.PHONES_MOST)
    link = PhoneLink(id=ids.new(PhoneId, "phn"), rider_id=rider_id, label=label, made_by=caller.actor, made_at=now)
    token = made.new_phone_token()
    token_hash = made.phone_hash(token)
    assert token_hash is not None  # it was just made
    await store.insert_phone_link(tx, link, token_hash=token_hash)
    return NewPhoneLink(link=link, token=token)


async def unlink_phone(tx: Tx, rider_id: RiderId, phone_id: PhoneId, *, caller: Caller, now: datetime) -> None:
    """End a rider's link everywhere within a second. Safe to repeat; the first to do it stays on record."""
    if not await store.revoke_phone_link(tx, phone_id, rider_id, by=caller.id, now=now):
        raise PhoneNotFound

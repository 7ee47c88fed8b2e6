"""Who may pair what, what becomes of a code that is presented, and of a refresh token that comes back."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from accounts.errors import PairingOver, PairsOwnTabletsOnly
from accounts.model import CALLERS, Caller, Device, Pairing, Scope, Subject
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.ids import is_id

# All of these are wall time. docs/decisions/0008 says why each is as long as it is.
CODE_LASTS: Final = timedelta(minutes=15)
CLAIM_REPEATS_WITHIN: Final = timedelta(minutes=1)
PREVIOUS_LASTS: Final = timedelta(seconds=30)
UNUSED_LASTS: Final = timedelta(days=90)
SHARES_MOST: Final = 20  # of one order at the same time
PHONES_MOST: Final = 10  # of one rider at the same time: a phone, an old one, and apps that are tried out
_UNRECORDED: Final = frozenset({Role.MERCHANT, Role.OPERATOR})  # who they are is their device's record alone
_PREFIX: Final = {Role.RIDER: "rdr", Role.CUSTOMER: "cus", Role.MERCHANT: "per", Role.OPERATOR: "per"}


def check_subject(subject: Subject) -> None:
    """Refuse whom nobody can speak for, and say which field contradicts the role."""
    prefix = _PREFIX.get(subject.role)
    if subject.role is Role.SYSTEM:
        raise InvalidField("role", "the house itself never calls from outside")
    if subject.role not in CALLERS:
        raise InvalidField("role", f"a {subject.role} comes with a share link, and with nothing else")
    if prefix and not is_id(subject.subject_id, prefix):
        raise InvalidField("subject_id", f"a {subject.role} is named by an id that begins with {prefix}_")
    if subject.scopes and subject.role is not Role.OPERATOR:
        raise InvalidField("scopes", "only operators carry scopes")
    if bool(subject.store_ids) != (subject.role is Role.MERCHANT):
        raise InvalidField("store_ids", "merchant staff, and only they, belong to stores")
    if subject.is_manager and subject.role is not Role.MERCHANT:
        raise InvalidField("is_manager", "only merchant staff has managers")


def check_may_be_new(role: Role) -> None:
    """Refuse to make up whom a device speaks for where there is a record of them, as of riders and customers."""
    if role not in _UNRECORDED:
        raise InvalidField("subject_id", f"a {role} has to be named: only a store's and the desk's people can be new")


def check_may_pair(caller: Caller, subject: Subject) -> None:
    """Refuse a pairing that is not this caller's to make: administration makes any, a manager their stores' tablets.

    A tablet stands where everybody can reach it, so what a manager pairs is never a manager's.
    """
    if caller.has(Scope.ADMINISTRATION):
        return
    is_own_tablet = (
        subject.role is Role.MERCHANT and not subject.is_manager and caller.store_ids.issuperset(subject.store_ids)
    )
    if not (caller.is_manager and is_own_tablet):
        raise PairsOwnTabletsOnly


def may_manage(caller: Caller, device: Device) -> bool:
    """Tell whether a device is the caller's to see and revoke."""
    if caller.has(Scope.ADMINISTRATION):
        return True
    return (
        caller.is_manager
        and device.subject.role is Role.MERCHANT
        and caller.store_ids.issuperset(device.subject.store_ids)
    )


def is_claimed_again(pairing: Pairing, *, claimed_from: bytes, now: datetime) -> bool:
    """Tell whether a claim is the first one sent again, as its answer got lost; refuses a code that is over.

    The same code from the same address with the same name within a minute gets the same device and the same answer.
    From anywhere else, or later, the code is used up: a second one to know it must not become the device.
    """
    if pairing.claimed_at is None:
        if now >= pairing.expires_at:
            raise PairingOver(expired_at=pairing.expires_at, is_claimed=False)
        return False
    if pairing.claimed_from != claimed_from or now >= pairing.claimed_at + CLAIM_REPEATS_WITHIN:
        raise PairingOver(expired_at=pairing.expires_at, is_claimed=True)
    return True


class Refresh(StrEnum):
    """What is done with a refresh token that comes in."""

    ROTATE = "rotate"  # the device gets the next one
    REPEAT = "repeat"  # it gets the same next one again: another tab asked a moment ago, or the answer was lost
    REVOKE = "revoke"  # the next one is in use: two have copies, and nobody can tell who is the thief
    REFUSE = "refuse"


def judge_refresh(device: Device, *, refresh_no: int, token_hash: bytes, is_ours: bool, now: datetime) -> Refresh:
    """Decide about a refresh token that names this device; `is_ours` where only we can have made it.

    For 30 s after a rotation the token before it and the one it gave get the same answer: whatever two tabs, a page
    that is loaded twice and a slow network send in whatever order, all end with the same token. And for as long as
    nobody used what the next one came with, its answer may have got lost: the one before gets it again.
    """
    if device.revoked_at is not None:
        return Refresh.REFUSE
    was_just_rotated = device.previous_until is not None and now < device.previous_until
    is_next_in_use = device.used_no >= device.refresh_no
    if token_hash in {device.refresh_hash, device.previous_hash} and now >= device.last_seen_at + UNUSED_LASTS:
        return Refresh.REFUSE
    if token_hash == device.refresh_hash:
        return Refresh.REPEAT if was_just_rotated else Refresh.ROTATE
    if token_hash == device.previous_hash and (was_just_rotated or not is_next_in_use):
        return Refresh.REPEAT
    # A made-up token must not sign a device out; one of ours from before can only be a copy.
    return Refresh.REVOKE if is_ours and refresh_no < device.refresh_no else Refresh.REFUSE

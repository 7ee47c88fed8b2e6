"""Devices, pairings and callers, valid by default."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.apps import SECRET

from accounts.keys import Keys, hash_of
from accounts.model import Caller, Device, Pairing, Scope, Subject
from kernel.actors import Actor, Role
from kernel.ids import DeviceId, PairingId, StoreId

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
KEYS = Keys(SECRET)
CANTINA, PADARIA = StoreId(f"sto_{'C' * 26}"), StoreId(f"sto_{'P' * 26}")
BETO = Subject(role=Role.RIDER, subject_id=f"rdr_{'B' * 26}")
TABLET = Subject(role=Role.MERCHANT, subject_id=f"per_{'T' * 26}", store_ids=(CANTINA,))
NENA = Caller(role=Role.MERCHANT, id=f"per_{'N' * 26}", store_ids=frozenset({CANTINA}), is_manager=True)
COOK = Caller(role=Role.MERCHANT, id=f"per_{'K' * 26}", store_ids=frozenset({CANTINA}))
OFFICE = Caller(role=Role.OPERATOR, id=f"per_{'A' * 26}", scopes=frozenset({Scope.ADMINISTRATION}))
DESK = Caller(role=Role.OPERATOR, id=f"per_{'D' * 26}", scopes=frozenset({Scope.DISPATCH}))
DEVICE_ID = DeviceId(f"dev_{'1' * 26}")
SALT = b"salt of a device"


def token(number: int) -> str:
    """The refresh token of this number of the device below."""
    return KEYS.refresh_token(DEVICE_ID, number, SALT)


def a_device(**changes: Any) -> Device:
    """A rider's phone that was just paired."""
    phone: dict[str, Any] = {
        "id": DEVICE_ID, "subject": BETO, "label": "Beto's", "name": "a phone", "salt": SALT, "created_at": NOON,
        "paired_by": OFFICE.actor, "last_seen_at": NOON, "refresh_hash": hash_of(token(0)),
    }  # fmt: skip
    return Device(**(phone | changes))


def a_pairing(**changes: Any) -> Pairing:
    """A pairing that waits for a rider's phone."""
    waiting: dict[str, Any] = {
        "id": PairingId(f"pai_{'1' * 26}"), "subject": BETO, "label": "Beto's", "expires_at": NOON + 15 * MINUTE,
        "made_by": Actor(Role.OPERATOR, OFFICE.id),
    }  # fmt: skip
    return Pairing(**(waiting | changes))

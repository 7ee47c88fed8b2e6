"""Deadlines, written in the transaction that makes the promise. `infra.timekeeper` keeps them."""

from datetime import datetime
from typing import Final

import msgspec

from infra import ids
from infra.db import Tx
from infra.sql import load
from kernel.ids import TimerId

_sql: Final = load("infra")
_encode: Final = msgspec.json.Encoder().encode


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline that has come: whose, since when, what was noted beside it, and how often it failed."""

    id: TimerId
    kind: str
    subject_id: str
    payload: msgspec.Raw
    due_at: datetime
    attempts: int


async def schedule(tx: Tx, kind: str, subject_id: str, *, due_at: datetime, payload: object = None) -> None:
    """Set a deadline; it fires once, at or after `due_at` in domain time, also after restarts."""
    await tx.execute(_sql.insert_timer, ids.new(TimerId, "tmr"), kind, subject_id, _text(payload), due_at)


async def hasten(tx: Tx, kind: str, subject_id: str, *, due_at: datetime) -> None:
    """Make sure one fires by `due_at`, adding a deadline only where none is pending that early."""
    await tx.execute(_sql.insert_timer_unless_sooner, ids.new(TimerId, "tmr"), kind, subject_id, _text(None), due_at)


async def cancel(tx: Tx, subject_id: str, *kinds: str, because: str, now: datetime) -> None:
    """Call pending deadlines off, with the reason on record; one that fires at this moment finds out by itself."""
    await tx.execute(_sql.cancel_timers, subject_id, list(kinds), now, because)


async def count_overdue(tx: Tx, *, now: datetime) -> int:
    """Return how many deadlines have come and are not settled."""
    return int(await tx.fetchval(_sql.count_overdue, now))


def _text(payload: object) -> str:
    return _encode({} if payload is None else payload).decode()

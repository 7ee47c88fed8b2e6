"""Revised estimates of many orders: written as the outbox keeps them, and told as the relay tells them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import asyncpg
import msgspec

from infra import ids
from infra.clock import wall_now
from infra.outbox import Recorded, shard_of
from infra.sql import load
from kernel.actors import SYSTEM
from kernel.events import Cause
from kernel.ids import EventId
from recado.benches.feeds.clones import Order
from tracking.messages import EtaRevised

_sql: Final = load("recado")
_encode: Final = msgspec.json.Encoder().encode
_COLUMNS: Final = (
    "id", "stream_id", "seq", "shard", "type", "feeds", "actor_role", "actor_id", "cause", "occurred_at", "recorded_at",
    "payload", "is_sent",
)  # fmt: skip
Numbered = tuple[str, int, Recorded]


class Supply:
    """The next facts of each order: written first, then there to be told, round by round."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self._database = database

    async def write(self, orders: Sequence[Order], rounds: int) -> list[list[Numbered]]:
        """Write so many facts of each order, told already as far as the relay cares, and return them by round.

        The orders' own numbers are raised afterwards, by `raise_heads`, as far as they were told.
        """
        positions = count(await self._database.fetchval(_sql.read_last_position) + 1)
        now = wall_now()
        supply: list[list[Numbered]] = [
            [(order.id, order.seq + ahead, _fact(order, ahead, next(positions), now)) for order in orders]
            for ahead in range(1, rounds + 1)
        ]
        await self._database.copy_records_to_table("events", records=_rows(supply), columns=_COLUMNS)
        return supply

    async def raise_heads(self, orders: Sequence[Order], seqs: Sequence[int]) -> None:
        """Let the orders' rows say how far they have come."""
        await self._database.execute(_sql.raise_heads, [order.id for order in orders], list(seqs))


def _fact(order: Order, ahead: int, position: int, now: datetime) -> Recorded:
    was_at = now + timedelta(minutes=20, seconds=order.seq + ahead)
    eta_at = was_at + timedelta(seconds=75)
    event = EtaRevised(
        order_id=order.id,
        revision_no=order.seq + ahead,
        was_at=was_at,
        eta_at=eta_at,
        low_at=eta_at - timedelta(minutes=3),
        high_at=eta_at + timedelta(minutes=4),
        cause="traffic",
        breaks_promise=False,
    )
    return Recorded(
        position=position,
        id=ids.new(EventId, "evt"),
        stream_id=order.id,
        seq=order.seq + ahead,
        type=event.event_type(),
        feeds=[],
        actor=SYSTEM,
        cause=Cause.RULE,
        occurred_at=now,
        recorded_at=now,
        payload=msgspec.Raw(_encode(event)),
    )


def _rows(supply: Sequence[Sequence[Numbered]]) -> Iterator[tuple[Any, ...]]:
    for told in supply:
        for stream_id, seq, fact in told:
            yield (
                fact.id, stream_id, seq, shard_of(stream_id), fact.type, fact.feeds, fact.actor.role, fact.actor.id,
                fact.cause, fact.occurred_at, fact.recorded_at, bytes(fact.payload).decode(), True,
            )  # fmt: skip

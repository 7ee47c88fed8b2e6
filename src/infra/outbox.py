"""Facts are written in the transaction that made them true; `infra.relay` tells them afterwards."""

from datetime import datetime
from typing import Final
from zlib import crc32

import asyncpg
import msgspec

from infra import ids
from infra.db import Tx
from infra.sql import load
from kernel.actors import Actor, Role
from kernel.events import Act, Cause, Event
from kernel.ids import EventId

SHARDS: Final = 64  # docs/decisions/0003
_sql: Final = load("infra")
_encode: Final = msgspec.json.Encoder().encode


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it stands in the database: its number in its stream, who, when, and the fact as raw JSON."""

    position: int
    id: EventId
    stream_id: str
    seq: int
    type: str
    feeds: list[str]
    actor: Actor
    cause: Cause
    occurred_at: datetime
    recorded_at: datetime
    payload: msgspec.Raw

    @classmethod
    def from_row(cls, row: asyncpg.Record) -> "Recorded":
        """Build from a row that has every column of `fetch_unsent`."""
        return cls(
            position=row["position"],
            id=row["id"],
            stream_id=row["stream_id"],
            seq=row["seq"],
            type=row["type"],
            feeds=row["feeds"],
            actor=Actor(Role(row["actor_role"]), row["actor_id"]),
            cause=Cause(row["cause"]),
            occurred_at=row["occurred_at"],
            recorded_at=row["recorded_at"],
            payload=msgspec.Raw(row["payload"].encode()),
        )


def shard_of(stream_id: str) -> int:
    """Return the shard (0 to 63) whose one holder tells this stream's events, in order."""
    return crc32(stream_id.encode()) % SHARDS


async def append(tx: Tx, stream_id: str, events: tuple[Event, ...], *, after_seq: int, act: Act) -> None:
    """Write events numbered from `after_seq` + 1 on; the caller holds the lock that handed the numbers out."""
    await tx.execute(
        _sql.append_events,
        stream_id,
        after_seq,
        shard_of(stream_id),
        [ids.new(EventId, "evt") for _ in events],
        [event.event_type() for event in events],
        [" ".join(event.feeds()) for event in events],
        act.actor.role,
        act.actor.id,
        act.cause,
        act.occurred_at,
        act.now,
        [_encode(event).decode() for event in events],
    )


async def publish(tx: Tx, stream_id: str, *events: Event, act: Act) -> None:
    """Write events that belong to no order, in the stream of their own aggregate (a rider, a store)."""
    head: int = await tx.fetchval(_sql.advance_stream, stream_id, len(events), new_epoch())
    await append(tx, stream_id, events, after_seq=head - len(events), act=act)


async def count_unsent(tx: Tx) -> int:
    """Return how many facts somebody still has to be told."""
    return int(await tx.fetchval(_sql.count_unsent))


def new_epoch() -> str:
    """Return a name for a numbering that starts now: whoever saw another epoch must start over."""
    return ids.new(str, "evt")[-10:].lower()

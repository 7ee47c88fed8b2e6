"""Where a hub looks up what it was not told: the heads of feeds, and the facts behind a number."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import asyncpg
import msgspec
from redis.exceptions import RedisError

from infra.db import Database, Tx
from infra.live.channels import Numbered
from infra.outbox import Recorded, new_epoch
from infra.sql import load

_sql: Final = load("infra")
STORE_AWAY: Final = (
    OSError,
    RedisError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """How far a feed has come, in which numbering."""

    epoch: str
    seq: int


class FeedSource(Protocol):
    """The truth behind the feeds."""

    async def open(self, feed_id: str) -> Head:
        """Return the feed's head; a feed nothing was ever written to begins at 0."""
        ...

    async def moved(self, known: Mapping[str, Head]) -> Mapping[str, Head]:
        """Return the heads of those feeds that stand elsewhere than known, in one query."""
        ...

    async def after(self, feed_id: str, seq: int, *, limit: int) -> Sequence[Numbered]:
        """Return the facts behind this number, in order, at most `limit`."""
        ...


HeadsQuery: TypeAlias = Callable[[Tx, Mapping[str, Head]], Awaitable[Mapping[str, Head]]]
NOWHERE: Final = Head(epoch="", seq=-1)


async def moved_streams(tx: Tx, known: Mapping[str, Head]) -> Mapping[str, Head]:
    """Return the heads of the feeds that `streams` numbers and that stand elsewhere than known."""
    return await moved_heads(tx, _sql.moved_streams, known)


async def moved_heads(tx: Tx, query: str, known: Mapping[str, Head]) -> Mapping[str, Head]:
    """Ask a table of heads for those that stand elsewhere than known.

    The query gets their ids, numbers and epochs as arrays, and says of those that moved id, epoch and seq.
    """
    seqs, epochs = [head.seq for head in known.values()], [head.epoch for head in known.values()]
    rows = await tx.fetch(query, list(known), seqs, epochs)
    return {row["id"]: Head(epoch=row["epoch"], seq=row["seq"]) for row in rows}


class FeedTables:
    """The outbox's tables as a source. `moved` knows the tables that number feeds; the facts are all in `events`."""

    def __init__(self, database: Database, *, moved: HeadsQuery = moved_streams) -> None:
        self._database = database
        self._moved = moved

    async def open(self, feed_id: str) -> Head:
        """Return the head; where nothing numbers the feed yet, begin to, so that it has an epoch to resume in."""
        async with self._database.read() as tx:
            found = (await self._moved(tx, {feed_id: NOWHERE})).get(feed_id)
            if found is None:
                await tx.execute(_sql.begin_stream, feed_id, new_epoch())
                found = (await moved_streams(tx, {feed_id: NOWHERE}))[feed_id]
            return found

    async def moved(self, known: Mapping[str, Head]) -> Mapping[str, Head]:
        """Return the heads of those feeds that stand elsewhere than known."""
        async with self._database.read() as tx:
            return await self._moved(tx, known)

    async def after(self, feed_id: str, seq: int, *, limit: int) -> Sequence[Numbered]:
        """Return what the feed's own stream and its entries hold behind this number."""
        async with self._database.read() as tx:
            rows = await tx.fetch(_sql.fetch_feed_after, feed_id, seq, limit)
        return [Numbered(row["number"], Recorded.from_row(row)) for row in rows]

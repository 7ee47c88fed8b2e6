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

    async def heads(self, feed_ids: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of all these feeds, in one query."""
        ...

    async def after(self, feed_id: str, seq: int, *, limit: int) -> Sequence[Numbered]:
        """Return the facts behind this number, in order, at most `limit`."""
        ...


HeadsQuery: TypeAlias = Callable[[Tx, Sequence[str]], Awaitable[Mapping[str, Head]]]


async def stream_heads(tx: Tx, feed_ids: Sequence[str]) -> Mapping[str, Head]:
    """Return the heads of the feeds that `streams` numbers."""
    return read_heads(await tx.fetch(_sql.stream_heads, list(feed_ids)))


def read_heads(rows: Sequence[asyncpg.Record]) -> Mapping[str, Head]:
    """Build heads from rows of id, epoch and seq."""
    return {row["id"]: Head(epoch=row["epoch"], seq=row["seq"]) for row in rows}


class FeedTables:
    """The outbox's tables as a source. `heads` knows the tables that number feeds; the facts are all in `events`."""

    def __init__(self, database: Database, *, heads: HeadsQuery = stream_heads) -> None:
        self._database = database
        self._heads = heads

    async def open(self, feed_id: str) -> Head:
        """Return the head; where nothing numbers the feed yet, begin to, so that it has an epoch to resume in."""
        async with self._database.read() as tx:
            found = (await self._heads(tx, [feed_id])).get(feed_id)
            if found is None:
                await tx.execute(_sql.begin_stream, feed_id, new_epoch())
                found = (await stream_heads(tx, [feed_id]))[feed_id]
            return found

    async def heads(self, feed_ids: Sequence[str]) -> Mapping[str, Head]:
        """Return the heads of those feeds that have one."""
        async with self._database.read() as tx:
            return await self._heads(tx, feed_ids)

    async def after(self, feed_id: str, seq: int, *, limit: int) -> Sequence[Numbered]:
        """Return what the feed's own stream and its entries hold behind this number."""
        async with self._database.read() as tx:
            rows = await tx.fetch(_sql.fetch_feed_after, feed_id, seq, limit)
        return [Numbered(row["number"], Recorded.from_row(row)) for row in rows]

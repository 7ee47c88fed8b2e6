"""Tells facts: to the feeds of whoever watches, and to the packages that react. In order per stream, at least once.

64 shards, each held by one relay through a session's advisory lock, drained by the unsent flag. A consumer's
reaction and the note that it reacted are one transaction, so what is told twice is applied once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import asyncpg
import structlog

from infra.clock import DomainClock
from infra.db import Begin, Database, Tx
from infra.outbox import SHARDS, Recorded, new_epoch
from infra.sql import load
from kernel.events import Act, Cause

log: Final = structlog.get_logger()
_sql: Final = load("infra")

Reaction: TypeAlias = Callable[[Tx, Recorded, Act], Awaitable[None]]
OutsideReaction: TypeAlias = Callable[[Begin, Recorded, Act], Awaitable[None]]

BATCH: Final = 256
STREAMS_AT_ONCE: Final = 8  # each holds one connection of the pool
POLL_S: Final = 1.0  # a notice may be lost, a fact may not
REBALANCE_S: Final = 1.0
BACKOFF_S: Final = (0.2, 1.0, 5.0, 15.0)


class Consumer:
    """A package that reacts to facts, by event type: in a transaction, or outside where the network is needed.

    A reaction outside is told at least once and must be safe to repeat.
    """

    def __init__(
        self,
        name: str,
        reactions: Mapping[str, Reaction],
        outside: Mapping[str, OutsideReaction] | None = None,
    ) -> None:
        self.name = name
        self.reactions = reactions
        self.outside = outside or {}


class Announcer(Protocol):
    """Hands numbered facts to the live feeds; losing one is allowed, feeds reconcile with the tables."""

    async def announce(self, numbered: Sequence[tuple[str, int, Recorded]]) -> None:
        """Tell (feed id, number in that feed, fact), in order."""
        ...


class Relay:
    """One process' share of the outbox."""

    def __init__(
        self,
        database: Database,
        direct_url: str,
        clock: DomainClock,
        *,
        consumers: Sequence[Consumer],
        announcer: Announcer,
    ) -> None:
        self._database = database
        self._url = direct_url
        self._clock = clock
        self._consumers = consumers
        self._announcer = announcer
        self._wake = asyncio.Event()
        self._shards: set[int] = set()
        self._announced: set[str] = set()
        self._failures: dict[str, int] = defaultdict(int)
        self._blocked_until: dict[str, float] = {}

    def wake(self) -> None:
        """Look again now: a fact was written."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled. Losing the connection that holds the shards means letting go of all of them."""
        while True:
            try:
                await self._hold_and_drain()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("relay.database_away", error=str(error))
                await asyncio.sleep(BACKOFF_S[0])

    async def _hold_and_drain(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        try:
            await connection.execute(_sql.join_relays)
            rebalanced = -REBALANCE_S
            loop = asyncio.get_running_loop()
            while not connection.is_closed():
                self._wake.clear()
                if loop.time() - rebalanced >= REBALANCE_S:
                    await self._rebalance(connection)
                    rebalanced = loop.time()
                if not await self._drain():
                    await self._sleep()
        finally:
            self._shards.clear()
            self._announced.clear()
            connection.terminate()

    async def _rebalance(self, connection: asyncpg.Connection) -> None:
        relays = await connection.fetchval(_sql.count_relays)
        fair = -(-SHARDS // max(relays, 1))
        for shard in sorted(self._shards)[fair:]:
            await connection.execute(_sql.release_shard, shard)
            self._shards.discard(shard)
        for shard in range(SHARDS):
            if len(self._shards) >= fair:
                return
            if shard not in self._shards and await connection.fetchval(_sql.try_shard, shard):
                self._shards.add(shard)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL_S if not self._blocked_until else BACKOFF_S[0]):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _drain(self) -> bool:
        async with self._database.read() as tx:
            rows = await tx.fetch(_sql.fetch_unsent, sorted(self._shards), BATCH)
        facts = [Recorded.from_row(row) for row in rows]
        await self._announce([fact for fact in facts if fact.id not in self._announced])
        streams: dict[str, list[Recorded]] = defaultdict(list)
        for fact in facts:
            streams[fact.stream_id].append(fact)
        slots = asyncio.Semaphore(STREAMS_AT_ONCE)
        done = await asyncio.gather(*(self._tell(slots, stream) for stream in streams.values()))
        told = [fact.id for stream in done for fact in stream]
        if told:
            async with self._database.begin() as tx:
                await tx.execute(_sql.mark_sent, told)
            self._announced.difference_update(told)
        return bool(told)

    async def _announce(self, facts: Sequence[Recorded]) -> None:
        if not facts:
            return
        by_id = {fact.id: fact for fact in facts}
        addressed = [fact.id for fact in facts if fact.feeds]
        numbered = [(fact.stream_id, fact.seq, fact) for fact in facts]
        if addressed:
            async with self._database.begin() as tx:
                await tx.execute(_sql.number_feed_entries, addressed, new_epoch())
                rows = await tx.fetch(_sql.fetch_feed_numbers, addressed)
            numbered += [(row["feed_id"], row["seq"], by_id[row["event_id"]]) for row in rows]
        await self._announcer.announce(numbered)
        self._announced.update(by_id)

    async def _tell(self, slots: asyncio.Semaphore, stream: Sequence[Recorded]) -> list[Recorded]:
        told: list[Recorded] = []
        loop = asyncio.get_running_loop()
        stream_id = stream[0].stream_id
        if self._blocked_until.get(stream_id, 0.0) > loop.time():
            return told
        async with slots:
            for fact in stream:
                try:
                    await self._tell_consumers(fact)
                except (OSError, asyncpg.InterfaceError):
                    raise
                except Exception:  # the loop's edge: one broken reaction must hold up only its own stream
                    self._failures[stream_id] += 1
                    pause_s = BACKOFF_S[min(self._failures[stream_id], len(BACKOFF_S)) - 1]
                    self._blocked_until[stream_id] = loop.time() + pause_s
                    log.exception("relay.reaction_failed", stream_id=stream_id, seq=fact.seq, type=fact.type)
                    return told
                told.append(fact)
        self._failures.pop(stream_id, None)
        self._blocked_until.pop(stream_id, None)
        return told

    async def _tell_consumers(self, fact: Recorded) -> None:
        for consumer in self._consumers:
            if reaction := consumer.reactions.get(fact.type):
                async with self._database.begin() as tx:
                    if await tx.fetchval(_sql.claim_fact, consumer.name, fact.stream_id, fact.seq) is not None:
                        await reaction(tx, fact, await self._act())
            if outside := consumer.outside.get(fact.type):
                await outside(self._database.begin, fact, await self._act())

    async def _act(self) -> Act:
        return Act.by_system(await self._clock.now(), Cause.RULE)

"""Tells facts: to the feeds of whoever watches, and to the packages that react. In order per stream, at least once.

64 shards, each held by one relay through a session's advisory lock, drained by the unsent flag. A consumer's
reaction and the note that it reacted are one transaction, so what is told twice is applied once. A relay that stands
still, its process stopped or its machine paused, loses its session and with it the shards.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol, TypeAlias

import asyncpg
import structlog

from infra.clock import DomainClock
from infra.db import AWAY, Begin, Database, Tx
from infra.live.source import STORE_AWAY
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
SILENT_AT_MOST_MS: Final = 5_000  # who holds shards and is not heard for so long has lost them
BEAT_S: Final = 1.0  # a batch may take longer than that, and its relay is alive
BACKOFF_S: Final = (0.2, 1.0, 5.0, 15.0)
ANNOUNCE_WITHIN_S: Final = 2.0  # a feed store that hangs must not hold up reactions for long
OUTSIDE_WITHIN_S: Final = 10.0  # the other streams of the batch wait for the slowest


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
        self._asking = asyncio.Lock()  # a connection answers one question at a time
        self._blocked = _BlockedStreams()

    def wake(self) -> None:
        """Look again now: a fact was written."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled. Losing the connection that holds the shards means letting go of all of them."""
        while True:
            try:
                await self._hold_and_drain()
            except AWAY as error:
                log.warning("relay.database_away", error=str(error))
                await asyncio.sleep(BACKOFF_S[0])

    async def _hold_and_drain(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        beating = asyncio.create_task(self._beat(connection))
        try:
            async with self._asking:
                await connection.fetchval(_sql.end_session_when_silent, str(SILENT_AT_MOST_MS))
                await connection.execute(_sql.join_relays)
            rebalanced = -REBALANCE_S
            loop = asyncio.get_running_loop()
            while not connection.is_closed():
                self._wake.clear()
                if loop.time() - rebalanced >= REBALANCE_S:
                    async with self._asking:
                        await self._rebalance(connection)
                    rebalanced = loop.time()
                if not await self._drain():
                    await self._sleep()
        finally:
            self._shards.clear()
            self._blocked.clear()
            beating.cancel()
            connection.terminate()

    async def _beat(self, connection: asyncpg.Connection) -> None:
        with suppress(*AWAY):  # whoever drains finds out by themselves
            while not connection.is_closed():
                await asyncio.sleep(BEAT_S)
                async with self._asking:
                    await connection.execute(_sql.beat)

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
            async with asyncio.timeout(self._blocked.soonest_s(at_most_s=POLL_S)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _drain(self) -> bool:
        """Tell what is due now; returns whether there may be more."""
        async with self._database.read() as tx:
            rows = await tx.fetch(_sql.fetch_unsent, sorted(self._shards), BATCH, self._blocked.waiting())
        facts = [Recorded.from_row(row) for row in rows]
        await self._announce([fact for fact in facts if fact.seq > self._blocked.announced_seq(fact.stream_id)])
        streams: dict[str, list[Recorded]] = defaultdict(list)
        for fact in facts:
            streams[fact.stream_id].append(fact)
        if len(rows) < BATCH:
            self._blocked.keep_only(streams)
        slots = asyncio.Semaphore(STREAMS_AT_ONCE)
        done = await asyncio.gather(*(self._tell(slots, stream) for stream in streams.values()))
        told = [fact.id for stream in done for fact in stream]
        if told:
            async with self._database.begin() as tx:
                await tx.execute(_sql.mark_sent, told)
        return bool(told) or len(rows) == BATCH

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
        try:
            async with asyncio.timeout(ANNOUNCE_WITHIN_S):
                await self._announcer.announce(numbered)
        except Exception as error:  # noqa: BLE001  the loop's edge: feeds may lose a fact, reactions go on
            log.warning("relay.not_announced", facts=len(numbered), error=repr(error))

    async def _tell(self, slots: asyncio.Semaphore, stream: Sequence[Recorded]) -> list[Recorded]:
        told: list[Recorded] = []
        async with slots:
            for fact in stream:
                try:
                    await self._tell_consumers(fact)
                except Exception as error:  # the loop's edge: one broken reaction must hold up only its own stream
                    self._blocked.block(fact.stream_id, announced_seq=stream[-1].seq)
                    is_away = isinstance(error, STORE_AWAY)  # nobody's fault: no traceback
                    log.warning(
                        "relay.reaction_failed", stream_id=fact.stream_id, seq=fact.seq, type=fact.type,
                        error=repr(error), exc_info=None if is_away else error,
                    )  # fmt: skip
                    return told
                told.append(fact)
        self._blocked.unblock(stream[0].stream_id)
        return told

    async def _tell_consumers(self, fact: Recorded) -> None:
        for consumer in self._consumers:
            if reaction := consumer.reactions.get(fact.type):
                async with self._database.begin() as tx:
                    if await tx.fetchval(_sql.claim_fact, consumer.name, fact.stream_id, fact.seq) is not None:
                        await reaction(tx, fact, await self._act())
            if outside := consumer.outside.get(fact.type):
                async with asyncio.timeout(OUTSIDE_WITHIN_S):
                    await outside(self._database.begin, fact, await self._act())

    async def _act(self) -> Act:
        return Act.by_system(await self._clock.now(), Cause.RULE)


class _BlockedStreams:
    """Streams whose next fact somebody failed to take, and when each is tried again."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failure] = {}

    def block(self, stream_id: str, *, announced_seq: int) -> None:
        """Let the stream wait, longer after each failure in a row."""
        earlier = self._failures.get(stream_id)
        times = earlier.times + 1 if earlier else 1
        pause_s = BACKOFF_S[min(times, len(BACKOFF_S)) - 1]
        self._failures[stream_id] = _Failure(times, _monotonic_s() + pause_s, announced_seq)

    def unblock(self, stream_id: str) -> None:
        """Forget the failures of a stream that was told."""
        self._failures.pop(stream_id, None)

    def announced_seq(self, stream_id: str) -> int:
        """Return up to where the feeds were told although somebody's reaction failed."""
        failure = self._failures.get(stream_id)
        return failure.announced_seq if failure else 0

    def waiting(self) -> list[str]:
        """Return the streams that are not to be tried yet."""
        now_s = _monotonic_s()
        return [stream_id for stream_id, failure in self._failures.items() if failure.until_s > now_s]

    def keep_only(self, stream_ids: Collection[str]) -> None:
        """Forget streams that may be tried but have nothing unsent any more: another relay told it."""
        for stream_id in self._failures.keys() - set(self.waiting()) - set(stream_ids):
            self.unblock(stream_id)

    def soonest_s(self, *, at_most_s: float) -> float:
        """Return in how many seconds the next stream is to be tried again."""
        now_s = _monotonic_s()
        return min([at_most_s, *(max(failure.until_s - now_s, 0.0) for failure in self._failures.values())])

    def clear(self) -> None:
        """Forget everything."""
        self._failures.clear()


class _Failure(NamedTuple):
    times: int
    until_s: float
    announced_seq: int


def _monotonic_s() -> float:
    return asyncio.get_running_loop().time()

"""Riders' trails outlive Redis: what came is written to PostgreSQL behind the answer, within a second or two."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

import asyncpg
import structlog
from prometheus_client import Counter, Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fleet.commands import truth
from fleet.model.phones import PhoneState
from fleet.model.positions import Position, Zones
from fleet.policy.positions import all_zones
from fleet.store import phone_states, tails, trails
from fleet.store.positions import FORGET_AFTER
from infra.db import AWAY, Begin, Tx
from kernel.clock import Clock
from kernel.events import Act, Cause
from kernel.ids import RiderId, ZoneId

log: Final = structlog.get_logger()
LOOK_EVERY_S: Final = 0.5  # what may be lost with Redis' disk is what came since, and what is being written
RIDERS_AT_ONCE: Final = 2_000
DROP_EVERY: Final = timedelta(hours=1)
FORGOTTEN_AT_ONCE: Final = 200  # riders: their rows are locked meanwhile, and their positions wait

WRITTEN: Final = Counter("recado_trail_positions_written", "Positions written to PostgreSQL.")
UNWRITTEN: Final = Gauge("recado_trail_riders_unwritten", "Riders of whom PostgreSQL lacks positions, then.")

Put: TypeAlias = Callable[[Tx, Iterable[tuple[RiderId, Position]]], Awaitable[None]]
# What a store that is away looks like, or one that lost a race: the next look tries again. All else is a fault.
_COMES_BACK: Final = (
    OSError, RedisError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError, asyncpg.TransactionRollbackError,
)  # fmt: skip

News: TypeAlias = Mapping[RiderId, Sequence[Position]]
States: TypeAlias = Mapping[RiderId, PhoneState]
Learn: TypeAlias = Callable[[Tx, News, States, datetime], Awaitable[None]]


async def learn(tx: Tx, news: News, states: States, now: datetime) -> None:
    """Learn from what is new of riders: motion, arrivals, and whether to believe it."""
    await truth.learn(tx, news, states=states, act=Act.by_system(now, Cause.RULE))


async def _learn_nothing(_: Tx, __: News, ___: States, ____: datetime) -> None:
    """Take no notice."""


class TrailWriter:
    """Takes what Redis has of trails to PostgreSQL; as many processes as there are may do so at once.

    `learn` is told, in the same transaction, what is new of whom by device time, and what phones said of themselves. It
    may be told again after a crash.
    """

    def __init__(self, redis: Redis, begin: Begin, zones: Zones, clock: Clock, *, learn: Learn = learn) -> None:
        self._redis, self._begin, self._zones, self._clock, self._learn = redis, begin, zones, clock, learn
        self._days: set[date] = set()
        self._dropped_at: datetime | None = None

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.write_all()
                await self.forget()
            except (*AWAY, RedisError) as error:
                self._days.clear()
                log.warning("trails.store_away", error=repr(error))

    async def write_all(self) -> int:
        """Write what there is now; returns how many positions that were."""
        zone_ids = all_zones(await self._zones.map())
        counts = await tails.count_unwritten(self._redis, zone_ids)
        UNWRITTEN.set(sum(counts))
        waiting = [zone_id for zone_id, count in zip(zone_ids, counts, strict=True) if count]
        written = sum([await self.write_zone(zone_id) for zone_id in waiting])
        await self._learn_states()
        return written

    async def _learn_states(self) -> None:
        states = await phone_states.read(self._redis, riders=RIDERS_AT_ONCE)
        if not states:
            return
        now = await self._clock.now()
        try:
            async with self._begin() as tx:
                await self._learn(tx, {}, states, now)
        except _COMES_BACK:
            raise
        except Exception:  # as above; phones say it again
            log.exception("trails.states_not_learnt")
        await phone_states.drop(self._redis, states)

    async def write_zone(self, zone_id: ZoneId) -> int:
        """Write what a zone has, unless another process is at it; returns how many positions that were.

        What cannot be learnt is written all the same: a fault of ours must not fill Redis until it takes no pings.
        """
        try:
            return await self._write_new(zone_id, self._learn)
        except _COMES_BACK:
            raise
        except Exception:  # the edge of one zone: the others are written, too
            log.exception("trails.not_learnt", zone_id=zone_id)
            return await self._write_new(zone_id, _learn_nothing)

    async def _write_new(self, zone_id: ZoneId, learn: Learn) -> int:
        try:
            return await self._write(zone_id, trails.copy_trail_points, learn)
        except asyncpg.UniqueViolationError:  # some came twice, or were written by a process that died then
            return await self._write(zone_id, trails.insert_trail_points, learn)

    async def _write(self, zone_id: ZoneId, put: Put, learn: Learn) -> int:
        now = await self._clock.now()
        async with self._begin() as tx:
            if not await trails.try_lock_tails(tx, zone_id):
                return 0
            found = await tails.read_tails(self._redis, zone_id, riders=RIDERS_AT_ONCE)
            if not found:
                return 0
            news = {one.rider_id: _in_order(one.positions) for one in found}
            points = [(rider_id, position) for rider_id, positions in news.items() for position in positions]
            days = {trails.day_of(position) for _, position in points}
            for day in days - self._days:
                await trails.ensure_trail_day(tx, day)
            await put(tx, points)
            await learn(tx, news, {}, now)
        self._days |= days
        await tails.drop(self._redis, zone_id, found)
        WRITTEN.inc(len(points))
        return len(points)

    async def forget(self) -> None:
        """Forget where riders were longer ago than anybody may know, every hour; some riders in each transaction."""
        now = await self._clock.now()
        if self._dropped_at is not None and now - self._dropped_at < DROP_EVERY:
            return
        before, act = now - FORGET_AFTER, Act.by_system(now, Cause.RULE)
        async with self._begin() as tx:
            await trails.drop_trail_days(tx, before=before.date())
        self._days.clear()
        count = FORGOTTEN_AT_ONCE
        while count == FORGOTTEN_AT_ONCE:
            async with self._begin() as tx:
                count = await truth.forget(tx, before=before, limit=FORGOTTEN_AT_ONCE, act=act)
        self._dropped_at = now


def _in_order(positions: Sequence[Position]) -> list[Position]:
    """Return positions by device time, each instant once."""
    by_instant = {one.device_at_ms: one for one in reversed(positions)}
    return [by_instant[device_at_ms] for device_at_ms in sorted(by_instant)]

"""A Redis that lost its data finds riders again before they say where they are: their trails are in PostgreSQL."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fleet.commands.positions import AvailabilityOf, find_or_claim
from fleet.errors import PositionsBusy, RiderNotFound
from fleet.model.positions import Position, PositionRules, Track, Zones, to_ms
from fleet.policy.positions import all_zones, stale_at_ms
from fleet.store import positions as store
from fleet.store import rebuilds, trails
from fleet.store.positions import Write
from infra.clock import wall_now
from infra.db import AWAY, Begin
from kernel.clock import Clock
from kernel.ids import RiderId

log: Final = structlog.get_logger()
LOOK_EVERY_S: Final = 0.5
RIDERS_A_PAGE: Final = 500
RIDERS_AT_ONCE: Final = 16  # half of a worker's connections to PostgreSQL

PUT_BACK: Final = Counter("recado_riders_put_back", "Riders put back into a Redis that had lost them.")


class Rebuilder:
    """Puts riders on a shift back where their trails end, once Redis has lost them; any number of processes may.

    Only who is not known to Redis is put back: whoever pinged first stands where they said.
    """

    def __init__(
        self,
        redis: Redis,
        read: Begin,
        zones: Zones,
        clock: Clock,
        *,
        availability_of: AvailabilityOf,
        rules: PositionRules = PositionRules(),  # noqa: B008  frozen
    ) -> None:
        self._redis, self._read, self._zones, self._clock = redis, read, zones, clock
        self._availability_of, self._rules = availability_of, rules
        self._room = asyncio.Semaphore(RIDERS_AT_ONCE)

    async def run(self) -> None:
        """Look for what was lost until cancelled."""
        while True:
            try:
                await self.rebuild()
            except* (*AWAY, RedisError, PositionsBusy) as away:
                log.warning("rebuild.store_away", error=repr(away.exceptions[0]))
            await asyncio.sleep(LOOK_EVERY_S)

    async def rebuild(self) -> int:
        """Put back whom Redis lost, if it did; returns how many riders that were."""
        lost = await rebuilds.list_lost(self._redis, all_zones(await self._zones.map()))
        if not lost:
            return 0
        marks = await rebuilds.begin(self._redis, lost, wall=wall_now())
        put_back = await self._put_all_back()
        for zone_id, mark in marks.items():
            await rebuilds.close(self._redis, zone_id, mark)
        PUT_BACK.inc(put_back)
        log.info("rebuild.done", zones=len(lost), riders=put_back)
        return put_back

    async def _put_all_back(self) -> int:
        put_back, after = 0, ""
        while True:
            now = await self._clock.now()
            since = now - timedelta(milliseconds=self._rules.fresh_at_most_ms)
            async with self._read() as tx:
                rider_ids = await trails.list_working_riders(tx, after=after, limit=RIDERS_A_PAGE)
                points = await trails.list_last_points(tx, rider_ids, since=since)
            put_back += sum(await self._put_page_back(list(points.items()), now=now))
            if len(rider_ids) < RIDERS_A_PAGE:
                return put_back
            after = rider_ids[-1]

    async def _put_page_back(self, points: Sequence[tuple[RiderId, Position]], *, now: datetime) -> list[bool]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._put_back(rider_id, last, now=now)) for rider_id, last in points]
        return [task.result() for task in tasks]

    async def _put_back(self, rider_id: RiderId, last: Position, *, now: datetime) -> bool:
        track = Track(last=last)
        fresh_until_ms = stale_at_ms(track, self._rules)
        if fresh_until_ms <= to_ms(now):
            return False
        async with self._room:
            try:
                held = await find_or_claim(
                    self._redis, rider_id, last.place, zones=self._zones, availability_of=self._availability_of, now=now
                )
            except RiderNotFound:
                return False
            if held.head:
                return False
            # With the same last position before and after, nobody is told what they know.
            held = msgspec.structs.replace(held, track=track)
            write = Write(rider_id, held, store.with_track(held, track), fresh_until_ms, count=0)
            (written,) = await store.write(self._redis, held.zone_id, [write], now=now)
            return written.is_written

"""Writes of many requests at once share a round trip to Redis, and with it the disk's fsync."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeAlias

import structlog
from redis.asyncio import Redis

from fleet.errors import PositionsBusy
from fleet.store import positions as store
from fleet.store.positions import Write, Written
from kernel.ids import RiderId, ZoneId

log: Final = structlog.get_logger()
AT_ONCE: Final = 500  # riders in one script: some 5 ms of Redis
MAX_WAITING: Final = 20_000  # positions in this process: some 20 MB, and what Redis takes in a third of a second
Then: TypeAlias = Callable[[Written | Exception], None]


class _Pending:
    """One rider's uploads since the last round trip: written as if they had come as one."""

    __slots__ = ("then", "write")

    def __init__(self, write: Write, then: Then) -> None:
        self.write, self.then = write, [then]

    def takes(self, write: Write) -> bool:
        """Tell whether an upload was judged against what these come to; one with late pings was not asked of them."""
        return write.held is self.write.after and write.tail_uploads is None

    def add(self, write: Write, then: Then) -> None:
        before = self.write
        kept = before.kept and write.kept and b"%b,%b" % (before.kept[:-1], write.kept[1:])
        self.write = Write(
            write.rider_id,
            before.held,
            write.after,
            write.stale_at_ms,
            before.count + write.count,
            kept or before.kept or write.kept,
            before.tail_uploads,
        )
        self.then.append(then)


class Writer:
    """Takes writes, and keeps one call to Redis for each zone under way; what comes meanwhile is the next one."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues: dict[ZoneId, dict[RiderId, _Pending]] = {}
        self._waiting = 0
        self._now: datetime | None = None
        self._flushing: dict[ZoneId, asyncio.Task[None]] = {}

    def write(self, write: Write, then: Then, *, now: datetime) -> None:
        """Have this written, and `then` told what came of it; raises `PositionsBusy` while too much waits already.

        A write that was judged against something else than what waits of this rider is answered as beaten.
        """
        if self._waiting >= MAX_WAITING:
            raise PositionsBusy
        zone_id = write.held.zone_id
        queue = self._queues.get(zone_id)
        if queue is None:
            queue = self._queues[zone_id] = {}
        pending = queue.get(write.rider_id)
        if pending is None:
            queue[write.rider_id] = _Pending(write, then)
        elif pending.takes(write):
            pending.add(write, then)
        else:
            beaten = Written(is_written=False, held=pending.write.after)
            asyncio.get_running_loop().call_soon(then, beaten)
            return
        self._waiting += 1 + write.count
        self._now = now if self._now is None or now > self._now else self._now
        if zone_id not in self._flushing:
            self._flushing[zone_id] = asyncio.create_task(self._flush(zone_id))

    async def _flush(self, zone_id: ZoneId) -> None:
        try:
            while queue := self._queues.pop(zone_id, None):
                everybody = list(queue.values())
                for start in range(0, len(everybody), AT_ONCE):
                    await self._write(zone_id, everybody[start : start + AT_ONCE])
        finally:
            del self._flushing[zone_id]

    async def _write(self, zone_id: ZoneId, some: list[_Pending]) -> None:
        assert self._now is not None  # somebody wrote
        outcomes: Sequence[Written | Exception]
        try:
            outcomes = await store.write(self._redis, zone_id, [one.write for one in some], now=self._now)
        except Exception as error:  # noqa: BLE001  whoever waits is told
            outcomes = [error] * len(some)
        for pending, outcome in zip(some, outcomes, strict=True):
            self._waiting -= len(pending.then) + pending.write.count
            for then in pending.then:
                _tell(then, outcome)


def _tell(then: Then, outcome: Written | Exception) -> None:
    try:
        then(outcome)
    except Exception:
        log.exception("bug", what="positions.told")  # of one; the others are to hear of theirs

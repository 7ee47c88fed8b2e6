"""Fires deadlines on time. Any number of processes may keep time; each deadline fires once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from math import inf
from typing import Final, TypeAlias

import asyncpg
import msgspec
import structlog

from infra.clock import DomainClock, until, wall_now
from infra.db import AWAY, Begin, Database, Tx
from infra.live.source import STORE_AWAY
from infra.sql import load
from infra.timers import Due
from kernel.events import Act, Cause

log: Final = structlog.get_logger()
_sql: Final = load("infra")

# What a handler returns is why the deadline was moot, or None when it took effect.
InTransaction: TypeAlias = Callable[[Tx, Due, Act], Awaitable[str | None]]
Outside: TypeAlias = Callable[[Begin, Due, Act], Awaitable[str | None]]

AT_ONCE: Final = 16  # concurrent deadlines per process; each holds one connection of the pool
LOOK: Final = 128  # due deadlines read per look
LEASE: Final = timedelta(seconds=15)  # wall time; a killed holder's deadline is taken over after it
POLL: Final = timedelta(seconds=1)  # wall time; a notice may be lost, a minute may not
BACKOFF: Final = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))  # domain time, after a failure
OUTSIDE_WITHIN_S: Final = 10.0  # less than LEASE: whoever takes over finds nobody at work
HELD_PAUSES_S: Final = (0.02, 0.05, 0.1, 0.25)  # until a deadline that somebody else holds is tried again


class Timekeeper:
    """One process' share of the deadlines."""

    def __init__(
        self,
        database: Database,
        clock: DomainClock,
        *,
        in_transaction: Mapping[str, InTransaction],
        outside: Mapping[str, Outside],
        poll: timedelta = POLL,
    ) -> None:
        self._poll_s = poll.total_seconds()
        self._database = database
        self._clock = clock
        self._in_transaction = in_transaction
        self._outside = outside
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known = [*in_transaction, *outside]
        self._running: set[str] = set()
        self._held = _HeldElsewhere()

    def wake(self) -> None:
        """Look again now: a deadline was set or the clock was moved."""
        self._wake.set()

    async def run(self) -> None:
        """Keep time until cancelled; a lost database is waited for."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                try:
                    looked_at = await self._clock.now()
                    is_more = await self._look(tasks, looked_at)
                    pause_s = 0.0 if is_more else await self._pause_s(looked_at)
                except AWAY as error:
                    log.warning("timekeeper.database_away", error=str(error))
                    pause_s = self._poll_s
                await self._sleep(pause_s)

    async def _look(self, tasks: asyncio.TaskGroup, now: datetime) -> bool:
        busy = [*self._running, *self._held.waiting()]
        async with self._database.read() as tx:
            due = await tx.fetch(_sql.list_due, now, wall_now(), self._known, busy, LOOK)
        if len(due) < LOOK:
            self._held.keep_only({row["id"] for row in due})
        for row in due:
            await self._slots.acquire()
            self._running.add(row["id"])
            self._held.start(row["id"])
            tasks.create_task(self._fire(row["id"], row["kind"]))
        return len(due) == LOOK

    async def _pause_s(self, looked_at: datetime) -> float:
        reading = await self._clock.reading()
        async with self._database.read() as tx:
            # Not those after this instant: one that came due since the look would be seen by neither.
            next_at = await tx.fetchval(_sql.next_try_at, looked_at, self._known)
        wait = until(reading, next_at) if next_at is not None else None
        waits_s = [self._poll_s, self._held.soonest_s()]
        if wait is not None:
            waits_s.append(max(wait.total_seconds(), 0.0))
        return min(waits_s)

    async def _sleep(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _fire(self, timer_id: str, kind: str) -> None:
        try:
            if kind in self._outside:
                is_ours = await self._fire_outside(timer_id, self._outside[kind])
            else:
                is_ours = await self._fire_in_transaction(timer_id, self._in_transaction[kind])
        except Exception as error:  # the loop's edge: one broken handler must not stop the others
            is_away = isinstance(error, STORE_AWAY)  # nobody's fault: no traceback
            log.warning(
                "timekeeper.failed",
                timer_id=timer_id,
                kind=kind,
                error=repr(error),
                exc_info=None if is_away else error,
            )
            is_ours = await self._postpone(timer_id)
        finally:
            self._running.discard(timer_id)
            self._slots.release()
            self._wake.set()
        if is_ours:
            self._held.forget(timer_id)
        else:
            self._held.note(timer_id)

    async def _fire_in_transaction(self, timer_id: str, handle: InTransaction) -> bool:
        now = await self._clock.now()
        async with self._database.begin() as tx:
            row = await tx.fetchrow(_sql.claim_timer, timer_id, now)
            if row is None:
                return False
            moot = await handle(tx, _due(row), Act.by_system(now, Cause.DEADLINE))
            await tx.execute(_sql.settle_timer, timer_id, "cancelled" if moot else "fired", now, moot)
        return True

    async def _fire_outside(self, timer_id: str, handle: Outside) -> bool:
        now, wall = await self._clock.now(), wall_now()
        async with self._database.begin() as tx:
            row = await tx.fetchrow(_sql.lease_timer, timer_id, now, wall + LEASE, wall)
        if row is None:
            return False
        async with asyncio.timeout(OUTSIDE_WITHIN_S):
            moot = await handle(self._database.begin, _due(row), Act.by_system(now, Cause.DEADLINE))
        async with self._database.begin() as tx:
            await tx.execute(_sql.settle_timer, timer_id, "cancelled" if moot else "fired", now, moot)
        return True

    async def _postpone(self, timer_id: str) -> bool:
        try:
            now = await self._clock.now()
            async with self._database.begin() as tx:
                await tx.execute(_sql.postpone_timer, timer_id, now, list(BACKOFF))
        except AWAY as error:
            log.warning("timekeeper.not_postponed", timer_id=timer_id, error=str(error))
            return False
        return True


class _HeldElsewhere:
    """Due deadlines that another process works on, or an uncommitted step holds, and when to look at each again."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[int, float]] = {}

    def start(self, timer_id: str) -> None:
        """Try it now; what is known of it stays until the outcome is."""
        if timer_id in self._tries:
            self._tries[timer_id] = self._tries[timer_id][0], inf

    def note(self, timer_id: str) -> None:
        """Leave it alone for a moment, longer each time."""
        tries = self._tries.get(timer_id, (0, 0.0))[0]
        pause_s = HELD_PAUSES_S[min(tries, len(HELD_PAUSES_S) - 1)]
        self._tries[timer_id] = tries + 1, _monotonic_s() + pause_s

    def forget(self, timer_id: str) -> None:
        """Stop leaving it alone: it was ours after all."""
        self._tries.pop(timer_id, None)

    def waiting(self) -> list[str]:
        """Return those not to be tried yet."""
        now_s = _monotonic_s()
        return [timer_id for timer_id, (_, until_s) in self._tries.items() if until_s > now_s]

    def keep_only(self, timer_ids: Collection[str]) -> None:
        """Forget those that may be tried and are not due any more: somebody settled them."""
        for timer_id in self._tries.keys() - set(self.waiting()) - set(timer_ids):
            self.forget(timer_id)

    def soonest_s(self) -> float:
        """Return in how many seconds the next one may be tried."""
        now_s = _monotonic_s()
        return min((max(until_s - now_s, 0.0) for _, until_s in self._tries.values()), default=inf)


def _monotonic_s() -> float:
    return asyncio.get_running_loop().time()


def _due(row: asyncpg.Record) -> Due:
    return Due(
        id=row["id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        payload=msgspec.Raw(row["payload"].encode()),
        due_at=row["due_at"],
        attempts=row["attempts"],
    )

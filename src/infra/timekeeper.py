"""Fires deadlines on time. Any number of processes may keep time; each deadline fires once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, TypeAlias

import asyncpg
import msgspec
import structlog

from infra.clock import DomainClock, until, wall_now
from infra.db import Begin, Database, Tx
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
BACKOFF: Final = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))


class Timekeeper:
    """One process' share of the deadlines."""

    def __init__(
        self,
        database: Database,
        clock: DomainClock,
        *,
        in_transaction: Mapping[str, InTransaction],
        outside: Mapping[str, Outside],
    ) -> None:
        self._database = database
        self._clock = clock
        self._in_transaction = in_transaction
        self._outside = outside
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[str] = set()

    def wake(self) -> None:
        """Look again now: a deadline was set or the clock was moved."""
        self._wake.set()

    async def run(self) -> None:
        """Keep time until cancelled; a lost database is waited for."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                try:
                    found = await self._look(tasks)
                    pause = timedelta(0) if found else await self._pause()
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    log.warning("timekeeper.database_away", error=str(error))
                    pause = POLL
                await self._sleep(pause)

    async def _look(self, tasks: asyncio.TaskGroup) -> bool:
        now = await self._clock.now()
        async with self._database.read() as tx:
            due = await tx.fetch(_sql.list_due, now, wall_now(), LOOK)
        fresh = [row for row in due if row["id"] not in self._running]
        for row in fresh:
            await self._slots.acquire()
            self._running.add(row["id"])
            tasks.create_task(self._fire(row["id"], row["kind"]))
        return bool(fresh)

    async def _pause(self) -> timedelta:
        async with self._database.read() as tx:
            next_at = await tx.fetchval(_sql.next_try_at)
        if next_at is None:
            return POLL
        wait = until(await self._clock.reading(), next_at)
        # What is due already but not fresh is being worked on here or elsewhere: look again soon, not at once.
        return POLL if wait is None else min(max(wait, timedelta(milliseconds=20)), POLL)

    async def _sleep(self, pause: timedelta) -> None:
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _fire(self, timer_id: str, kind: str) -> None:
        try:
            if kind in self._outside:
                await self._fire_outside(timer_id, self._outside[kind])
            else:
                await self._fire_in_transaction(timer_id, self._in_transaction[kind])
        except (OSError, asyncpg.InterfaceError) as error:
            log.warning("timekeeper.interrupted", timer_id=timer_id, kind=kind, error=str(error))
        except Exception:  # the loop's edge: one broken handler must not stop the others
            log.exception("timekeeper.failed", timer_id=timer_id, kind=kind)
            await self._postpone(timer_id)
        finally:
            self._running.discard(timer_id)
            self._slots.release()
            self._wake.set()

    async def _fire_in_transaction(self, timer_id: str, handle: InTransaction) -> None:
        now = await self._clock.now()
        async with self._database.begin() as tx:
            row = await tx.fetchrow(_sql.claim_timer, timer_id, now)
            if row is None:
                return
            due = _due(row)
            moot = await handle(tx, due, Act.by_system(now, Cause.DEADLINE))
            await tx.execute(_sql.settle_timer, timer_id, "cancelled" if moot else "fired", now, moot)

    async def _fire_outside(self, timer_id: str, handle: Outside) -> None:
        now, wall = await self._clock.now(), wall_now()
        async with self._database.begin() as tx:
            row = await tx.fetchrow(_sql.lease_timer, timer_id, now, wall + LEASE, wall)
        if row is None:
            return
        moot = await handle(self._database.begin, _due(row), Act.by_system(now, Cause.DEADLINE))
        async with self._database.begin() as tx:
            await tx.execute(_sql.settle_timer, timer_id, "cancelled" if moot else "fired", now, moot)

    async def _postpone(self, timer_id: str) -> None:
        try:
            now = await self._clock.now()
            async with self._database.begin() as tx:
                await tx.execute(_sql.postpone_timer, timer_id, now, list(BACKOFF))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("timekeeper.not_postponed", timer_id=timer_id, error=str(error))


def _due(row: asyncpg.Record) -> Due:
    return Due(
        id=row["id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        payload=msgspec.Raw(row["payload"].encode()),
        due_at=row["due_at"],
        attempts=row["attempts"],
    )

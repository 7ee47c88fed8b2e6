"""The only reader of a clock. Domain time is one row in PostgreSQL; wall time serves leases, retries and sleep."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.errors import DomainError, Kind

_sql: Final = load("infra")
KEPT_FOR: Final = timedelta(seconds=5)  # wall time
_SINCE_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux counts the machine's sleep, too
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class ClockNotSimulated(DomainError):
    """The clock of a real installation is never moved."""

    kind, code = Kind.FORBIDDEN, "clock.not_simulated"


class ClockWouldGoBack(DomainError):
    """Domain time never goes back."""

    kind, code = Kind.CONFLICT, "clock.would_go_back"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The clock's row: at wall time `wall_at` it was `domain_at`, and it runs `rate` times as fast (0: it stands)."""

    domain_at: datetime
    wall_at: datetime
    rate: float
    is_simulated: bool

    def at(self, wall: datetime) -> datetime:
        """Return domain time at this wall time."""
        since = wall - self.wall_at
        return self.domain_at + (since if self.rate == 1 else since * self.rate)


def wall_now() -> datetime:
    """Return wall time, for leases, retries, logs and metrics, never for a rule of the domain."""
    return datetime.now(UTC)  # noqa: TID251  the one place


def boot_s() -> float:
    """Return seconds that pass while this process is stopped or the machine sleeps, and that nobody can set back."""
    return time.clock_gettime(_SINCE_BOOT)


class DomainClock:
    """Domain time for one process: the row is kept while the clock flows, and read anew each time while it stands.

    It never goes back, also when the row was changed a moment before this process heard of it.
    """

    def __init__(self, read: Callable[[], AbstractAsyncContextManager[Tx]]) -> None:
        self._read = read
        self._reading: Reading | None = None
        self._read_at = wall_now()
        self._latest: datetime | None = None

    async def now(self) -> datetime:
        """Return the instant, aware, in UTC, to the microsecond."""
        instant = self.at_hand()
        if instant is None:
            reading = await self.reading()
            instant = self._forward(reading.at(wall_now()) if reading.rate else reading.domain_at)
        return instant

    def at_hand(self) -> datetime | None:
        """Return the instant if it can be told without a look at the row; None: wait for `now`."""
        wall, reading = wall_now(), self._reading
        if reading is None or not reading.rate or wall - self._read_at > KEPT_FOR:
            return None
        return self._forward(reading.at(wall))

    def _forward(self, instant: datetime) -> datetime:
        if self._latest is None or instant > self._latest:
            self._latest = instant
        return self._latest

    async def reading(self) -> Reading:
        """Return the row; from memory only while the clock flows, and not for long: notices of a change may be lost."""
        wall = wall_now()
        if self._reading is None or not self._reading.rate or wall - self._read_at > KEPT_FOR:
            async with self._read() as tx:
                found = await read(tx)
            if self._reading is not None and found.is_simulated and not self._reading.is_simulated:
                self._latest = None  # a fresh installation was given another time to begin at
            self._reading, self._read_at = found, wall
        return self._reading

    def forget(self) -> None:
        """Drop what is kept: the row was changed."""
        self._read_at = _LONG_AGO


async def read(tx: Tx) -> Reading:
    """Return the clock's row."""
    return _reading(await tx.fetchrow(_sql.read_clock))


async def move(tx: Tx, *, to: datetime | None, rate: float | None) -> Reading:
    """Move a simulated clock forward, or change its pace; refuses on a real installation and any step back."""
    current = _reading(await tx.fetchrow(_sql.lock_clock))
    if not current.is_simulated:
        raise ClockNotSimulated("This installation runs on real time.")
    wall = wall_now()
    now = current.at(wall)
    if to is not None and to < now:
        raise ClockWouldGoBack(f"It is {now:%H:%M:%S} already.", now=now)
    moved = Reading(domain_at=to or now, wall_at=wall, rate=current.rate if rate is None else rate, is_simulated=True)
    await _write(tx, moved)
    return moved


async def simulate(tx: Tx, *, start_at: datetime, rate: float) -> Reading:
    """Turn a fresh installation into a simulated one that begins at `start_at`; there is no way back."""
    started = Reading(domain_at=start_at, wall_at=wall_now(), rate=rate, is_simulated=True)
    await _write(tx, started)
    return started


def until(reading: Reading, instant: datetime) -> timedelta | None:
    """Return how long in wall time until domain time reaches `instant`; None while the clock stands."""
    if not reading.rate:
        return None
    return (instant - reading.at(wall_now())) / reading.rate


async def _write(tx: Tx, reading: Reading) -> None:
    await tx.execute(_sql.set_clock, reading.domain_at, reading.wall_at, reading.rate, reading.is_simulated)


def _reading(row: object) -> Reading:
    return msgspec.convert(dict(row), Reading)  # type: ignore[call-overload]

"""Facts that mean nothing, written as every package writes its own, and ways to run and watch who carries them."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from infra import outbox
from infra.db import Database
from kernel.events import Act, Cause, Event
from recado.background import end

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


class Noted(Event, frozen=True, kw_only=True, tag="test.noted"):
    """Something that was noted."""

    note: str = ""


class NotedAtStore(Noted, frozen=True, kw_only=True, tag="test.noted_at_store"):
    """Something that a store's own feed carries too."""

    addressed_to = ("store_id",)
    store_id: str


def by_system(now: datetime = NOON) -> Act:
    return Act.by_system(now, Cause.RULE)


async def note(database: Database, stream_id: str, *events: Event) -> None:
    """Write facts in one transaction of their own."""
    async with database.begin() as tx:
        await outbox.publish(tx, stream_id, *(events or (Noted(),)), act=by_system())


@asynccontextmanager
async def going(*loops: Awaitable[None]) -> AsyncIterator[None]:
    """Run endless loops for as long as the block lasts; one that ends by itself fails the test."""
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield
    finally:
        ended = [task for task in tasks if task.done()]
        await end(tasks)
        assert ended == []


async def until(is_true: Callable[[], Awaitable[object]], *, within_s: float = 10.0) -> None:
    """Wait until something is true of the database."""
    give_up_at = time.monotonic() + within_s
    while not await is_true():
        assert time.monotonic() < give_up_at, f"did not happen within {within_s:g} s"
        await asyncio.sleep(0.01)


async def all_sent(database: Database) -> bool:
    async with database.read() as tx:
        return await outbox.count_unsent(tx) == 0


async def fetch(database: Database, sql: str, *args: object) -> list[tuple]:
    async with database.read() as tx:
        return [tuple(row) for row in await tx.fetch(sql, *args)]


async def execute(database: Database, sql: str, *args: object) -> None:
    async with database.read() as tx:
        await tx.execute(sql, *args)


def start_script(name: str, *words: str) -> subprocess.Popen:
    """Start a script beside this file as a process that can be killed."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.infra.{name}", *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}
    )

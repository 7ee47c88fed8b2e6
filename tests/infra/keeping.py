"""Deadlines to keep in tests: a handler that remembers, and looks into the table."""

import asyncio
from datetime import timedelta

from tests.infra.facts import fetch

from infra import timers
from infra.clock import wall_now

SECOND = timedelta(seconds=1)


class Handling:
    """Handles deadlines and remembers; `moot` is what it answers, `fails` how often it raises first."""

    def __init__(self, *, fails=0, moot=None, slow_s=0.0):
        self.fails, self.moot, self.slow_s = fails, moot, slow_s
        self.attempts = []
        self.fired = []

    async def __call__(self, _handle, due, act):
        self.attempts.append((due.subject_id, wall_now()))
        await asyncio.sleep(self.slow_s)
        if len(self.attempts) <= self.fails:
            raise ValueError("broken")
        self.fired.append((due.subject_id, act.now))
        return self.moot


async def schedule(database, subject_id="tkt_a", *, due_at, kind="test.due"):
    async with database.begin() as tx:
        await timers.schedule(tx, kind, subject_id, due_at=due_at)


async def statuses(database):
    return await fetch(database, "SELECT subject_id, status, settled_because FROM timers ORDER BY subject_id, status")


async def settled(database):
    return await fetch(database, "SELECT FROM timers WHERE status = 'pending'") == []

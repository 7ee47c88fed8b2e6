"""Holders that die, and deadlines whose work talks to the outside."""

import asyncio
import signal

from tests.infra.facts import execute, fetch, going, start_script, until
from tests.infra.keeping import SECOND, Handling, schedule, settled

from infra import timekeeper as timekeeper_module
from infra.clock import wall_now


async def test_after_a_kill_every_deadline_is_kept_once(database, database_url):
    await execute(database, "CREATE TABLE applied (stream_id text, seq bigint)")
    for n in range(100):
        await schedule(database, f"tkt_{n:03}", due_at=wall_now())

    victim = start_script("carrying", "timers", database_url)
    await until(lambda: _applied(database, 20), within_s=30)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    survivor = start_script("carrying", "timers", database_url)
    try:
        await until(lambda: settled(database), within_s=30)
    finally:
        survivor.kill()
        survivor.wait()

    rows = await fetch(database, "SELECT stream_id, count(*) FROM applied GROUP BY 1")
    assert dict(rows) == {f"tkt_{n:03}": 1 for n in range(100)}


async def test_an_outside_deadline_of_a_killed_holder_is_taken_over_after_its_lease(database, database_url, keeper_of):
    await execute(database, "CREATE TABLE applied (stream_id text, seq bigint)")
    await schedule(database, kind="test.outside", due_at=wall_now())
    victim = start_script("carrying", "timers", database_url)
    await until(lambda: _applied(database, 0), within_s=30)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    ana = Handling()

    async with going(keeper_of(outside=ana).run()):
        await asyncio.sleep(0.5)
        assert ana.fired == []  # leased: the holder may be alive
        await execute(database, "UPDATE timers SET claimed_until = claimed_until - interval '15 seconds'")
        await until(lambda: settled(database), within_s=3)

    assert len(ana.fired) == 1


async def test_an_outside_handler_holds_no_transaction_and_settles_afterwards(database, keeper_of):
    seen = []

    async def call_out(begin, due, act):
        async with begin() as tx:
            seen.append(await tx.fetchval("SELECT claimed_until IS NOT NULL FROM timers FOR UPDATE NOWAIT"))

    await schedule(database, kind="test.outside", due_at=wall_now())
    async with going(keeper_of(outside=call_out).run()):
        await until(lambda: settled(database))

    assert seen == [True]
    assert await fetch(database, "SELECT status, claimed_until FROM timers") == [("fired", None)]


async def test_an_outside_handler_that_raises_is_tried_again_after_one_second(database, keeper_of):
    ana = Handling(fails=1)
    await schedule(database, kind="test.outside", due_at=wall_now())

    async with going(keeper_of(outside=ana).run()):
        await until(lambda: settled(database))

    assert SECOND <= ana.attempts[1][1] - ana.attempts[0][1] < 1.6 * SECOND
    assert await fetch(database, "SELECT attempts FROM timers") == [(1,)]


async def test_an_outside_handler_that_hangs_is_given_up_and_tried_again(database, keeper_of, monkeypatch):
    monkeypatch.setattr(timekeeper_module, "OUTSIDE_WITHIN_S", 0.1)
    attempts = []

    async def hang_once(begin, due, act):
        attempts.append(due.attempts)
        if len(attempts) == 1:
            await asyncio.Event().wait()

    await schedule(database, kind="test.outside", due_at=wall_now())
    async with going(keeper_of(outside=hang_once).run()):
        await until(lambda: settled(database))

    assert attempts == [0, 1]


async def _applied(database, more_than):
    return (await fetch(database, "SELECT count(*) > $1 FROM applied", more_than))[0][0]

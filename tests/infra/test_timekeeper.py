import asyncio
from collections import Counter
from datetime import timedelta

import msgspec
import pytest
from tests.infra.facts import NOON, execute, fetch, going, until
from tests.infra.keeping import SECOND, Handling, schedule, settled, statuses

from infra import clock as domain_clock
from infra import timers
from infra.clock import DomainClock, wall_now
from infra.timekeeper import Timekeeper

AN_HOUR = timedelta(hours=1)  # it looks when something is due or told, and never else


async def test_a_deadline_fires_at_its_second_and_not_before(database, keeper_of):
    ana = Handling()
    due_at = wall_now() + timedelta(milliseconds=700)
    await schedule(database, due_at=due_at)

    async with going(keeper_of(ana, poll=AN_HOUR).run()):
        await until(lambda: settled(database))

    late = ana.attempts[0][1] - due_at
    assert timedelta(0) <= late < SECOND
    assert ana.fired[0][1] >= due_at


async def test_a_deadline_that_comes_between_two_statements_of_one_look_is_not_slept_through(database):
    ana, clock = Handling(), Leaping(database.read)
    for n in range(20):
        await schedule(database, f"tkt_{n:02}", due_at=wall_now() + 4 * n * Leaping.step)
    keeper = Timekeeper(database, clock, in_transaction={"test.due": ana}, outside={}, poll=AN_HOUR)

    async with going(keeper.run()):
        await until(lambda: settled(database), within_s=30)

    assert len(ana.fired) == 20


class Leaping(DomainClock):
    """A clock so fast that much time passes from one question to the next."""

    step, leap = SECOND / 8, timedelta(0)

    async def reading(self):
        return msgspec.structs.replace(await super().reading(), domain_at=wall_now() + self.leap, wall_at=wall_now())

    async def now(self):
        self.leap += self.step
        return (await self.reading()).domain_at


async def test_a_deadline_set_while_it_sleeps_is_kept_too(database, keeper_of):
    ana = Handling()
    keeper = keeper_of(ana, poll=AN_HOUR)

    async with going(keeper.run()):
        await asyncio.sleep(0.2)
        due_at = wall_now() + timedelta(milliseconds=100)
        await schedule(database, due_at=due_at)
        keeper.wake()
        await until(lambda: settled(database))

    assert ana.attempts[0][1] - due_at < SECOND


async def test_two_timekeepers_fire_every_deadline_once(database, database_url, clock):
    ana = Handling(slow_s=0.005)
    now = wall_now()
    for n in range(200):
        await schedule(database, f"tkt_{n:03}", due_at=now + timedelta(milliseconds=n))
    keepers = [
        Timekeeper(database, DomainClock(database.read), in_transaction={"test.due": ana}, outside={}) for _ in range(2)
    ]

    async with going(*(keeper.run() for keeper in keepers)):
        await until(lambda: settled(database))

    assert Counter(subject for subject, _ in ana.fired) == {f"tkt_{n:03}": 1 for n in range(200)}


async def test_more_deadlines_than_one_look_reads_are_all_kept(database, keeper_of):
    ana = Handling()
    due_at = wall_now()
    await execute(
        database,
        """INSERT INTO timers (id, kind, subject_id, payload, due_at, try_at)
           SELECT 'tmr_' || lpad(n::text, 26, '0'), 'test.due', 'tkt_' || n, '{}', $1, $1
           FROM generate_series(1, 500) n""",
        due_at,
    )

    async with going(keeper_of(ana).run()):
        await until(lambda: settled(database))

    assert len(ana.fired) == 500


async def test_while_another_process_works_on_a_deadline_nobody_spins(database, keeper_of):
    """Because finding it locked and looking again at once would keep a core busy for as long as the other one works."""
    slow, other = Handling(slow_s=1.0), Handling()
    waiting = keeper_of(other)
    looks = Counter()
    look = waiting._look

    async def counted(*given):
        looks["n"] += 1
        return await look(*given)

    waiting._look = counted
    await schedule(database, due_at=wall_now())
    async with going(keeper_of(slow).run()):
        await until(lambda: _attempted(slow))
        async with going(waiting.run()):
            await until(lambda: settled(database))

    assert looks["n"] < 25
    assert (len(slow.fired), len(other.fired)) == (1, 0)


async def test_a_moot_deadline_is_cancelled_with_its_reason(database, keeper_of):
    await schedule(database, due_at=wall_now())

    async with going(keeper_of(Handling(moot="the order is cancelled")).run()):
        await until(lambda: settled(database))

    assert await statuses(database) == [("tkt_a", "cancelled", "the order is cancelled")]


async def test_a_cancelled_deadline_never_fires(database, keeper_of):
    ana = Handling()
    await schedule(database, due_at=wall_now() + timedelta(milliseconds=200))
    async with database.begin() as tx:
        await timers.cancel(tx, "tkt_a", "test.due", because="accepted", now=wall_now())

    async with going(keeper_of(ana).run()):
        await asyncio.sleep(0.5)

    assert ana.fired == []
    assert await statuses(database) == [("tkt_a", "cancelled", "accepted")]


async def test_cancelling_names_kinds_and_leaves_others(database):
    for kind in ("test.due", "test.other"):
        await schedule(database, kind=kind, due_at=NOON)

    async with database.begin() as tx:
        await timers.cancel(tx, "tkt_a", "test.due", because="accepted", now=NOON)

    assert await fetch(database, "SELECT kind FROM timers WHERE status = 'pending'") == [("test.other",)]


async def test_a_deadline_that_fires_while_it_is_cancelled_is_not_waited_for(database, keeper_of):
    """Because the one who cancels holds the order's lock, and the handler is about to ask for it."""
    slow = Handling(slow_s=0.5)
    await schedule(database, due_at=wall_now())

    async with going(keeper_of(slow).run()):
        await until(lambda: _attempted(slow))
        async with asyncio.timeout(0.2), database.begin() as tx:
            await timers.cancel(tx, "tkt_a", "test.due", because="accepted", now=wall_now())
        await until(lambda: settled(database))

    assert await statuses(database) == [("tkt_a", "fired", None)]


async def test_of_cancelling_and_firing_exactly_one_wins(database, keeper_of):
    """The handler looks at the locked row as every real one does; 60 times the two meet within some milliseconds."""
    await execute(database, "CREATE TABLE puzzles (id text PRIMARY KEY, status text)")

    async def expire(tx, due, act):
        status = await tx.fetchval("SELECT status FROM puzzles WHERE id = $1 FOR UPDATE", due.subject_id)
        if status != "open":
            return f"the ticket is {status}"
        await tx.execute("UPDATE puzzles SET status = 'expired' WHERE id = $1", due.subject_id)
        return None

    async def accept(subject_id, after_s):
        await asyncio.sleep(after_s)
        async with database.begin() as tx:
            status = await tx.fetchval("SELECT status FROM puzzles WHERE id = $1 FOR UPDATE", subject_id)
            if status == "open":
                await tx.execute("UPDATE puzzles SET status = 'accepted' WHERE id = $1", subject_id)
                await timers.cancel(tx, subject_id, "test.due", because="accepted", now=wall_now())

    now = wall_now()
    for n in range(60):
        await execute(database, "INSERT INTO puzzles VALUES ($1, 'open')", f"tkt_{n:02}")
        await schedule(database, f"tkt_{n:02}", due_at=now + timedelta(seconds=1, milliseconds=n * 10))
    start_s = (now + SECOND - wall_now()).total_seconds()
    async with going(keeper_of(expire).run()):
        await asyncio.gather(*(accept(f"tkt_{n:02}", start_s + n * 0.0103) for n in range(60)))
        await until(lambda: settled(database))

    rows = await fetch(
        database, "SELECT t.status, m.status FROM puzzles t JOIN timers m ON m.subject_id = t.id GROUP BY 1, 2"
    )
    assert set(rows) <= {("expired", "fired"), ("accepted", "cancelled")}


async def test_a_handler_that_raises_is_tried_again_after_one_second(database, keeper_of):
    ana = Handling(fails=1)
    await schedule(database, due_at=wall_now())

    async with going(keeper_of(ana).run()):
        await until(lambda: settled(database))

    pause = ana.attempts[1][1] - ana.attempts[0][1]
    assert SECOND <= pause < 1.5 * SECOND
    assert await fetch(database, "SELECT status, attempts FROM timers") == [("fired", 1)]


async def test_pauses_grow_to_thirty_seconds(database, clock):
    await schedule(database, due_at=NOON)
    await _simulate(database, clock, rate=0)
    keeper = Timekeeper(database, clock, in_transaction={"test.due": Handling(fails=99)}, outside={})

    pauses = []
    async with going(keeper.run()):
        for _ in range(5):
            before = (await fetch(database, "SELECT attempts FROM timers"))[0][0]
            await until(lambda mark=before: _attempts_above(database, mark))
            now = await clock.now()
            try_at = (await fetch(database, "SELECT try_at FROM timers"))[0][0]
            pauses.append((try_at - now).total_seconds())
            await _move(database, clock, to=try_at)
            keeper.wake()

    assert pauses == [1, 5, 30, 30, 30]


@pytest.mark.parametrize("error", [OSError, TimeoutError, ValueError])
async def test_whatever_a_handler_raises_it_does_not_spin_and_others_are_kept(database, keeper_of, error):
    attempts = Counter()

    async def handle(tx, due, act):
        attempts[due.subject_id] += 1
        if due.subject_id == "tkt_bad":
            raise error("broken")

    for subject in ("tkt_bad", "tkt_good"):
        await schedule(database, subject, due_at=wall_now())
    async with going(keeper_of(handle).run()):
        await asyncio.sleep(0.8)

    assert attempts == {"tkt_bad": 1, "tkt_good": 1}


async def test_what_a_failed_handler_wrote_is_undone(database, keeper_of):
    await execute(database, "CREATE TABLE applied (subject_id text)")
    is_broken = [True]

    async def half_way(tx, due, act):
        await tx.execute("INSERT INTO applied VALUES ($1)", due.subject_id)
        if is_broken.pop() if is_broken else False:
            raise ValueError

    await schedule(database, due_at=wall_now())
    async with going(keeper_of(half_way).run()):
        await until(lambda: settled(database))

    assert await fetch(database, "SELECT subject_id FROM applied") == [("tkt_a",)]


async def test_kinds_nobody_here_knows_are_left_alone(database, keeper_of):
    """Because during an upgrade an older process must not touch, nor put off, what a newer one promised."""
    ana = Handling()
    due_at = wall_now()
    await schedule(database, "tkt_new", kind="test.of_the_next_version", due_at=due_at)
    await schedule(database, "tkt_a", due_at=due_at)

    async with going(keeper_of(ana).run()):
        await asyncio.sleep(0.5)

    assert [subject for subject, _ in ana.fired] == ["tkt_a"]
    row = await fetch(database, "SELECT status, attempts, try_at FROM timers WHERE subject_id = 'tkt_new'")
    assert row == [("pending", 0, due_at)]


async def test_hastening_adds_a_deadline_only_where_none_is_that_early(database):
    async def hasten(due_at):
        async with database.begin() as tx:
            await timers.hasten(tx, "test.due", "cty_a", due_at=due_at)

    await hasten(NOON + SECOND)
    await hasten(NOON + SECOND)
    await hasten(NOON + 2 * SECOND)
    await hasten(NOON)

    assert await fetch(database, "SELECT due_at FROM timers ORDER BY due_at") == [(NOON,), (NOON + SECOND,)]


async def test_hastening_while_it_fires_adds_one_because_that_one_may_have_looked_before(database, keeper_of):
    slow = Handling(slow_s=0.4)
    await schedule(database, "cty_a", due_at=wall_now())

    async with going(keeper_of(slow).run()):
        await until(lambda: _attempted(slow))
        async with database.begin() as tx:
            await timers.hasten(tx, "test.due", "cty_a", due_at=wall_now())
        await until(lambda: settled(database))

    assert len(slow.fired) == 2


async def test_what_hastens_is_visible_to_the_handler_it_counts_on(database, keeper_of):
    """Because a step that relies on a deadline already set must be done before that one looks."""
    await execute(database, "CREATE TABLE waiting (id text)")
    seen = []

    async def look(tx, due, act):
        seen.append(await tx.fetchval("SELECT count(*) FROM waiting"))

    await schedule(database, "cty_a", due_at=wall_now())
    async with database.begin() as tx:
        await timers.hasten(tx, "test.due", "cty_a", due_at=wall_now())
        async with going(keeper_of(look).run()):
            await asyncio.sleep(0.3)
            await tx.execute("INSERT INTO waiting VALUES ('dlv_a')")
        assert seen == []
    async with going(keeper_of(look).run()):
        await until(lambda: settled(database))

    assert seen == [1]


async def test_a_standing_clock_fires_nothing_until_it_is_moved(database, clock):
    ana = Handling()
    await _simulate(database, clock, rate=0)
    await schedule(database, due_at=NOON + SECOND)
    keeper = Timekeeper(database, clock, in_transaction={"test.due": ana}, outside={})

    async with going(keeper.run()):
        await asyncio.sleep(0.3)
        assert ana.fired == []
        await _move(database, clock, to=NOON + SECOND)
        keeper.wake()
        await until(lambda: settled(database))

    assert ana.fired == [("tkt_a", NOON + SECOND)]


async def test_on_a_fast_clock_deadlines_come_sooner(database, clock):
    ana = Handling()
    await _simulate(database, clock, rate=60)
    await schedule(database, due_at=NOON + timedelta(seconds=30))
    keeper = Timekeeper(database, clock, in_transaction={"test.due": ana}, outside={})
    started_at = wall_now()

    async with going(keeper.run()):
        await until(lambda: settled(database), within_s=3)

    assert wall_now() - started_at < SECOND
    assert ana.fired[0][1] >= NOON + timedelta(seconds=30)


async def test_deadlines_that_came_and_are_not_settled_are_counted(database):
    for subject, due_at in (("tkt_a", NOON), ("tkt_b", NOON + SECOND), ("tkt_c", NOON + 2 * SECOND)):
        await schedule(database, subject, due_at=due_at)

    async with database.read() as tx:
        assert await timers.count_overdue(tx, now=NOON + SECOND) == 2


async def _simulate(database, clock, *, rate):
    async with database.begin() as tx:
        await domain_clock.simulate(tx, start_at=NOON, rate=rate)
    clock.forget()


async def _move(database, clock, *, to):
    async with database.begin() as tx:
        await domain_clock.move(tx, to=to, rate=None)
    clock.forget()


async def _attempted(handling):
    return handling.attempts


async def _attempts_above(database, mark):
    return (await fetch(database, "SELECT attempts > $1 FROM timers", mark))[0][0]

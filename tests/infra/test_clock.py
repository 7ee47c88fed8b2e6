import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.infra.facts import NOON, execute

from infra import clock as domain_clock
from infra.clock import ClockNotSimulated, ClockWouldGoBack, DomainClock, Reading, until, wall_now

SECOND = timedelta(seconds=1)


async def simulate(database, *, rate):
    async with database.begin() as tx:
        await domain_clock.simulate(tx, start_at=NOON, rate=rate)


async def move(database, *, to=None, rate=None):
    async with database.begin() as tx:
        return await domain_clock.move(tx, to=to, rate=rate)


async def test_on_a_real_installation_domain_time_is_wall_time(clock):
    before = wall_now()
    now = await clock.now()

    assert before <= now <= wall_now()
    assert now.tzinfo is UTC


@pytest.mark.parametrize("change", [{"to": datetime(2100, 1, 1, tzinfo=UTC)}, {"rate": 60.0}], ids=["moved", "hurried"])
async def test_the_clock_of_a_real_installation_is_never_touched(database, change):
    with pytest.raises(ClockNotSimulated):
        await move(database, **change)


async def test_a_standing_clock_stands_in_every_process(database, clock):
    await simulate(database, rate=0)
    other = DomainClock(database.read)

    await asyncio.sleep(0.05)

    assert await clock.now() == await other.now() == NOON


async def test_a_moved_standing_clock_is_read_at_once_without_any_notice(database, clock):
    await simulate(database, rate=0)
    assert await clock.now() == NOON

    await move(database, to=NOON + SECOND)

    assert await clock.now() == NOON + SECOND


async def test_a_fast_clock_flows_at_its_rate(database, clock):
    await simulate(database, rate=100)
    before, started, after = wall_now(), await clock.now(), wall_now()

    await asyncio.sleep(0.2)

    least, passed, most = wall_now() - after, await clock.now() - started, wall_now() - before
    assert least * 100 <= passed <= most * 100


async def test_a_change_of_pace_does_not_jump(database, clock):
    await simulate(database, rate=10)
    before = await clock.now()

    moved = await move(database, rate=1)

    assert timedelta(0) <= moved.domain_at - before < SECOND


async def test_it_is_never_moved_back(database):
    await simulate(database, rate=0)
    await move(database, to=NOON + SECOND)

    with pytest.raises(ClockWouldGoBack) as refusal:
        await move(database, to=NOON)
    assert refusal.value.facts == {"now": NOON + SECOND}
    assert (await move(database, to=NOON + SECOND)).domain_at == NOON + SECOND


async def test_two_who_move_it_at_once_never_take_it_back(database):
    await simulate(database, rate=0)

    answers = await asyncio.gather(*(move(database, to=NOON + n * SECOND) for n in range(20)), return_exceptions=True)

    async with database.read() as tx:
        assert (await domain_clock.read(tx)).domain_at == NOON + 19 * SECOND
    assert all(isinstance(answer, Reading | ClockWouldGoBack) for answer in answers)


async def test_a_process_that_hears_late_of_a_slower_pace_does_not_go_back(database, clock):
    """Because it went on at the old pace for a moment; what it wrote with that time must not come before its past."""
    await simulate(database, rate=1000)
    await clock.now()
    await move(database, rate=0)
    await asyncio.sleep(0.1)
    ahead = await clock.now()

    clock.forget()

    assert await clock.now() == ahead
    await move(database, to=ahead + SECOND)
    assert await clock.now() == ahead + SECOND


async def test_a_fresh_installation_may_begin_in_the_past(database, clock):
    assert await clock.now() > NOON

    await simulate(database, rate=0)
    clock.forget()

    assert await clock.now() == NOON


async def test_a_lost_notice_is_made_up_for_within_seconds(database, clock, monkeypatch):
    monkeypatch.setattr(domain_clock, "KEPT_FOR", timedelta(milliseconds=50))
    await simulate(database, rate=1)
    await clock.now()
    await move(database, to=NOON + timedelta(hours=1))

    await asyncio.sleep(0.06)

    assert await clock.now() >= NOON + timedelta(hours=1)


async def test_at_hand_is_only_what_needs_no_look_at_the_row(database, clock, monkeypatch):
    assert clock.at_hand() is None  # nobody looked yet
    earlier = await clock.now()
    assert earlier <= clock.at_hand() <= await clock.now()
    clock.forget()
    assert clock.at_hand() is None


async def test_a_standing_clock_is_never_at_hand(database, clock):
    await simulate(database, rate=0)

    assert await clock.now() == NOON
    assert clock.at_hand() is None


async def test_while_it_flows_reading_it_costs_no_query(database, clock):
    await clock.now()
    await execute(database, "DROP TABLE domain_clock")

    assert await clock.now() <= wall_now()


def test_until_an_instant_is_wall_time():
    wall = wall_now()
    reading = Reading(domain_at=NOON, wall_at=wall, rate=60, is_simulated=True)

    left = until(reading, NOON + timedelta(minutes=1))
    assert SECOND - (wall_now() - wall) <= left <= SECOND
    assert until(Reading(domain_at=NOON, wall_at=wall, rate=0, is_simulated=True), NOON) is None


def test_years_of_flow_lose_no_microsecond():
    wall = datetime(2000, 1, 1, tzinfo=UTC)
    reading = Reading(domain_at=wall, wall_at=wall, rate=1.0, is_simulated=False)
    later = datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

    assert reading.at(later) == later

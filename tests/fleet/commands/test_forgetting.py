"""Nothing of where a rider was is kept for longer than thirty days, on real PostgreSQL."""

from datetime import timedelta

from tests.fleet.pings import TwoZones
from tests.fleet.positions import a_position
from tests.fleet.town import NOON, seconds

from fleet.commands import trails as writing
from fleet.commands import truth
from fleet.commands.trails import TrailWriter
from fleet.model.phones import PhoneState
from fleet.model.positions import to_ms
from fleet.store import trails
from fleet.store.positions import FORGET_AFTER

MADE_UP = [a_position(5 * number, is_mock=True) for number in range(6)]
LAST = seconds(25)
TOO_OLD = NOON + LAST + FORGET_AFTER + timedelta(milliseconds=1)


class Late:
    """A clock that stands a month after what was seen."""

    async def now(self):
        return TOO_OLD


async def learn(town, news, **more):
    async with town.database.begin() as tx:
        await truth.learn(tx, news, act=town.by_system(), **more)


async def forget(town, *, at=TOO_OLD, limit=10):
    town.now = at
    async with town.database.begin() as tx:
        return await truth.forget(tx, before=at - FORGET_AFTER, limit=limit, act=town.by_system())


async def truths(town):
    return await town.rows(
        "SELECT suspicion_bp, is_suspected, evidence, motion, state, seen_at FROM rider_truth ORDER BY rider_id"
    )


async def test_where_a_rider_was_is_forgotten_after_thirty_days_and_not_before(town):
    ana = await town.rider("Ana")
    await learn(town, {ana: MADE_UP})
    before = await truths(town)

    assert await forget(town, at=NOON + LAST + FORGET_AFTER) == 0
    assert await truths(town) == before
    assert await forget(town) == 1
    assert [tuple(row) for row in await truths(town)] == [(0, False, "[]", None, "{}", None)]


async def test_who_was_suspected_for_what_is_forgotten_is_believed_again_and_that_is_told_once(town):
    ana = await town.rider("Ana")
    await learn(town, {ana: MADE_UP})

    counts = [await forget(town) for _ in range(2)]

    assert counts == [1, 0]
    told = await town.told(ana)
    assert [kind for kind in told if kind in {"rider.suspected", "rider.cleared"}] == [
        "rider.suspected",
        "rider.cleared",
    ]


async def test_who_was_seen_since_keeps_everything_and_what_the_phone_said_stays(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    said = PhoneState(at_ms=to_ms(NOON), may_locate=False)
    await learn(town, {ana: MADE_UP, beto: MADE_UP[:1]}, states={beto: said})
    await learn(town, {ana: [a_position(86_400, is_mock=True)]})
    before = (await truths(town))[0]

    assert await forget(town) == 1
    assert (await truths(town))[0] == before
    said_still = await town.value("SELECT phone->>'may_locate' FROM rider_truth WHERE rider_id = $1", beto)
    assert said_still == "false"


async def test_the_worker_forgets_days_and_riders_some_at_a_time_once_an_hour(town, redis, monkeypatch):
    monkeypatch.setattr(writing, "FORGOTTEN_AT_ONCE", 2)
    riders = [await town.rider(name) for name in ("Ana", "Beto", "Clara", "Davi", "Eva")]
    await learn(town, dict.fromkeys(riders, MADE_UP))
    async with town.database.begin() as tx:
        await trails.ensure_trail_day(tx, NOON.date() - timedelta(days=1))
        await trails.copy_trail_points(tx, [(riders[0], a_position(-86_400))])
    writer = TrailWriter(redis, town.database.begin, TwoZones(), Late())

    await writer.forget()
    await learn(town, {riders[0]: MADE_UP})
    await writer.forget()

    assert [row["seen_at"] is None for row in await truths(town)] == [False, True, True, True, True]
    assert await town.value("SELECT count(*) FROM trail_points") == 0

"""A Redis that lost everything finds those on the road again, before they say where they are."""

import asyncio
from datetime import timedelta

import anyio
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from tests.fleet.pings import CENTRE, NOON, TwoZones, a_ping, at_s
from tests.fleet.roster import a_registered_rider
from tests.fleet.servers import all_keys

from fleet.commands import rebuilding
from fleet.commands.positions import Receiver
from fleet.commands.rebuilding import Rebuilder
from fleet.commands.shifts import ShiftPlan, end_shift, register_rider, start_shift
from fleet.commands.trails import TrailWriter
from fleet.model.positions import Standing, Verdict, to_ms
from fleet.model.riders import Vehicle
from fleet.policy.positions import all_zones
from fleet.queries.nearest import Search, find_nearest
from fleet.queries.standing import find_standing
from fleet.queries.trails import StoredTrails
from fleet.store import position_keys as keys
from fleet.store import position_moves as moves
from fleet.store import rebuilds
from fleet.worker import rebuilder
from infra.db import Database
from kernel.events import Act, Cause
from kernel.ids import CityId, RiderId

pytestmark = pytest.mark.on_a_cluster_too


class Crew:
    """Ana and her colleagues with a bicycle each, on their shifts, and the processes that serve them."""

    def __init__(self, redis, database, ana: RiderId, city_id: CityId) -> None:
        self.redis, self.database, self.ana, self.city_id = redis, database, ana, city_id
        self.zones, self.zone_ids = TwoZones(city_id), all_zones(TwoZones(city_id).zones)
        self.noon_and = 0.0

    async def now(self):
        """Say what time it is, as the clock of all processes."""
        return at_s(self.noon_and)

    async def clock_in(self, rider_id: RiderId) -> RiderId:
        async with self.database.begin() as tx:
            await start_shift(tx, rider_id, ShiftPlan(), act=Act.by_system(NOON, Cause.BY_HAND))
        return rider_id

    async def join(self, number: int) -> RiderId:
        act = Act.by_system(NOON, Cause.BY_HAND)
        who = {"name": f"Beto {number}", "phone": f"+55119876{number:05}", "vehicle": Vehicle.BICYCLE, "capacity": 2}
        async with self.database.begin() as tx:
            rider_id = await register_rider(tx, city_id=self.city_id, act=act, **who)
        return await self.clock_in(rider_id)

    def a_process(self) -> Receiver:
        async def availability_of(rider_id: RiderId) -> Standing | None:
            async with self.database.read() as tx:
                return await find_standing(tx, rider_id)

        shelf = StoredTrails(self.database.read)
        return Receiver(self.redis, zones=self.zones, availability_of=availability_of, trails=shelf)

    def a_rebuilder(self) -> Rebuilder:
        return rebuilder(self.redis, self.database.read, self.zones, self)

    async def ride(self, rider_id: RiderId, seconds: float = 0, *, east_m: float = -100) -> None:
        """Ping, and have PostgreSQL know it."""
        await self.a_process().ingest(rider_id, [a_ping(seconds, east_m=east_m)], now=at_s(seconds))
        await TrailWriter(self.redis, self.database.begin, self.zones, self).write_all()

    async def near(self) -> dict[RiderId, float]:
        """Return who is found, and how many seconds after noon they were there."""
        found = await find_nearest(self.redis, Search(CENTRE), 99, zones=self.zones.zones, now=await self.now())
        return {rider.rider_id: (rider.device_at - NOON).total_seconds() for rider in found}


@pytest.fixture
async def crew(redis, database_url):
    async with Database.connect(database_url, pool_size=4) as database:
        ana = await a_registered_rider(database)
        async with database.read() as tx:
            city_id = await tx.fetchval("SELECT city_id FROM riders")
        crew = Crew(redis, database, ana, CityId(city_id))
        await crew.clock_in(ana)
        yield crew


async def test_riders_are_found_again_without_a_new_ping(crew):
    beto = await crew.join(1)
    await crew.ride(crew.ana, 0, east_m=-100)
    await crew.ride(beto, 5, east_m=200)
    await crew.redis.flushall()
    crew.noon_and = 9
    assert await crew.near() == {}

    put_back = await crew.a_rebuilder().rebuild()

    assert put_back == 2
    assert await crew.near() == {crew.ana: 0, beto: 5}


async def test_a_store_that_lost_nothing_is_left_alone(crew):
    await crew.ride(crew.ana)
    assert await crew.a_rebuilder().rebuild() == 0  # a first start: nobody knew yet that nothing is missing
    before = {key: await crew.redis.dump(key) for key in await all_keys(crew.redis)}

    assert await crew.a_rebuilder().rebuild() == 0

    assert {key: await crew.redis.dump(key) for key in await all_keys(crew.redis)} == before
    assert [await crew.redis.ttl(keys.whole(zone_id)) for zone_id in crew.zone_ids] == [-1] * 3


async def test_a_ping_that_came_first_wins(crew):
    await crew.ride(crew.ana, 0)
    await crew.redis.flushall()
    await crew.a_process().ingest(crew.ana, [a_ping(8, east_m=-80)], now=at_s(8))

    crew.noon_and = 9
    assert await crew.a_rebuilder().rebuild() == 0

    assert await crew.near() == {crew.ana: 8}


@pytest.mark.parametrize("head_start", range(8))
async def test_a_ping_at_the_same_moment_is_stored_and_stands(crew, head_start):
    await crew.ride(crew.ana, 0)
    await crew.redis.flushall()
    crew.noon_and = 9

    async def ping():
        await asyncio.sleep(head_start / 2000)
        return await crew.a_process().ingest(crew.ana, [a_ping(8, east_m=-80)], now=at_s(9))

    judged, _ = await asyncio.gather(ping(), crew.a_rebuilder().rebuild())

    assert [one.verdict for one in judged] == [Verdict.ACCEPTED]
    assert await crew.near() == {crew.ana: 8}


async def test_a_process_that_remembers_more_than_was_put_back_goes_on(crew):
    process = crew.a_process()
    await crew.ride(crew.ana, 0)
    await process.ingest(crew.ana, [a_ping(5, east_m=-90)], now=at_s(5))
    await crew.redis.flushall()
    crew.noon_and = 6
    await crew.a_rebuilder().rebuild()

    judged = await process.ingest(crew.ana, [a_ping(8, east_m=-80), a_ping(3, east_m=-95)], now=at_s(8))

    assert [one.verdict for one in judged] == [Verdict.ACCEPTED, Verdict.ACCEPTED]  # the one at 5 s went with the disk
    assert await crew.near() == {crew.ana: 8}


async def test_who_went_stale_or_went_home_is_not_put_back(crew):
    beto = await crew.join(1)
    await crew.ride(crew.ana, 0)
    await crew.ride(beto, 30)
    async with crew.database.begin() as tx:
        await end_shift(tx, beto, act=Act.by_system(at_s(40), Cause.BY_HAND))
    await crew.redis.flushall()

    crew.noon_and = 60
    assert await crew.a_rebuilder().rebuild() == 0

    assert await crew.near() == {}
    assert await moves.find(crew.redis, crew.ana, now=at_s(60)) is None


async def test_several_workers_at_once_do_no_harm(crew, monkeypatch):
    monkeypatch.setattr(rebuilding, "RIDERS_A_PAGE", 4)
    everybody = {crew.ana: 0.0}
    await crew.ride(crew.ana, 0)
    for number in range(9):
        rider_id = await crew.join(number)
        await crew.ride(rider_id, number, east_m=-500 + 100 * number)
        everybody[rider_id] = number
    await crew.redis.flushall()

    crew.noon_and = 12
    counts = await asyncio.gather(*(crew.a_rebuilder().rebuild() for _ in range(3)))

    assert sum(counts) == 10
    assert await crew.near() == everybody
    assert await rebuilds.list_lost(crew.redis, crew.zone_ids) == []


async def test_what_is_lost_again_while_it_is_rebuilt_is_rebuilt_again(crew):
    await crew.ride(crew.ana, 0)
    await crew.redis.flushall()
    slow = await rebuilds.begin(crew.redis, crew.zone_ids, wall=NOON)
    await crew.redis.flushall()
    await rebuilds.begin(crew.redis, crew.zone_ids, wall=NOON + timedelta(seconds=1))

    for zone_id, mark in slow.items():
        await rebuilds.close(crew.redis, zone_id, mark)

    assert await rebuilds.list_lost(crew.redis, crew.zone_ids) == crew.zone_ids
    assert await crew.a_rebuilder().rebuild() == 1


class MoodyZones(TwoZones):
    """Cannot be read the first times."""

    def __init__(self, city_id: CityId) -> None:
        super().__init__(city_id)
        self.refusals = [RedisConnectionError("away"), OSError("away")]

    async def map(self):
        if self.refusals:
            raise self.refusals.pop()
        return self.zones


async def test_who_rebuilds_goes_on_after_a_store_was_away(crew, monkeypatch):
    monkeypatch.setattr(rebuilding, "LOOK_EVERY_S", 0.01)
    await crew.ride(crew.ana, 0)
    await crew.redis.flushall()
    crew.zones = MoodyZones(crew.city_id)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(crew.a_rebuilder().run)
        with anyio.fail_after(5):
            while crew.ana not in await crew.near():  # noqa: ASYNC110  Redis cannot be waited for
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()

    assert to_ms(NOON) == (await moves.find(crew.redis, crew.ana, now=NOON)).track.last.device_at_ms

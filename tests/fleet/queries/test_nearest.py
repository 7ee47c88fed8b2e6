import random
from datetime import timedelta

import pytest
from geopy.distance import geodesic
from tests.fleet.pings import ANA, BETO, CENTRE, NOON, WEST, TwoZones, a_ping, a_standing, an_area, at_s
from tests.fleet.roster import Roster, Shelf, a_receiver, a_registered_rider

from fleet.commands import positions as commands
from fleet.commands.positions import Receiver
from fleet.commands.shifts import ShiftPlan, start_shift
from fleet.model.positions import Standing
from fleet.model.riders import Vehicle
from fleet.queries import nearest
from fleet.queries.nearest import Search, find_nearest
from fleet.queries.standing import find_standing
from fleet.store import position_keys as keys
from infra.db import Database
from kernel.events import Act, Cause
from kernel.geo import Point, offset
from kernel.ids import RiderId, ZoneId
from places.model import ZoneMap

pytestmark = pytest.mark.on_a_cluster_too

ZONES = TwoZones().zones


async def stand(redis, rider_id, *, east_m=0.0, north_m=0.0, at=0.0, **standing: object):
    """Put an available rider so many metres from the centre."""
    receiver = a_receiver(redis, Roster({rider_id: a_standing(**standing)}))
    await receiver.ingest(rider_id, [a_ping(at, east_m=east_m, north_m=north_m)], now=at_s(at))


async def ids_near(redis, n=10, *, place=CENTRE, now=NOON, **options: object):
    found = await find_nearest(redis, Search(place, **options), n, zones=ZONES, now=now)
    return [rider.rider_id for rider in found]


async def test_nobody_is_near_in_an_empty_city(redis):
    assert await ids_near(redis) == []


async def test_the_nearest_comes_first_across_zones_and_vehicles(redis):
    await stand(redis, ANA, east_m=-700, vehicle=Vehicle.CAR)
    await stand(redis, BETO, east_m=600, vehicle=Vehicle.BICYCLE)

    assert await ids_near(redis) == [BETO, ANA]
    assert await ids_near(redis, n=1) == [BETO]
    assert await ids_near(redis, vehicles=[Vehicle.CAR]) == [ANA]


async def test_a_found_rider_comes_with_place_and_exact_distance(redis):
    await stand(redis, ANA, east_m=-3000, north_m=400, idle_since=NOON)

    (rider,) = await find_nearest(redis, Search(CENTRE), 5, zones=ZONES, now=NOON)

    there = offset(CENTRE, east_m=-3000, north_m=400)
    assert (rider.lat, rider.lon) == (there.lat, there.lon)
    assert rider.distance_m == geodesic((CENTRE.lat, CENTRE.lon), (there.lat, there.lon)).meters
    assert (rider.vehicle, rider.device_at, rider.idle_since) == (Vehicle.MOTORCYCLE, NOON, NOON)


async def test_of_riders_at_one_place_the_longest_idle_comes_first(redis):
    unknown = RiderId("rdr_unknown")
    await stand(redis, ANA, east_m=-100, idle_since=NOON)
    await stand(redis, BETO, east_m=-100, idle_since=NOON - timedelta(minutes=9))
    await stand(redis, unknown, east_m=-100)

    assert await ids_near(redis) == [BETO, ANA, unknown]


async def test_a_stale_rider_is_left_out_even_before_the_sweep(redis):
    await stand(redis, ANA, east_m=-100)
    await stand(redis, BETO, east_m=-200, at=30)

    assert await ids_near(redis, now=at_s(59)) == [ANA, BETO]
    assert await ids_near(redis, now=at_s(60)) == [BETO]


async def test_many_unswept_riders_do_not_hide_a_live_one(redis, monkeypatch):
    monkeypatch.setattr(nearest, "SPARE", 0)
    for number in range(9):
        await stand(redis, RiderId(f"rdr_{number}"), east_m=-100 - number)
    await stand(redis, ANA, east_m=-300, at=30)

    assert await ids_near(redis, n=1, now=at_s(70)) == [ANA]


async def test_beyond_eight_kilometres_nobody_is_near(redis):
    await stand(redis, ANA, east_m=-7950)
    await stand(redis, BETO, east_m=-8050)

    assert await ids_near(redis) == [ANA]
    assert await ids_near(redis, within_m=200) == []


async def test_a_rider_seen_in_two_zones_counts_once_with_the_newer_position(redis):
    await stand(redis, ANA, east_m=-100)
    await redis.delete(keys.zone_of(ANA))
    await stand(redis, ANA, east_m=100, at=10)

    (rider,) = await find_nearest(redis, Search(CENTRE), 5, zones=ZONES, now=at_s(10))

    assert rider.device_at == at_s(10)


async def test_whoever_takes_a_break_is_not_near(redis):
    await stand(redis, ANA, east_m=-100)
    await commands.set_availability(redis, ANA, a_standing(2, is_available=False), now=NOON)

    assert await ids_near(redis) == []


async def test_a_half_removed_rider_is_left_out(redis):
    await stand(redis, ANA, east_m=-100)
    await redis.hdel(keys.standing(WEST), ANA)

    assert await ids_near(redis) == []


async def test_whoever_has_no_room_for_so_much_is_not_near(redis):
    await stand(redis, ANA, east_m=-100, free_capacity=2)
    await stand(redis, BETO, east_m=-200, free_capacity=3)

    assert await ids_near(redis, capacity=2) == [ANA, BETO]
    assert await ids_near(redis, capacity=3) == [BETO]
    assert await ids_near(redis, capacity=4) == []


async def test_at_the_poles_nobody_rides(redis):
    assert await find_nearest(redis, Search(Point(lat=89.0, lon=0.0)), 1, zones=ZONES, now=NOON) == []


@pytest.mark.parametrize("seed", range(3))
async def test_growing_rings_find_whom_measuring_everybody_finds(redis, seed):
    dice = random.Random(seed)
    everybody = {}
    for number in range(120):
        east_m, north_m = dice.gauss(0, 2500), dice.gauss(0, 2500)
        rider_id = RiderId(f"rdr_{number:03}")
        await stand(redis, rider_id, east_m=east_m, north_m=north_m, vehicle=dice.choice(list(Vehicle)))
        there = offset(CENTRE, east_m=east_m, north_m=north_m)
        everybody[rider_id] = geodesic((CENTRE.lat, CENTRE.lon), (there.lat, there.lon)).meters

    for n in (1, 5, 30, 200):
        expected = sorted((round(metres), rider) for rider, metres in everybody.items() if metres <= 8000)[:n]
        assert await ids_near(redis, n=n) == [rider for _, rider in expected]


async def test_a_rider_who_starts_a_shift_is_found_where_they_last_were(redis, database_url):
    async with Database.connect(database_url, pool_size=2) as database:

        async def availability_of(rider_id: RiderId) -> Standing | None:
            async with database.begin() as tx:
                return await find_standing(tx, rider_id)

        receiver = Receiver(redis, zones=TwoZones(), availability_of=availability_of, trails=Shelf())
        rider_id = await a_registered_rider(database)
        await receiver.ingest(rider_id, [a_ping(0, east_m=-100)], now=NOON)
        async with database.begin() as tx:
            await start_shift(tx, rider_id, ShiftPlan(), act=Act.by_system(NOON, Cause.BY_HAND))

        standing = await availability_of(rider_id)
        assert standing is not None
        await commands.set_availability(redis, rider_id, standing, now=at_s(1))

        near_city = ZoneMap([an_area(ZoneId("zon_far"), west_m=300, east_m=900, city_id=standing.city_id)])
        (found,) = await find_nearest(redis, Search(CENTRE), 1, zones=near_city, now=at_s(1))
        assert (found.rider_id, found.vehicle) == (rider_id, Vehicle.BICYCLE)

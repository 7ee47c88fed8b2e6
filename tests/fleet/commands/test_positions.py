import asyncio
import itertools

import pytest
from tests.fleet.pings import ANA, BETO, CENTRE, EAST, NOON, WEST, a_ping, a_position, a_standing, at_s
from tests.fleet.roster import Roster, Shelf, a_receiver, trail_of
from tests.fleet.servers import all_keys, calls_of

from fleet.commands import positions as commands
from fleet.errors import RiderNotFound
from fleet.model.positions import Ping, Verdict
from fleet.model.riders import Vehicle
from fleet.store import position_keys as keys
from fleet.store import position_moves as moves
from fleet.store import positions as store
from infra.live.channels import position_channel
from infra.redis import connect, one_node
from kernel.geo import offset
from kernel.ids import RiderId

pytestmark = pytest.mark.on_a_cluster_too

V = Verdict


async def verdicts(receiver, *pings: Ping, now=NOON, rider_id=ANA):
    return [one.verdict for one in await receiver.ingest(rider_id, pings, now=now)]


async def trail_s(redis):
    return [place.device_at_ms / 1000 - NOON.timestamp() for place in await trail_of(redis)]


async def is_available(redis, zone_id, rider_id=ANA, vehicle=Vehicle.MOTORCYCLE):
    return await redis.zscore(keys.available(zone_id, vehicle), rider_id) is not None


async def last_s(redis, rider_id=ANA):
    held = await moves.find(redis, rider_id, now=NOON)
    return held.track.last.device_at_ms / 1000 - NOON.timestamp()


async def test_a_first_ping_makes_an_available_rider_findable(redis):
    assert await verdicts(a_receiver(redis), a_ping(east_m=-100)) == [V.ACCEPTED]

    assert await is_available(redis, WEST)
    assert await trail_s(redis) == [0]


async def test_no_pings_are_nothing(redis):
    assert await a_receiver(redis).ingest(ANA, [], now=NOON) == []


async def test_a_rider_nobody_knows_is_refused_and_nothing_is_kept(redis):
    with pytest.raises(RiderNotFound):
        await a_receiver(redis).ingest(BETO, [a_ping()], now=NOON)

    assert await all_keys(redis) == []


async def test_a_rider_off_shift_may_post_but_is_not_found(redis):
    receiver = a_receiver(redis, Roster({ANA: a_standing(is_available=False)}))

    assert await verdicts(receiver, a_ping(east_m=-100)) == [V.ACCEPTED]

    assert not await is_available(redis, WEST)
    assert await redis.zscore(keys.seen(WEST), ANA) is not None


async def test_the_next_upload_takes_one_round_trip(redis, monkeypatch):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    before = [await calls_of(redis, command) for command in ("evalsha", "hget")]

    await receiver.ingest(ANA, [a_ping(5, east_m=-100)], now=at_s(5))

    assert await calls_of(redis, "evalsha") == before[0] + 1
    assert await calls_of(redis, "hget") == before[1]  # nobody looked where the rider is


async def test_a_late_ping_sent_again_is_a_duplicate(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(60, east_m=-100)], now=at_s(60))

    first = await verdicts(receiver, a_ping(0, east_m=-100), a_ping(5, east_m=-100), now=at_s(61))
    again = await verdicts(receiver, a_ping(5, east_m=-100), a_ping(7, east_m=-100), now=at_s(62))

    assert first == [V.LATE, V.LATE]
    assert again == [V.DUPLICATE, V.LATE]
    assert await trail_s(redis) == [0, 5, 7, 60]


async def test_a_process_with_an_old_memory_judges_anew(redis):
    one, other = a_receiver(redis), a_receiver(redis)
    await one.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await other.ingest(ANA, [a_ping(30, east_m=-100)], now=at_s(30))

    assert await verdicts(one, a_ping(10, east_m=-100), now=at_s(31)) == [V.LATE]
    assert await last_s(redis) == 30


async def test_many_writers_at_once_never_let_an_old_ping_win(redis_url):
    async with connect(redis_url) as first, connect(redis_url) as second:
        processes = [a_receiver(first), a_receiver(second), a_receiver(first)]
        pings = [a_ping(seconds, east_m=-500 + seconds) for seconds in range(60)]
        uploads = [pings[start : start + 3] for start in range(57, -1, -3)] + [[ping] for ping in pings[::7]]

        answers = await asyncio.gather(
            *(
                process.ingest(ANA, upload[::-1], now=at_s(60))
                for process, upload in zip(itertools.cycle(processes), uploads, strict=False)
            )
        )

        seen = [one.verdict for judged in answers for one in judged]
        assert seen.count(V.ACCEPTED) + seen.count(V.LATE) == 60
        assert seen.count(V.DUPLICATE) == len(pings[::7])
        assert await last_s(first) == 59
        assert await trail_s(first) == list(range(60))


async def test_a_lost_store_is_rebuilt_from_postgresql_and_the_next_ping(redis):
    roster = Roster()
    receiver = a_receiver(redis, roster)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    roster.standings[ANA] = a_standing(7, vehicle=Vehicle.BICYCLE)
    await redis.flushall()

    assert await verdicts(receiver, a_ping(5, east_m=-100), now=at_s(5)) == [V.ACCEPTED]

    assert await is_available(redis, WEST, vehicle=Vehicle.BICYCLE)


async def test_a_repeated_ping_is_never_called_stored_when_the_store_was_lost(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await redis.flushall()

    assert await verdicts(receiver, a_ping(0, east_m=-100), now=at_s(5)) == [V.ACCEPTED]
    assert await trail_s(redis) == [0]


async def test_crossing_a_border_takes_everything_along(redis):
    receiver, elsewhere = a_receiver(redis), a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-40)], now=NOON)
    await elsewhere.ingest(ANA, [a_ping(5, east_m=30)], now=at_s(5))
    assert await is_available(redis, WEST)

    assert await verdicts(elsewhere, a_ping(10, east_m=100), now=at_s(10)) == [V.ACCEPTED]

    assert await is_available(redis, EAST)
    assert not await is_available(redis, WEST)
    assert await trail_s(redis) == [0, 5, 10]
    assert await verdicts(receiver, a_ping(7, east_m=60), now=at_s(11)) == [V.LATE]
    assert await trail_s(redis) == [0, 5, 7, 10]


async def test_a_rider_may_come_back_over_the_border(redis):
    receiver = a_receiver(redis)
    for seconds, east_m in enumerate((-100, 100, -100, 100, -100)):
        await receiver.ingest(ANA, [a_ping(seconds * 10, east_m=east_m)], now=at_s(seconds * 10))

    assert await is_available(redis, WEST)
    assert not await is_available(redis, EAST)
    assert await trail_s(redis) == [0, 10, 20, 30, 40]


async def test_a_move_that_stopped_half_way_is_finished_by_whoever_comes_next(redis):
    await a_receiver(redis).ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    held = await moves.find(redis, ANA, now=NOON)
    left = [ANA, held.head, held.move + 1, EAST, 9e15]
    await moves._leave(redis, keys.of_zone(WEST), left)

    assert await verdicts(a_receiver(redis), a_ping(-5, east_m=100), a_ping(9, east_m=90), now=at_s(9)) == [
        V.LATE,
        V.ACCEPTED,
    ]
    assert await trail_s(redis) == [-5, 0, 9]
    assert await is_available(redis, EAST)


async def test_a_helper_who_comes_late_does_no_harm(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    held = await moves.find(redis, ANA, now=NOON)
    trace = store.text(await moves._leave(redis, keys.of_zone(WEST), [ANA, held.head, held.move + 1, EAST, 9e15]))
    for seconds, east_m in ((5, 100), (15, -100), (25, -110)):
        await receiver.ingest(ANA, [a_ping(seconds, east_m=east_m)], now=at_s(seconds))

    await moves.finish(redis, WEST, ANA, trace, now=at_s(26))

    assert await last_s(redis) == 25
    assert await trail_s(redis) == [0, 5, 15, 25]
    assert not await is_available(redis, EAST)


async def test_a_second_helper_does_not_bring_the_old_position_back(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    held = await moves.find(redis, ANA, now=NOON)
    trace = store.text(await moves._leave(redis, keys.of_zone(WEST), [ANA, held.head, held.move + 1, EAST, 9e15]))
    await receiver.ingest(ANA, [a_ping(5, east_m=100)], now=at_s(5))

    await moves.finish(redis, WEST, ANA, trace, now=at_s(6))

    assert await last_s(redis) == 5
    assert await trail_s(redis) == [0, 5]


async def test_processes_that_cross_both_ways_at_once_agree(redis_url):
    async with connect(redis_url) as first, connect(redis_url) as second:
        processes = itertools.cycle([a_receiver(first), a_receiver(second), a_receiver(second)])
        pings = [a_ping(seconds * 10, east_m=200 if seconds % 4 < 2 else -200) for seconds in range(24)]

        for some in (pings[:8], pings[8:16], pings[16:]):
            now = at_s(some[-1].device_at_ms / 1000 - NOON.timestamp())
            await asyncio.gather(
                *(process.ingest(ANA, [ping], now=now) for process, ping in zip(processes, some, strict=False))
            )

        assert await last_s(first) == 230
        assert await trail_s(first) == [seconds * 10 for seconds in range(24)]
        assert sum([await is_available(first, WEST), await is_available(first, EAST)]) == 1


async def test_a_rider_whose_pointer_was_lost_starts_again_where_they_are(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await receiver.ingest(ANA, [a_ping(10, east_m=100)], now=at_s(10))
    await redis.delete(keys.zone_of(ANA))

    elsewhere = a_receiver(redis)
    assert await verdicts(elsewhere, a_ping(20, east_m=-100), now=at_s(20)) == [V.ACCEPTED]
    assert await verdicts(elsewhere, a_ping(30, east_m=-100), now=at_s(30)) == [V.ACCEPTED]

    assert await is_available(redis, WEST)
    assert await last_s(redis) == 30


async def test_a_break_takes_a_rider_out_and_the_end_of_it_back_in(redis):
    await a_receiver(redis).ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    await commands.set_availability(redis, ANA, a_standing(2, is_available=False), now=at_s(1))
    assert not await is_available(redis, WEST)

    await commands.set_availability(redis, ANA, a_standing(3), now=at_s(2))
    assert await is_available(redis, WEST)
    ((lon, lat),) = await redis.geopos(keys.available(WEST, Vehicle.MOTORCYCLE), ANA)
    assert (lat, lon) == pytest.approx((CENTRE.lat, offset(CENTRE, east_m=-100, north_m=0).lon), abs=1e-5)


async def test_an_old_message_about_availability_changes_nothing(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    await commands.set_availability(redis, ANA, a_standing(5, is_available=False), now=at_s(1))
    await commands.set_availability(redis, ANA, a_standing(4), now=at_s(2))
    await receiver.ingest(ANA, [a_ping(5, east_m=-100)], now=at_s(5))

    assert not await is_available(redis, WEST)


async def test_another_vehicle_is_another_set_and_another_speed(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-500)], now=NOON)

    await commands.set_availability(redis, ANA, a_standing(2, vehicle=Vehicle.FOOT), now=at_s(1))
    await receiver.ingest(ANA, [a_ping(10, east_m=-490)], now=at_s(10))

    assert await is_available(redis, WEST, vehicle=Vehicle.FOOT)
    assert not await is_available(redis, WEST, vehicle=Vehicle.MOTORCYCLE)
    assert await verdicts(receiver, a_ping(20, east_m=-400), now=at_s(20)) == [V.IMPLAUSIBLE]


async def test_a_standing_follows_its_rider_over_the_border(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await commands.set_availability(redis, ANA, a_standing(2, is_available=False), now=at_s(1))
    await receiver.ingest(ANA, [a_ping(10, east_m=100)], now=at_s(10))
    assert not await is_available(redis, EAST)

    await commands.set_availability(redis, ANA, a_standing(3), now=at_s(11))

    assert await is_available(redis, EAST)


async def test_a_rider_without_a_ping_gets_their_standing_from_postgresql_later(redis):
    roster = Roster({ANA: a_standing(3)})

    await commands.set_availability(redis, ANA, a_standing(3), now=NOON)
    assert await all_keys(redis) == []

    await a_receiver(redis, roster).ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    assert await is_available(redis, WEST)


async def test_a_stale_rider_leaves_matching_and_comes_back_with_the_next_ping(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    assert await commands.sweep(redis, [WEST, EAST], now=at_s(59.999)) == []
    assert await commands.sweep(redis, [WEST, EAST], now=at_s(60)) == [ANA]
    assert not await is_available(redis, WEST)
    assert await commands.sweep(redis, [WEST, EAST], now=at_s(61)) == []

    await commands.set_availability(redis, ANA, a_standing(2), now=at_s(62))
    assert not await is_available(redis, WEST)
    await receiver.ingest(ANA, [a_ping(70, east_m=-100)], now=at_s(70))
    assert await is_available(redis, WEST)


async def test_a_backlog_that_is_already_stale_makes_nobody_findable(redis):
    assert await verdicts(a_receiver(redis), a_ping(0, east_m=-100), now=at_s(600)) == [V.ACCEPTED]

    assert not await is_available(redis, WEST)


async def test_a_sweep_goes_on_until_all_are_swept(redis, monkeypatch):
    monkeypatch.setattr(store, "SWEEP_BATCH", 2)
    riders = [RiderId(f"rdr_{number}") for number in range(5)]
    receiver = a_receiver(redis, Roster({rider_id: a_standing() for rider_id in riders}))
    for rider_id in riders:
        await receiver.ingest(rider_id, [a_ping(0, east_m=-100)], now=NOON)

    assert sorted(await commands.sweep(redis, [WEST], now=at_s(60))) == riders


async def test_after_a_month_of_silence_nothing_is_left_of_a_rider_but_what_postgresql_lacks(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    await receiver.ingest(ANA, [a_ping(10, east_m=100)], now=at_s(10))
    await commands.sweep(redis, [WEST, EAST], now=at_s(100))

    await commands.sweep(redis, [WEST, EAST], now=at_s(100) + store.FORGET_AFTER)

    left = set(await all_keys(redis))
    assert left == {key(zone) for zone in (WEST, EAST) for key in (keys.unwritten, keys.backlog)} | {
        keys.tail(zone, ANA) for zone in (WEST, EAST)
    }


async def test_what_postgresql_has_of_a_trail_is_known_too(redis):
    receiver = a_receiver(redis, shelf=Shelf(a_position(-9), a_position(-5)))
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    found = await verdicts(receiver, a_ping(-9), a_ping(-8), a_ping(-5), now=at_s(1))

    assert found == [V.DUPLICATE, V.LATE, V.DUPLICATE]
    assert await trail_s(redis) == [-8, 0]


async def test_when_the_store_was_lost_an_old_ping_does_not_replace_what_postgresql_has(redis):
    receiver = a_receiver(redis, shelf=Shelf(a_position(-5)))

    found = await verdicts(receiver, a_ping(-9, east_m=-100), a_ping(-5), now=NOON)

    assert found == [V.LATE, V.DUPLICATE]
    assert await last_s(redis) == -5


async def test_late_pings_of_another_month_are_not_kept(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    assert await verdicts(receiver, a_ping(-31 * 24 * 3600), now=at_s(1)) == [V.LATE]
    assert await trail_s(redis) == [0]


async def test_outside_all_zones_a_rider_stands_under_the_city(redis):
    roster = Roster()

    assert await verdicts(a_receiver(redis, roster), a_ping(east_m=99_000)) == [V.ACCEPTED]

    assert await is_available(redis, roster.standings[ANA].city_id)


async def test_a_ping_at_the_pole_is_stored_though_no_geo_set_can_hold_it(redis):
    assert await verdicts(a_receiver(redis), a_ping(lat=89.9, lon=0.0)) == [V.ACCEPTED]


async def test_only_a_newer_position_is_told_to_whoever_watches(redis, redis_url):
    receiver = a_receiver(redis)
    async with connect(one_node(redis_url)) as listening, listening.pubsub() as watch:
        await watch.subscribe(position_channel(ANA))
        await watch.get_message(timeout=10)

        await receiver.ingest(ANA, [a_ping(10, east_m=-100)], now=at_s(10))
        await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=at_s(11))
        await receiver.ingest(ANA, [a_ping(20, east_m=-100)], now=at_s(20))

        told = [await watch.get_message(timeout=10) for _ in range(2)]
        assert all(message["type"] == "message" for message in told)
        assert await watch.get_message(timeout=0.05) is None

import msgspec
import pytest
from tests.fleet.pings import ANA, BETO, EAST, NOON, WEST, a_ping, a_standing, at_s
from tests.fleet.roster import a_receiver
from tests.fleet.servers import all_keys

from fleet.model.positions import Ping, PositionRules, Track
from fleet.model.riders import Vehicle
from fleet.policy.positions import judge, stale_at_ms
from fleet.store import position_keys as keys
from fleet.store import position_moves as moves
from fleet.store import positions as store
from infra.redis import connect
from kernel.ids import RiderId

pytestmark = pytest.mark.on_a_cluster_too

RULES = PositionRules()


def at_ms(seconds: float) -> int:
    return a_ping(seconds).device_at_ms


def a_write(rider_id: RiderId, *pings: Ping, held: store.Held) -> store.Write:
    """What an upload comes to when it is judged against `held`."""
    judgement = judge(pings, held.track, rules=RULES, now=at_s(60), vehicle=Vehicle.CAR)
    stale_ms = stale_at_ms(judgement.track, RULES)
    kept = store.keep(judgement.skew_ms, judgement.received_at_ms, msgspec.json.encode(judgement.trail))
    return store.Write(rider_id, held, store.with_track(held, judgement.track), stale_ms, len(judgement.trail), kept)


def nothing_held(zone_id=WEST) -> store.Held:
    return store.Held(zone_id, 1)


async def test_uploads_of_many_riders_are_one_call_and_the_beaten_one_harms_no_other(redis):
    riders = [RiderId(f"rdr_{number}") for number in range(40)]
    writes = [a_write(rider_id, a_ping(0), a_ping(5), held=nothing_held()) for rider_id in riders]
    await store.write(redis, WEST, writes[7:8], now=at_s(60))

    written = await store.write(redis, WEST, writes, now=at_s(60))

    assert [one.is_written for one in written] == [number != 7 for number in range(40)]
    assert written[7].held.track.last.device_at_ms == at_ms(5)
    assert await redis.hlen(keys.last(WEST)) == 40


async def test_a_write_where_the_rider_has_left_says_look_anew(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    held = await moves.find(redis, ANA, now=NOON)
    await receiver.ingest(ANA, [a_ping(10, east_m=100)], now=at_s(10))

    (beaten,) = await store.write(redis, WEST, [a_write(ANA, a_ping(20), held=held)], now=at_s(20))

    assert beaten == store.Written(is_written=False, held=None)


async def test_a_standing_set_where_the_rider_has_left_is_refused(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)
    held = await moves.find(redis, ANA, now=NOON)
    await receiver.ingest(ANA, [a_ping(10, east_m=100)], now=at_s(10))

    assert not await store.set_standing(redis, ANA, held, a_standing(9), now=at_s(11))
    now_held = await moves.find(redis, ANA, now=at_s(11))
    assert (now_held.zone_id, now_held.standing.version) == (EAST, 1)


async def test_a_standing_comes_back_as_it_was_kept(redis):
    standing = a_standing(3, is_available=False, vehicle=Vehicle.FOOT, idle_since=NOON)
    await moves.claim(redis, BETO, WEST, now=NOON)
    held = await moves.find(redis, BETO, now=NOON)

    assert await store.set_standing(redis, BETO, held, standing, now=NOON)

    assert (await moves.find(redis, BETO, now=NOON)).standing == standing


async def test_a_rider_without_a_position_keeps_what_their_uploads_said_about_the_clock(redis):
    receiver = a_receiver(redis)
    await receiver.ingest(ANA, [a_ping(300)], now=NOON)

    held = await moves.find(redis, ANA, now=NOON)

    assert held.track == Track(ahead_ms=(300_000,), paid_until_us=held.track.paid_until_us)
    assert await redis.zscore(keys.seen(held.zone_id), ANA) is None


async def test_a_client_that_decodes_by_itself_works_as_well(redis_url):
    async with connect(redis_url, decode_responses=True) as client:
        receiver = a_receiver(client)
        for seconds, east_m in ((0, -100), (10, 100)):
            await receiver.ingest(ANA, [a_ping(seconds, east_m=east_m)], now=at_s(seconds))

        assert (await moves.find(client, ANA, now=NOON)).zone_id == EAST


async def test_every_key_of_a_zone_carries_its_tag(redis):
    await a_receiver(redis).ingest(ANA, [a_ping(0, east_m=-100)], now=NOON)

    found = await all_keys(redis)

    assert found == sorted(
        [
            f"rider:{ANA}:zone",
            f"{{{WEST}}}:available:motorcycle",
            f"{{{WEST}}}:last",
            f"{{{WEST}}}:seen",
            f"{{{WEST}}}:standing",
            f"{{{WEST}}}:backlog",
            f"{{{WEST}}}:tail:{ANA}",
            f"{{{WEST}}}:unwritten",
        ]
    )

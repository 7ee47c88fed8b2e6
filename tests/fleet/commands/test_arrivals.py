"""A rider seen at a stop can be asked to confirm it: while they stand there, before they said so, never afterwards."""

from datetime import timedelta

import msgspec
from tests.fleet.positions import a_position
from tests.fleet.town import NOON, minutes, seconds

from fleet.commands import truth
from fleet.queries.deliveries import STILL_THERE, list_in_hand

AT_THE_STORE = [a_position(5 * number) for number in range(12)]
A_MINUTE = minutes(1)
GONE = [a_position(60 + 5 * number, north_m=300) for number in range(30)]


async def learn(town, news):
    async with town.database.begin() as tx:
        await truth.learn(tx, news, act=town.by_system())


async def seen(town, rider_id, *, after=A_MINUTE):
    """Where the rider is asked whether they have arrived, by delivery."""
    async with town.database.read() as tx:
        in_hand = await list_in_hand(tx, rider_id, now=NOON + after)
    return [one.seen_at_stop and (one.seen_at_stop.stop, one.seen_at_stop.since) for one in in_hand]


async def told(town):
    rows = await town.rows("SELECT payload FROM events WHERE type LIKE 'delivery.%_stop' ORDER BY position")
    facts = [msgspec.json.decode(row["payload"]) for row in rows]
    return [(fact["type"], fact["stop"], fact.get("left_at")) for fact in facts]


async def at_the_store(town, *, away_m=500):
    ana = await town.rider("Ana")
    (delivery_id,) = await town.carry(ana, await town.order(away_m=away_m))
    return ana, delivery_id


async def test_a_rider_who_stands_at_the_store_is_asked_there_and_not_at_the_door(town):
    ana, _ = await at_the_store(town, away_m=0)  # both in one house

    await learn(town, {ana: AT_THE_STORE})

    assert await seen(town, ana) == [("pickup", NOON)]


async def test_nobody_is_asked_for_what_they_reported(town):
    ana, delivery_id = await at_the_store(town)
    await learn(town, {ana: AT_THE_STORE})
    town.now = NOON + minutes(1)

    await town.report(ana, delivery_id, "arrive_at_pickup")

    assert await seen(town, ana) == [None]


async def test_who_left_is_asked_no_more_and_leaving_is_told_once(town):
    ana, _ = await at_the_store(town)
    await learn(town, {ana: AT_THE_STORE})

    for _ in range(2):
        await learn(town, {ana: GONE})

    assert await seen(town, ana, after=minutes(3)) == [None]
    assert await told(town) == [
        ("delivery.reached_stop", "pickup", None),
        ("delivery.left_stop", "pickup", (NOON + seconds(55)).isoformat().replace("+00:00", "Z")),
    ]


async def test_a_late_batch_about_a_past_visit_asks_nobody_and_says_that_it_is_over(town):
    ana, _ = await at_the_store(town)

    await learn(town, {ana: [*AT_THE_STORE, *GONE]})

    assert await seen(town, ana, after=minutes(4)) == [None]
    ((kind, _, left_at),) = await told(town)
    assert (kind, left_at) == ("delivery.reached_stop", (NOON + seconds(55)).isoformat().replace("+00:00", "Z"))


async def test_the_first_half_of_a_late_batch_asks_nobody_either(town):
    """Because what comes next may say that the rider has long gone."""
    ana, _ = await at_the_store(town)
    await learn(town, {ana: AT_THE_STORE})
    last = seconds(55)

    assert await seen(town, ana, after=last + STILL_THERE - timedelta(milliseconds=1)) == [("pickup", NOON)]
    assert await seen(town, ana, after=last + STILL_THERE) == [None]


async def test_another_rider_s_visit_asks_nobody(town):
    ana, delivery_id = await at_the_store(town)
    beto = await town.rider("Beto")
    await learn(town, {ana: AT_THE_STORE})
    await town.unassign(delivery_id)

    await town.assign(delivery_id, beto)

    assert (await seen(town, ana), await seen(town, beto)) == ([], [None])


async def test_at_the_door_the_rider_is_asked_once_the_food_is_in_hand(town):
    ana, delivery_id = await at_the_store(town)
    await learn(town, {ana: AT_THE_STORE})
    town.now = NOON + minutes(2)
    await town.report(ana, delivery_id, "pick_up")
    before = await seen(town, ana, after=minutes(2))

    await learn(town, {ana: [a_position(300 + 5 * number, north_m=500) for number in range(12)]})

    assert before == [None]
    assert await seen(town, ana, after=minutes(6)) == [("dropoff", NOON + minutes(5))]

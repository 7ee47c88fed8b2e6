import asyncio

import pytest
from tests.fleet.streets import Streets
from tests.fleet.town import SQUARE, minutes, seconds


@pytest.fixture
def streets(town) -> Streets:
    return Streets(town)


async def open_offer(town, rider_id):
    return await town.value("SELECT id FROM offers WHERE rider_id = $1 AND status = 'open'", rider_id)


async def test_the_nearest_rider_is_asked(town, streets):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    streets.put(ana, east_m=3000)
    streets.put(beto, east_m=500)
    order = await town.order(ready_in=3)

    await streets.round()

    assert await open_offer(town, beto) is not None
    assert await open_offer(town, ana) is None
    made = await town.last(order, "offer.made")
    assert (made["cause"], made["rider_id"]) == ("dispatch", beto)
    assert made["pay_minor"] > 700


async def test_nobody_is_sent_to_stand_at_the_store(town, streets):
    streets.put(await town.rider("Ana"), east_m=500)
    order = await town.order(ready_in=15)

    await streets.round()
    assert await town.status(order) == "unassigned"

    town.now += minutes(10)
    await streets.round()
    assert await town.status(order) == "offered"


async def test_who_declined_is_not_asked_again_while_somebody_else_can(town, streets):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    streets.put(ana, east_m=300)
    streets.put(beto, east_m=2000)
    await town.order(ready_in=1)
    await streets.round()

    await town.refuse(ana, await open_offer(town, ana))
    await streets.round()

    assert await open_offer(town, ana) is None
    assert await open_offer(town, beto) is not None


async def test_when_everybody_said_no_the_search_widens_and_asks_again_later(town, streets):
    ana = await town.rider("Ana")
    streets.put(ana, east_m=300)
    order = await town.order(ready_in=1)
    await streets.round()
    await town.refuse(ana, await open_offer(town, ana))

    await streets.round()
    assert await town.value("SELECT ladder_round FROM deliveries WHERE order_id = $1", order) == 2
    await streets.round()
    assert await open_offer(town, ana) is None

    town.now += minutes(2) + seconds(1)
    await streets.round()
    assert await open_offer(town, ana) is not None


async def test_two_orders_of_one_store_go_together_when_one_rider_must_do(town, streets):
    ana = await town.rider("Ana")
    streets.put(ana, east_m=300)
    await town.order(ready_in=2, away_m=1500)
    await town.order(ready_in=3, away_m=1700)

    await streets.round()

    rows = await town.rows("SELECT delivery_id FROM offer_deliveries")
    assert len(rows) == 2


async def test_a_rider_at_the_last_door_is_waited_for_when_nobody_else_is_near(town, streets):
    ana = await town.rider("Ana")
    streets.put(ana, east_m=0)
    first = await town.order(ready_in=1, away_m=3000)
    await town.carry(ana, first)
    second = await town.order(ready_in=2)

    await streets.round()

    assert await town.status(second) == "unassigned"
    decision = (await town.rows("SELECT outcome, why, rider_id FROM dispatch_decisions"))[-1]
    assert tuple(decision) == ("waits", "the best rider is still at another door", ana)


async def test_a_silent_phone_leaves_matching_and_an_unheard_one_starts_from_its_last_door(town, streets):
    ana, beto = await town.rider("Ana"), await town.rider("Beto", on_shift=False)
    await town.start_shift(beto, started_from=SQUARE)
    streets.places[ana] = None
    await town.order(ready_in=1)

    await streets.round()

    assert await open_offer(town, ana) is None
    assert await open_offer(town, beto) is not None


async def test_a_decision_is_kept_once_until_the_answer_changes(town, streets):
    order = await town.order(ready_in=1)

    for _ in range(3):
        await streets.round()
    streets.put(await town.rider("Ana"), east_m=100)
    await streets.round()

    rows = await town.rows("SELECT outcome, why, rule_version, riders_seen FROM dispatch_decisions ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("nobody", "nobody is free soon", "dispatch 0, pay 0", 0),
        ("offered", "the least cost of all pairs", "dispatch 0, pay 0", 1),
    ]
    assert await town.status(order) == "offered"


async def test_rounds_follow_while_somebody_looks_for_a_rider_and_stop_when_nobody_does(town, streets):
    pending = "SELECT min(due_at) FROM timers WHERE kind = 'dispatch.round' AND status = 'pending' AND due_at > $1"
    await town.order(ready_in=1)

    await streets.round()
    assert await town.value(pending, town.now) == town.now + seconds(30)

    streets.put(await town.rider("Ana"), east_m=100)
    town.now += seconds(30)
    await streets.round()
    assert await town.value(pending, town.now) is None
    assert await streets.round() == "nobody looks for a rider"


async def test_two_rounds_at_once_ask_one_rider_once(town, streets):
    streets.put(await town.rider("Ana"), east_m=100)
    await town.order(ready_in=1)
    other = Streets(town)
    other.places = streets.places

    await asyncio.gather(streets.round(), other.round())

    assert await town.value("SELECT count(*) FROM offers") == 1

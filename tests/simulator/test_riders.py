from datetime import datetime, timedelta

import pytest
from tests.simulator.town import DOOR, EVENING, SE, STORE, Town, a_day, minutes

from kernel.geo import between
from simulator.movement import distance_m
from simulator.riders import Rider

OFFER = {
    "offer_id": "off_1",
    "deliveries": [
        {
            "delivery_id": "dlv_1",
            "order_id": "ord_1",
            "pickup": {"lat": STORE.lat, "lon": STORE.lon},
            "dropoff": {"lat": DOOR.lat, "lon": DOOR.lon},
            "ready_by": None,
        }
    ],
}


async def on_shift(*, off_at: datetime = EVENING, order_status: str = "accepted", **manners: int) -> Town:
    answers = {"/v1/rider/offers": (200, {"offers": [OFFER]}), "/v1/orders/ord_1": (200, {"status": order_status})}
    town = Town(a_day(off_at=off_at, **manners), answers)
    rider = Rider(town.scene, town.day.riders[0], rider_id="rdr_ana", caller=town.api.administrator)
    rider.enter()
    await town.stage.play(until=minutes(1))
    town.asked.clear()
    return town


def offer(town: Town) -> None:
    town.air.tell("rdr_ana", "offer.made", offer_id="off_1", order_id="ord_1")


async def test_a_shift_begins_with_a_ping_and_goes_on_with_one_every_half_minute():
    town = await on_shift()

    assert [minute for minute, _ in town.pings] == [0, 0.5, 1]


async def test_a_rider_waits_for_the_food_and_keeps_the_service_times():
    town = await on_shift()
    offer(town)
    await town.stage.play(until=minutes(9))
    town.air.tell("rdr_ana", "order.ready", order_id="ord_1")
    await town.stage.play(until=minutes(30))

    answered = 1 + 4 / 60
    assert town.moves() == [
        (pytest.approx(answered), "accept"),
        (pytest.approx(answered + 1), "arrive-at-pickup"),
        (9, "check-items"),
        (9, "pick-up"),
        (9 + 2 + 2, "arrive-at-dropoff"),
        (9 + 2 + 2 + 2, "deliver"),
    ]
    assert town.asked[-1][2]["code"] == "1234"


async def test_food_that_waits_is_taken_two_minutes_after_arrival():
    town = await on_shift(order_status="ready")
    offer(town)
    await town.stage.play(until=minutes(10))

    at = {move: minute for minute, move in town.moves()}
    assert at["pick-up"] - at["arrive-at-pickup"] == pytest.approx(2)


async def test_pings_follow_the_straight_line():
    town = await on_shift(order_status="ready")
    offer(town)
    await town.stage.play(until=minutes(2))

    minute, place = town.pings[-2]
    assert minute == 1.5
    expected = between(SE, STORE, share=(1.5 - 1 - 4 / 60) / 1)
    assert distance_m(place, expected, centre=SE) < 0.01


async def test_what_cannot_be_picked_up_before_going_home_is_declined():
    town = await on_shift(off_at=minutes(4))  # Answered at 1:04, there at 2:04, served at 4:04.
    offer(town)
    await town.stage.play(until=minutes(3))

    assert town.asked[0][1:] == ("/v1/offers/off_1/decline", {"reason": "shift_ends"})


async def test_who_carries_food_goes_home_afterwards():
    town = await on_shift(off_at=minutes(5), order_status="ready")
    offer(town)
    await town.stage.play(until=minutes(40))

    assert town.moves()[-2][1] == "deliver"
    assert town.moves()[-1][1] == "end"
    assert town.moves()[-1][0] > 5


async def test_an_order_cancelled_on_the_way_lets_the_rider_stand_where_they_are():
    town = await on_shift()
    offer(town)
    await town.stage.play(until=minutes(1.5))
    town.air.tell("rdr_ana", "order.cancelled", order_id="ord_1")
    await town.stage.play(until=minutes(10))

    assert town.moves() == [(pytest.approx(1 + 4 / 60), "accept")]
    assert town.pings[-1][1] == town.pings[3][1]


async def test_some_riders_never_look_at_their_phone():
    town = await on_shift(misses_bp=10_000)
    offer(town)
    await town.stage.play(until=minutes(5))

    assert town.asked == []


async def test_who_was_sent_on_a_break_comes_back():
    town = await on_shift()
    town.air.tell("rdr_ana", "shift.break_started", reason="misses")
    await town.stage.play(until=minutes(5))

    assert town.moves() == [(2.5, "resume")]


async def test_an_offer_for_two_orders_is_answered_once():
    town = await on_shift(declines_bp=10_000)
    offer(town)
    offer(town)
    await town.stage.play(until=minutes(5))

    assert [path for _, path, _ in town.asked] == ["/v1/offers/off_1/decline"]


async def test_a_shift_that_cannot_end_yet_is_ended_later():
    town = await on_shift(off_at=minutes(2))
    town.answers["/v1/rider/shift/end"] = (409, {"type": "/problems/shift.has_deliveries"})
    await town.stage.play(until=minutes(2.25))
    del town.answers["/v1/rider/shift/end"]
    await town.stage.play(until=minutes(4))

    assert [minute for minute, _ in town.moves()] == [2, 2.5]
    assert town.api.refusals == {"shift.has_deliveries": 1}
    assert max(minute for minute, _ in town.pings) <= timedelta(minutes=2.5) / timedelta(minutes=1)

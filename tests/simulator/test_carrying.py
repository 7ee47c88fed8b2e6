from datetime import timedelta

import pytest
from tests.simulator.test_riders import OFFER, offer
from tests.simulator.town import Town, a_day, a_lived_in, minutes

from simulator.days import DoorPlan, Span
from simulator.kitchens import Kitchen
from simulator.riders import Rider

ARRIVED = 1 + 4 / 60 + 1 + 4 + 2  # answered, at the store, served, at the door


async def on_shift(**changes) -> tuple[Town, Rider]:
    answers = {"/v1/rider/offers": (200, {"offers": [OFFER]}), "/v1/orders/ord_1": (200, {"status": "ready"})}
    town = Town(a_lived_in(a_day(), **changes), answers)
    await Kitchen(town.scene, "beto", store_id="sto_beto", caller=town.api.administrator).enter()
    town.air.tell("sto_beto", "ticket.offered", order_id="ord_1", ticket_id="tkt_1")
    rider = Rider(town.scene, town.day.riders[0], rider_id="rdr_ana", caller=town.api.administrator)
    rider.enter()
    await town.stage.play(until=minutes(1))
    town.asked.clear()
    return town, rider


def of_delivery(town: Town) -> list[tuple[float, str]]:
    return [(minute, path.rpartition("/")[2]) for minute, path, _ in town.asked if "/deliveries/" in path]


async def test_a_customer_who_comes_to_the_door_late_costs_that_much():
    town, _ = await on_shift(door=DoorPlan(opens_after=timedelta(minutes=3)))
    offer(town)
    await town.stage.play(until=minutes(20))

    assert of_delivery(town)[-1] == (pytest.approx(ARRIVED + 3 + 2), "deliver")


async def test_what_nobody_takes_goes_back_to_the_store_after_five_minutes_at_the_door():
    town, rider = await on_shift(door=DoorPlan(opens_after=None))
    offer(town)
    await town.stage.play(until=minutes(18))

    turned_back, confirmed = of_delivery(town)[-2:]
    assert turned_back == (pytest.approx(ARRIVED + 5), "turn-back")
    assert confirmed == (pytest.approx(ARRIVED + 5 + 2 + 1.25), "confirm-return")
    assert rider.state == "bringing_back"

    town.air.tell("rdr_ana", "order.returned", order_id="ord_1")

    assert rider.state == "free"


async def test_a_code_that_was_misheard_is_asked_for_again():
    town, _ = await on_shift(door=DoorPlan(is_misheard=True))
    offer(town)
    await town.stage.play(until=minutes(20))

    codes = [body["code"] for _, path, body in town.asked if path.endswith("deliver")]
    assert codes == ["2345", "1234"]


async def test_a_break_is_taken_when_nothing_is_in_hand():
    town, rider = await on_shift(breaks=[Span(from_at=minutes(3), until_at=minutes(13))])
    offer(town)
    await town.stage.play(until=minutes(13))
    rested = [(minute, move) for minute, move in town.moves() if move in {"break", "resume"}]

    assert rested == [(12.5, "break")]  # the door was behind Ana at 12:04; looked at every half minute
    assert rider.state == "resting"

    await town.stage.play(until=minutes(23))

    assert town.moves()[-1] == (22.5, "resume")


async def test_what_the_desk_gives_by_hand_is_carried():
    town, _ = await on_shift()
    town.answers["/v1/rider/deliveries"] = (200, {"deliveries": OFFER["deliveries"]})
    town.air.tell("rdr_ana", "order.rider_assigned", order_id="ord_1", actor_role="operator")
    await town.stage.play(until=minutes(20))

    assert of_delivery(town)[0] == (2, "arrive-at-pickup")
    assert of_delivery(town)[-1][1] == "deliver"

import asyncio
from datetime import timedelta

import pytest
from tests.journeys.books import faults_in_the_books
from tests.journeys.town import ANAS_DOOR, CANTINA, PING_EVERY, Order, Rider, Town, heard

from kernel.geo import Point, haversine_m
from simulator.api import Json

pytestmark = pytest.mark.journey
A_DAY = timedelta(days=1)
TRIES = 40  # to see where Carla is
NEAR_M = 30


@pytest.mark.on_a_cluster_too
async def test_an_evening_goes_well(town, house):
    beto, carla = town.beto, town.carla
    await beto.start_shift()
    await carla.start_shift()
    both = [await town.order(payment="card"), await town.order(payment="cash", item="suco")]

    await the_kitchen_accepts(town, both)
    await beto_declines_and_carla_accepts(town, both)
    await carla_fetches(town, carla, both)
    await carla_delivers(town, carla, both)
    await beto.end_shift()
    await carla.end_shift()
    await nothing_more_for_a_day(town, both)

    await the_money_is_right(town, *both)
    assert [order.desk_heard("delivery.unassigned_alert") for order in both] == [[], []]
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def the_kitchen_accepts(town: Town, both: list[Order]) -> None:
    assert [event["order_id"] for event in heard(town.kitchen_feed, "ticket.offered")] == [order.id for order in both]
    for order in both:
        ticket = await town.answer_ticket(order, "accept", {"prep_minutes": 15})
        assert ticket.json()["status"] == "accepted"
        assert order.heard("order.accepted")


async def beto_declines_and_carla_accepts(town: Town, both: list[Order]) -> None:
    beto, carla = town.beto, town.carla
    await town.pass_time_until(lambda: beto.heard("offer.made"), within=timedelta(minutes=15))
    (offer,) = (await beto.caller.get("/v1/rider/offers"))["offers"]
    assert {delivery["order_id"] for delivery in offer["deliveries"]} == {order.id for order in both}
    assert not carla.heard("offer.made")

    declined = await beto.caller.ask("POST", f"/v1/offers/{offer['offer_id']}/decline", {"reason": "a flat tyre"})
    assert declined.json()["status"] == "declined"
    await town.pass_time_until(lambda: carla.heard("offer.made"), within=timedelta(minutes=2))
    (offer,) = (await carla.caller.get("/v1/rider/offers"))["offers"]
    accepted = await carla.caller.ask("POST", f"/v1/offers/{offer['offer_id']}/accept")
    await town.rest()

    assert accepted.json()["status"] == "accepted"
    assert (await beto.caller.ask("POST", f"/v1/offers/{offer['offer_id']}/accept")).status == 404
    assert [order.heard("order.rider_assigned") != [] for order in both] == [True, True]


async def carla_fetches(town: Town, carla: Rider, both: list[Order]) -> None:
    for order in both:
        await town.answer_ticket(order, "start")
        await town.answer_ticket(order, "ready")
    await carla.ride_to(CANTINA)
    for delivery in await carla.in_hand():
        for step in ("arrive-at-pickup", "check-items"):
            assert (await carla.report(delivery["delivery_id"], step)).json()["applied"]
    await town.pass_time(timedelta(minutes=1))
    assert [order.feed.positions for order in both] == [0, 0]

    for delivery in await carla.in_hand():
        assert (await carla.report(delivery["delivery_id"], "pick-up")).json()["applied"]
    await town.rest()

    assert [await town.status_of(order) for order in both] == ["picked_up", "picked_up"]


async def carla_delivers(town: Town, carla: Rider, both: list[Order]) -> None:
    await both_see_her(town, both, at=CANTINA)
    (first,) = [order for order in both if "within_m" not in order.feed.position]
    before = first.feed.positions
    await carla.ride_to(ANAS_DOOR)
    await both_see_her(town, both, at=ANAS_DOOR)
    assert first.feed.positions >= before + 3  # on her way, too
    for delivery in await carla.in_hand():
        (order,) = [order for order in both if order.id == delivery["order_id"]]
        code = order.answer["dropoff_code"]
        await carla.report(delivery["delivery_id"], "arrive-at-dropoff")
        refused = await carla.report(delivery["delivery_id"], "deliver", code=f"{(int(code) + 1) % 10_000:04}")
        assert (refused.status, refused.code()) == (422, "delivery.wrong_code")
        assert (await carla.report(delivery["delivery_id"], "deliver", code=code)).json()["applied"]
    await town.rest()
    seen = [order.feed.positions for order in both]
    await town.pass_time(timedelta(minutes=2))

    assert [await town.status_of(order) for order in both] == ["delivered", "delivered"]
    assert [order.feed.positions for order in both] == seen  # Where Carla goes next is nobody's business.


async def both_see_her(town: Town, both: list[Order], *, at: Point) -> None:
    """Minutes pass here in the time a position takes to arrive, and who can't keep up is told the latest alone."""
    for _ in range(TRIES):
        if all(is_near(order.feed.position, at) for order in both):
            return
        await asyncio.sleep(0.1)
        await town.pass_time(PING_EVERY)
    pytest.fail(f"seen at {[order.feed.position for order in both]}, not at {at}")


def is_near(position: Json | None, place: Point) -> bool:
    """Whose order is not the next to be brought is told roughly where she is."""
    if position is None:
        return False
    there = Point(lat=position["lat"], lon=position["lon"])
    return haversine_m(there, place) <= position.get("within_m", NEAR_M)


async def nothing_more_for_a_day(town: Town, both: list[Order]) -> None:
    (first, *_) = (order.heard("order.delivered")[0]["occurred_at"] for order in both)
    await town.pass_time(A_DAY - timedelta(minutes=2) - timedelta(seconds=1))
    assert [order.heard("order.completed") for order in both] == [[], []]

    await town.pass_time(timedelta(seconds=1))

    assert [order.heard("order.completed")[0]["occurred_at"][11:] for order in both] == [first[11:]] * 2
    assert [await town.status_of(order) for order in both] == ["completed", "completed"]


async def the_money_is_right(town: Town, by_card: Order, in_cash: Order) -> None:
    assert await town.ledger_of(by_card) == [("authorise", 10_400, "settled"), ("capture", 10_400, "settled")]
    assert await town.ledger_of(in_cash) == [("capture", 2_200, "settled")]
    collected = {delivery["order_id"]: delivery["collect_minor"] for delivery in town.carla.carried}
    assert collected == {by_card.id: 0, in_cash.id: 2_200}

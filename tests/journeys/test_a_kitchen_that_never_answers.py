from datetime import datetime, timedelta

import pytest
from tests.journeys.books import faults_in_the_books
from tests.journeys.town import EVENING, Order, Town, heard

pytestmark = pytest.mark.journey
WINDOW = timedelta(minutes=5)


async def test_a_kitchen_that_never_answers(town, house):
    order = await town.order(payment="card")
    await town.pass_time(WINDOW - timedelta(seconds=1))

    assert [at(event) - EVENING for event in heard(town.kitchen_feed, "ticket.reminded")] == [
        timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=3),
    ]  # fmt: skip
    assert [event["n"] for event in heard(town.kitchen_feed, "ticket.reminded")] == [1, 2, 3]
    assert await calls_of(town) == [("not_accepted", order.id, "Cantina da Praça", EVENING + timedelta(minutes=3))]
    assert await town.status_of(order) == "placed"

    await town.pass_time(timedelta(seconds=1))

    await it_is_over_for_everybody(town, order)
    assert at(order.heard("order.expired")[0]) == EVENING + WINDOW
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def test_a_worker_that_was_away_still_expires_it_to_the_second(town, house):
    order = await town.order(payment="card")
    await town.pass_time(timedelta(seconds=90))
    house.kill("worker-1")
    await town.installation.move(to=EVENING + timedelta(minutes=4))

    house.start("worker-1")
    await town.stage.begin()
    assert len(heard(town.kitchen_feed, "ticket.reminded")) == 3
    await town.pass_time(timedelta(minutes=1))

    await it_is_over_for_everybody(town, order)
    assert at(order.heard("order.expired")[0]) == EVENING + WINDOW
    assert await faults_in_the_books(town) == []


async def test_a_deadline_that_passed_while_no_worker_lived_is_kept_as_soon_as_one_does(town, house):
    order = await town.order(payment="card")
    await town.pass_time(timedelta(minutes=4))
    house.kill("worker-1")
    await town.installation.move(to=EVENING + WINDOW)

    # Nobody noted it yet, and yet it is over: a deadline is an instant, not a deed.
    late = await town.say_to_ticket(order, "accept", {"prep_minutes": 10})
    assert (late.status, late.code()) == (410, "ticket.expired")
    assert await town.status_of(order) == "placed"

    await town.installation.move(to=EVENING + WINDOW + timedelta(minutes=2))
    house.start("worker-1")
    await town.stage.begin()

    await it_is_over_for_everybody(town, order)
    assert await faults_in_the_books(town) == []


async def it_is_over_for_everybody(town: Town, order: Order) -> None:
    (told,) = order.heard("order.expired")
    assert (told["stage"], told["refund_minor"]) == ("cancelled", 10_400)
    assert order.heard("payment.settled")[-1]["kind"] == "void"
    assert await town.ledger_of(order) == [("authorise", 10_400, "settled"), ("void", 10_400, "settled")]
    assert heard(town.kitchen_feed, "order.expired")[0]["order_id"] == order.id
    assert await town.status_of(order) == "expired"
    (delivery_id,) = (event["delivery_id"] for event in order.desk_heard("delivery.opened"))
    assert (await town.operator.get(f"/v1/deliveries/{delivery_id}"))["status"] == "cancelled"

    late = await town.answer_ticket(order, "accept", {"prep_minutes": 10})

    assert (late.status, late.code()) == (410, "ticket.expired")
    assert datetime.fromisoformat(late.json()["facts"]["expired_at"]) == EVENING + WINDOW
    assert await calls_of(town) == []
    assert await town.pending_deadlines() == []


async def calls_of(town: Town) -> list[tuple[str, str, str, datetime]]:
    """Return whom the desk is asked to call, about what, since when."""
    calls = (await town.operator.get("/v1/escalations"))["escalations"]
    return [(each["kind"], each["order_id"], each["store_name"], at(each, "opened_at")) for each in calls]


def at(event: dict, name: str = "occurred_at") -> datetime:
    return datetime.fromisoformat(event[name])

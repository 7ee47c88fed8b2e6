from datetime import datetime, timedelta

import pytest
from tests.journeys.books import faults_in_the_books
from tests.journeys.town import Answer, Json, Order, Town, heard

pytestmark = pytest.mark.journey
SECOND = timedelta(seconds=1)


async def test_before_the_kitchen_accepts_an_order_is_cancelled_at_once(town, house):
    order = await town.order(payment="card")
    await town.pass_time(timedelta(seconds=30))
    quote = await quote_of(town, order)
    assert (quote["outcome"], quote["fee_minor"], quote["refund_minor"]) == ("at_once", 0, 10_400)

    first = await cancel(town, order, quote)
    second = await cancel(town, order, quote)

    assert first.json()["status"] == "executed"
    assert second.json() == first.json()
    (told,) = order.heard("order.cancelled")
    assert (told["by_role"], told["refund_minor"]) == ("customer", 10_400)
    assert await town.ledger_of(order) == [("authorise", 10_400, "settled"), ("void", 10_400, "settled")]
    assert heard(town.kitchen_feed, "ticket.withdrawn")[0]["order_id"] == order.id
    late = await town.answer_ticket(order, "accept", {"prep_minutes": 10})
    assert late.status == 409
    await it_is_closed(town, order)
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def test_silence_for_two_minutes_cancels_with_a_refund_and_frees_the_rider(town, house):
    order = await an_accepted_order(town)
    await town.pass_time_until(lambda: town.beto.heard("offer.made"), within=timedelta(minutes=10))
    (offer,) = (await town.beto.caller.get("/v1/rider/offers"))["offers"]
    assert (await town.beto.caller.ask("POST", f"/v1/offers/{offer['offer_id']}/accept")).is_good
    await town.rest()
    quote = await quote_of(town, order)
    assert (quote["outcome"], quote["refund_minor"]) == ("store_is_asked", 10_400)

    first = await cancel(town, order, quote)
    asked_at = town.stage.now
    second = await cancel(town, order, quote)

    assert (first.json()["status"], second.json()) == ("asked", first.json())
    assert at(first.json()["answer_by"]) == asked_at + timedelta(minutes=2)
    assert heard(town.kitchen_feed, "order.cancellation_asked")[0]["order_id"] == order.id
    assert town.beto.heard("order.cancellation_asked")[0]["order_id"] == order.id
    await town.pass_time(timedelta(minutes=2) - SECOND)
    assert await town.status_of(order) == "accepted"

    await town.pass_time(SECOND)

    (told,) = order.heard("order.cancelled")
    assert at(told["occurred_at"]) == asked_at + timedelta(minutes=2)
    assert (await cancel(town, order, quote)).json()["status"] == "lapsed"
    assert (await town.ledger_of(order))[1:] == [("capture", 10_400, "settled"), ("refund", 10_400, "settled")]
    assert town.beto.heard("delivery.cancelled")[0]["order_id"] == order.id
    assert await town.beto.in_hand() == []
    assert (await town.answer_ticket(order, "cancellation-answer", {"agree": False})).status in {409, 410}
    await it_is_closed(town, order)
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def test_a_kitchen_that_began_refuses_and_the_order_goes_on(town, house):
    order = await an_accepted_order(town)
    quote = await quote_of(town, order)
    asked = await cancel(town, order, quote)
    await town.pass_time(timedelta(minutes=1))

    answered = await town.answer_ticket(order, "cancellation-answer", {"agree": False})
    again = await town.answer_ticket(order, "cancellation-answer", {"agree": False})

    assert answered.json()["status"] == "preparing"
    assert again.json() == answered.json()
    assert order.heard("order.cancellation_refused")[0]["cancellation_id"] == asked.json()["id"]
    await town.pass_time(timedelta(minutes=2))
    assert await town.status_of(order) == "preparing"
    assert (await quote_of(town, order))["outcome"] == "not_possible"
    assert (await cancel(town, order, quote)).json() == asked.json() | {"status": "refused"}
    assert await town.ledger_of(order) == [("authorise", 10_400, "settled"), ("capture", 10_400, "settled")]
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def test_a_kitchen_that_agrees_need_not_cook_it(town, house):
    order = await an_accepted_order(town)
    await cancel(town, order, await quote_of(town, order))

    answered = await town.answer_ticket(order, "cancellation-answer", {"agree": True})

    assert answered.json()["status"] == "withdrawn"
    assert order.heard("order.cancelled")
    assert (await town.ledger_of(order))[-1] == ("refund", 10_400, "settled")
    await it_is_closed(town, order)
    assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def an_accepted_order(town: Town) -> Order:
    await town.beto.start_shift()
    order = await town.order(payment="card")
    assert (await town.answer_ticket(order, "accept", {"prep_minutes": 10})).is_good
    return order


async def quote_of(town: Town, order: Order) -> Json:
    return await town.ana.get(f"/v1/orders/{order.id}/cancellation")


async def cancel(town: Town, order: Order, quote: Json) -> Answer:
    wish = {"version": quote["version"], "reason": "changed my mind"}
    answer = await town.ana.ask("POST", f"/v1/orders/{order.id}/cancellation", wish)
    await town.rest()
    return answer


async def it_is_closed(town: Town, order: Order) -> None:
    assert await town.status_of(order) == "cancelled"
    (delivery_id,) = (event["delivery_id"] for event in order.desk_heard("delivery.opened"))
    assert (await town.operator.get(f"/v1/deliveries/{delivery_id}"))["status"] == "cancelled"
    assert [kind for kind, _ in await town.pending_deadlines() if kind != "dispatch.round"] == []


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)

from tests.merchant.builders import MINUTE, NOON, an_id
from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER

from accounts.model import Caller, Scope
from infra import clock
from kernel.actors import Role

SUPPORTER = Caller(role=Role.OPERATOR, id=an_id("per", 8), scopes=frozenset({Scope.SUPPORT}))


async def escalated(kitchen):
    """An order that rang three times in vain."""
    order_id = await kitchen.order()
    await kitchen.wait(3)
    await kitchen.do(lambda tx: clock.move(tx, to=NOON + 3 * MINUTE, rate=None))
    return order_id, await kitchen.value("SELECT id FROM escalations WHERE order_id = $1", order_id)


async def test_the_desk_sees_the_call_and_accepts_for_the_store(kitchen, tablet):
    order_id, call_id = await escalated(kitchen)
    help_given = {"reached": "Nena", "reason": "muted", "outcome": "accepted_on_behalf", "minutes": 25}

    listed = await tablet.call("GET", "/v1/escalations", SUPPORTER)
    resolved = await tablet.call("POST", f"/v1/escalations/{call_id}/resolve", DISPATCHER, help_given)
    again = await tablet.call("POST", f"/v1/escalations/{call_id}/resolve", DISPATCHER, help_given)

    assert [call["id"] for call in listed.json()["escalations"]] == [call_id]
    assert listed.json()["escalations"][0]["store_phone"] == "+551130001234"
    assert resolved.json()["status"] == "resolved"
    assert again.json() == resolved.json()
    assert await kitchen.order_status(order_id) == "accepted"


async def test_minutes_that_do_not_fit_are_refused(kitchen, tablet):
    _, call_id = await escalated(kitchen)
    help_given = {"reached": "Nena", "reason": "muted", "outcome": "window_extended"}

    answer = await tablet.call("POST", f"/v1/escalations/{call_id}/resolve", DISPATCHER, help_given)

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, "minutes")


async def test_a_kitchen_does_not_see_the_desks_calls(kitchen, tablet):
    _, call_id = await escalated(kitchen)
    help_given = {"reached": "Nena", "reason": "muted", "outcome": "no_help"}

    assert (await tablet.call("GET", "/v1/escalations", kitchen.nena)).status_code == 403
    for caller in (kitchen.nena, ADMINISTRATOR):
        answer = await tablet.call("POST", f"/v1/escalations/{call_id}/resolve", caller, help_given)
        assert answer.status_code == 404

import pytest
from tests.merchant.builders import MINUTE, NOON, an_id
from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER

from accounts.model import Caller
from infra import clock
from kernel.actors import Role
from kernel.ids import StoreId

STRANGER = Caller(role=Role.MERCHANT, id=an_id("per", 9), store_ids=frozenset({StoreId(an_id("sto", 9))}))
RIDER = Caller(role=Role.RIDER, id=an_id("rdr", 9))
CUSTOMER = Caller(role=Role.CUSTOMER, id=an_id("cus"))
BODIES = {
    "accept": {"prep_minutes": 20},
    "reject": {"reason": "closing"},
    "start": None,
    "extend": {"minutes": 5, "reason": "oven full"},
    "ready": None,
    "cancellation-answer": {"agree": True},
    "items-answer": {"resolution": "fixed"},
}


async def path_of(kitchen, order_id, move=""):
    return f"/v1/tickets/{await kitchen.ticket_of(order_id)}{'/' if move else ''}{move}"


async def test_a_tablet_accepts_cooks_and_is_ready(kitchen, tablet):
    order_id = await kitchen.order()

    accepted = await tablet.call("POST", await path_of(kitchen, order_id, "accept"), kitchen.nena, BODIES["accept"])
    assert accepted.status_code == 200
    assert accepted.json()["status"] == "accepted"
    assert accepted.json()["ready_by"] == "2026-03-02T15:20:00Z"
    for move, status in (("start", "preparing"), ("extend", "preparing"), ("ready", "ready")):
        answer = await tablet.call("POST", await path_of(kitchen, order_id, move), kitchen.nena, BODIES[move])
        assert (answer.status_code, answer.json()["status"]) == (200, status)

    shown = (await tablet.call("GET", await path_of(kitchen, order_id), kitchen.nena)).json()
    assert shown["extended_minutes"] == 5
    assert shown["ready_by"] == "2026-03-02T15:25:00Z"


async def test_a_late_accept_is_gone_and_says_since_when(kitchen, tablet):
    order_id = await kitchen.order()
    await kitchen.do(lambda tx: clock.move(tx, to=NOON + 6 * MINUTE, rate=None))

    answer = await tablet.call("POST", await path_of(kitchen, order_id, "accept"), kitchen.nena, BODIES["accept"])

    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/ticket.expired"
    assert answer.json()["facts"]["expired_at"] == "2026-03-02T15:05:00Z"


async def test_a_conflict_tells_the_current_state(kitchen, tablet):
    order_id = await kitchen.accepted(prep_minutes=15)

    answer = await tablet.call("POST", await path_of(kitchen, order_id, "accept"), kitchen.nena, BODIES["accept"])

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/ticket.moved")
    assert answer.json()["facts"]["status"] == "accepted"
    assert answer.json()["facts"]["prep_minutes"] == 15


@pytest.mark.parametrize("move", ["", *BODIES])
@pytest.mark.parametrize(
    "caller", [STRANGER, RIDER, CUSTOMER, ADMINISTRATOR], ids=["another store", "rider", "customer", "administrator"]
)
async def test_whoever_it_does_not_concern_learns_nothing(kitchen, tablet, caller, move):
    order_id = await kitchen.order()
    method = "POST" if move else "GET"

    there = await tablet.call(method, await path_of(kitchen, order_id, move), caller, BODIES.get(move))
    never = await tablet.call(method, f"/v1/tickets/{an_id('tkt', 9)}/{move}", caller, BODIES.get(move))

    assert there.status_code == never.status_code == 404
    assert there.json()["type"] == "/problems/ticket.not_found"
    assert there.json() | {"instance": ""} == never.json() | {"instance": ""}


@pytest.mark.parametrize(
    ("move", "body"),
    [
        ("accept", {"prep_minutes": 0}),
        ("accept", {"prep_minutes": 121}),
        ("accept", {"prep_minutes": 15, "surprise": 1}),
        ("reject", {"reason": "bored"}),
        ("extend", {"minutes": 31, "reason": "oven full"}),
        ("extend", {"minutes": 5, "reason": ""}),
        ("items-answer", {"resolution": "fixed", "note": "x" * 301}),
    ],
)
async def test_a_body_out_of_bounds_is_malformed(kitchen, tablet, move, body):
    order_id = await kitchen.order()

    answer = await tablet.call("POST", await path_of(kitchen, order_id, move), kitchen.nena, body)

    assert answer.status_code == 400
    assert (await kitchen.ticket(order_id))["status"] == "offered"


async def test_items_that_are_not_the_reason_are_refused(kitchen, tablet):
    order_id = await kitchen.order()
    body = {"reason": "too_busy", "item_ids": [kitchen.pizza]}

    answer = await tablet.call("POST", await path_of(kitchen, order_id, "reject"), kitchen.nena, body)

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, "item_ids")


async def test_open_tickets_come_oldest_first_and_all_of_them_newest_first(kitchen, tablet):
    orders = [await kitchen.order() for _ in range(3)]
    ids = [await kitchen.ticket_of(order_id) for order_id in orders]
    path = f"/v1/stores/{kitchen.store_id}/tickets"
    await tablet.call("POST", f"/v1/tickets/{ids[0]}/reject", kitchen.nena, BODIES["reject"])

    first = (await tablet.call("GET", f"{path}?open=true&limit=1", kitchen.nena)).json()
    rest = (await tablet.call("GET", f"{path}?open=true&cursor={first['next_cursor']}", kitchen.nena)).json()
    past = (await tablet.call("GET", f"{path}?limit=2", DISPATCHER)).json()
    older = (await tablet.call("GET", f"{path}?cursor={past['next_cursor']}", DISPATCHER)).json()

    assert [ticket["id"] for ticket in first["tickets"] + rest["tickets"]] == ids[1:]
    assert rest["next_cursor"] is None
    assert [ticket["id"] for ticket in past["tickets"] + older["tickets"]] == ids[::-1]


@pytest.mark.parametrize("caller", [STRANGER, RIDER, CUSTOMER], ids=["another store", "rider", "customer"])
async def test_another_stores_tickets_are_not_listed(kitchen, tablet, caller):
    answer = await tablet.call("GET", f"/v1/stores/{kitchen.store_id}/tickets", caller)

    assert answer.status_code == 404


async def test_a_ticket_says_nothing_of_the_customer(kitchen, tablet):
    order_id = await kitchen.order()

    shown = (await tablet.call("GET", await path_of(kitchen, order_id), kitchen.nena)).text

    for secret in ("Zé", "+5511987654321", "Consolação", "4711", "cus_"):
        assert secret not in shown


async def test_without_a_token_nobody_is_let_in(kitchen, tablet):
    answer = await tablet._http.get(await path_of(kitchen, await kitchen.order()))

    assert answer.status_code == 401

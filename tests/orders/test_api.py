from contextlib import asynccontextmanager

import httpx
import pytest
from tests.apps import SECRET, an_app, settings_of
from tests.orders.builders import A_DELIVERY, ANA, BETO, STORE, a_caller, an_act

from accounts.model import Scope
from accounts.tokens import Tokens
from infra import ids
from kernel.actors import Role
from kernel.ids import CustomerId, OrderId, PersonId, RiderId, StoreId
from orders import commands
from orders.model import RiderComing

OTHER_STORE = ids.new(StoreId, "sto")
OWNERS = {
    "customer": a_caller(),
    "merchant": a_caller(Role.MERCHANT, store_ids=[STORE]),
    "rider": a_caller(Role.RIDER),
    "platform": a_caller(Role.PLATFORM, "ifood"),
    "operator": a_caller(Role.OPERATOR, scopes=[Scope.SUPPORT]),
}
STRANGERS = {
    "customer": a_caller(Role.CUSTOMER, ids.new(CustomerId, "cus")),
    "merchant": a_caller(Role.MERCHANT, ids.new(PersonId, "per"), store_ids=[OTHER_STORE]),
    "rider": a_caller(Role.RIDER, ids.new(RiderId, "rdr")),
    "platform": a_caller(Role.PLATFORM, "rappi"),
}
ROUTES = {
    "read": ("GET", "/v1/orders/{}"),
    "events": ("GET", "/v1/orders/{}/events"),
    "quote": ("GET", "/v1/orders/{}/cancellation"),
    "cancel": ("POST", "/v1/orders/{}/cancellation"),
}
MAY = {
    "read": set(OWNERS),
    "events": {"operator"},
    "quote": {"customer", "platform", "operator"},
    "cancel": {"customer", "platform", "operator"},
}


class Desk:
    """The API of this test's own, called as anybody."""

    def __init__(self, app, house):
        self.app, self.house = app, house
        self.tokens = Tokens(SECRET)

    @asynccontextmanager
    async def as_(self, caller):
        headers = {"authorization": f"Bearer {self.tokens.issue(caller)}"} if caller else {}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://recado", headers=headers) as client:
            yield client

    async def call(self, caller, method, path, **request):
        async with self.as_(caller) as client:
            return await client.request(method, path, **request)

    async def get(self, caller, path):
        return await self.call(caller, "GET", path)

    async def an_order(self, status="accepted", **changes):
        """Write an order of Ana's at STORE that came through a platform and is carried by Beto."""
        changes = {"platform_id": "ifood", "external_id": ids.new(OrderId, "ord"), **changes}
        order_id = await self.house.order(status, **changes)
        if status in {"placed", "accepted", "preparing", "ready"}:
            await self.house.do(
                order_id, commands.assign_rider, rider=RiderComing(rider_id=BETO), delivery_id=A_DELIVERY,
                assignment_no=1, act=an_act(Role.RIDER),
            )  # fmt: skip
        return order_id


@pytest.fixture
async def desk(house, database_url, redis_url):
    settings = settings_of(database_url, redis_url)
    app = an_app(settings)
    async with app.lifespan():
        yield Desk(app, house)


def check(answer, status, code):
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def version_of(desk, caller, order_id):
    return (await desk.get(caller, f"/v1/orders/{order_id}/cancellation")).json()["version"]


@pytest.mark.parametrize("route", ROUTES)
async def test_only_those_whose_order_it_is_and_who_may_are_answered(desk, route):
    method, path = ROUTES[route]
    order_id = await desk.an_order()
    body = {"version": "x", "reason": "y"} if method == "POST" else None

    for role, caller in OWNERS.items():
        answer = await desk.call(caller, method, path.format(order_id), json=body)
        if role not in MAY[route]:
            assert answer.status_code == 404, (role, answer.text)
        elif method == "POST":
            check(answer, 409, "cancellation.quote_changed")
        else:
            assert answer.status_code == 200, (role, answer.text)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("role", STRANGERS)
async def test_to_everybody_else_there_is_no_such_order(desk, route, role):
    method, path = ROUTES[route]
    order_id = await desk.an_order()
    body = {"version": "x", "reason": "y"} if method == "POST" else None

    theirs = await desk.call(STRANGERS[role], method, path.format(order_id), json=body)
    nobodys = await desk.call(STRANGERS[role], method, path.format(ids.new(OrderId, "ord")), json=body)

    assert theirs.status_code == nobodys.status_code == 404
    assert {**theirs.json(), "instance": ""} == {**nobodys.json(), "instance": ""}


@pytest.mark.parametrize("route", ROUTES)
async def test_without_a_token_nobody_is_answered(desk, route):
    method, path = ROUTES[route]

    check(await desk.call(None, method, path.format("ord_x"), json={}), 401, "request.unauthenticated")


async def test_a_rider_whose_order_was_given_to_another_does_not_see_it_any_more(desk):
    order_id = await desk.an_order()
    assert (await desk.get(OWNERS["rider"], f"/v1/orders/{order_id}")).status_code == 200

    await desk.house.do(
        order_id, commands.unassign_rider, delivery_id=A_DELIVERY, assignment_no=1, reason="accident", act=an_act()
    )

    assert (await desk.get(OWNERS["rider"], f"/v1/orders/{order_id}")).status_code == 404


async def test_an_operator_without_the_scope_cannot_cancel(desk):
    order_id = await desk.an_order()
    dispatcher = a_caller(Role.OPERATOR, scopes=[Scope.DISPATCH])

    assert (await desk.get(dispatcher, f"/v1/orders/{order_id}")).status_code == 200
    assert (await desk.get(dispatcher, f"/v1/orders/{order_id}/cancellation")).status_code == 404


@pytest.mark.parametrize(
    ("role", "sees", "does_not_see"),
    [
        ("customer", {"dropoff_code", "customer_phone", "dropoff"}, {"rider_id", "problems"}),
        ("platform", {"external_id", "customer_phone"}, {"rider_id", "problems"}),
        ("rider", {"dropoff", "customer_name", "rider_id"}, {"dropoff_code", "customer_phone", "customer_id"}),
        ("merchant", {"lines", "rider_id"}, {"dropoff", "dropoff_address", "customer_phone", "dropoff_code"}),
        ("operator", {"customer_phone", "dropoff", "rider_id"}, {"dropoff_code"}),
    ],
)
async def test_each_role_sees_its_part(desk, role, sees, does_not_see):
    order_id = await desk.an_order()

    view = (await desk.get(OWNERS[role], f"/v1/orders/{order_id}")).json()

    assert sees <= set(view)
    assert not does_not_see & set(view)


@pytest.mark.parametrize("role", OWNERS)
async def test_a_list_holds_the_callers_own_orders_newest_first(desk, role):
    mine = [await desk.an_order() for _ in range(3)]
    theirs = await desk.house.order(
        "placed", customer_id=ids.new(CustomerId, "cus"), store_id=OTHER_STORE, platform_id="rappi", external_id="1"
    )

    page = (await desk.get(OWNERS[role], "/v1/orders")).json()

    listed = [order["id"] for order in page["orders"]]
    expected = sorted([*mine, *([theirs] if role == "operator" else [])], reverse=True)
    assert listed == expected
    assert page["next_cursor"] is None


async def test_pages_follow_each_other_without_gap_or_repeat(desk):
    ids_ = sorted([await desk.an_order("placed") for _ in range(5)], reverse=True)

    found, cursor = [], ""
    while cursor is not None:
        page = (await desk.get(OWNERS["customer"], f"/v1/orders?limit=2{cursor and f'&cursor={cursor}'}")).json()
        found += [order["id"] for order in page["orders"]]
        cursor = page["next_cursor"]

    assert found == ids_


async def test_a_list_is_narrowed_by_status(desk):
    await desk.an_order("placed")
    ready = await desk.an_order("ready")

    page = (await desk.get(OWNERS["operator"], "/v1/orders?status=ready")).json()

    assert [order["id"] for order in page["orders"]] == [ready]
    check(await desk.get(OWNERS["operator"], "/v1/orders?status=lost"), 400, "request.malformed")


async def test_the_history_is_whole_and_goes_on_from_a_number(desk):
    order_id = await desk.an_order("placed")

    history = (await desk.get(OWNERS["operator"], f"/v1/orders/{order_id}/events")).json()
    later = (await desk.get(OWNERS["operator"], f"/v1/orders/{order_id}/events?after=1&limit=1")).json()

    assert [(fact["seq"], fact["type"]) for fact in history] == [
        (1, "order.received"), (2, "order.placed"), (3, "order.rider_assigned"),
    ]  # fmt: skip
    assert later == history[1:2]
    assert history[0]["payload"]["customer_id"] == ANA


async def test_cancelling_is_asked_for_and_repeated_safely(desk):
    order_id = await desk.an_order("placed")
    path, customer = f"/v1/orders/{order_id}/cancellation", OWNERS["customer"]
    body = {"version": await version_of(desk, customer, order_id), "reason": "too slow"}

    first = await desk.call(customer, "POST", path, json=body)
    again = await desk.call(customer, "POST", path, json=body)

    assert (first.status_code, first.json()["status"]) == (200, "executed")
    assert again.json() == first.json()
    check(await desk.call(OWNERS["operator"], "POST", path, json=body), 409, "cancellation.too_late")


async def test_an_older_version_is_answered_with_the_quote_of_now(desk):
    order_id = await desk.an_order("placed")
    customer = OWNERS["customer"]
    version = await version_of(desk, customer, order_id)
    await desk.house.do(order_id, commands.accept, prep_minutes=5, ready_by=an_act().now, act=an_act())

    answer = await desk.call(
        customer, "POST", f"/v1/orders/{order_id}/cancellation", json={"version": version, "reason": "x"}
    )

    check(answer, 409, "cancellation.quote_changed")
    assert answer.json()["facts"]["quote"]["outcome"] == "store_is_asked"


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "version"), ({"version": "x"}, "reason"), ({"version": "x", "reason": ""}, "reason"),
     ({"version": "x", "reason": "y", "amount": 1}, "amount"), ({"version": 7, "reason": "y"}, "version")],
    ids=["empty", "no-reason", "empty-reason", "unknown", "number"],
)  # fmt: skip
async def test_a_cancellation_that_cannot_be_read_names_the_field(desk, body, field):
    order_id = await desk.an_order("placed")

    answer = await desk.call(OWNERS["customer"], "POST", f"/v1/orders/{order_id}/cancellation", json=body)

    check(answer, 400, "request.malformed")
    assert answer.json()["facts"]["fields"][0]["field"] == field


@pytest.mark.parametrize("odd", ["%00", "%ff", "ord_%00", "ord_" + "x" * 5000, "%F0%9F%8D%95", "'%20OR%201=1"])
@pytest.mark.parametrize("route", ["read", "quote"])
async def test_an_odd_id_is_refused_and_no_bug(desk, odd, route):
    method, path = ROUTES[route]

    answer = await desk.call(OWNERS["operator"], method, path.format(odd))

    assert answer.status_code in {400, 404}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=201", "after=99999999999999999999"])
async def test_an_odd_number_is_refused_and_no_bug(desk, query):
    order_id = await desk.an_order("placed")

    check(await desk.get(OWNERS["operator"], f"/v1/orders/{order_id}/events?{query}"), 400, "request.malformed")


async def test_an_odd_cursor_is_refused_or_finds_nothing(desk):
    for cursor in ("%00", "zzz", "x" * 65):
        answer = await desk.get(OWNERS["customer"], f"/v1/orders?cursor={cursor}")
        assert answer.status_code in {200, 400}, answer.text

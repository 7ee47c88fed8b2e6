"""What the desk reads, on two worlds with orders in every state."""

import pytest

from accounts.model import Scope

PATHS = ("orders", "stuck", "deadlines", "riders")


async def read(house, name, **query):
    world = house.worlds["A"]
    asked = "&".join(f"{key}={value}" for key, value in {"city_id": world.ids["city_id"], **query}.items())
    return await house.must("GET", f"/v1/operations/{name}?{asked}", world.caller("operator", *Scope))


def codes_of(board):
    return {line["order_id"]: [wait["code"] for wait in line["waits"]] for line in board["orders"]}


async def test_every_open_order_is_on_one_line_with_what_it_waits_for(house):
    world = house.worlds["A"]
    orders = {state: told["order_id"] for state, told in world.orders.items()}

    codes = codes_of(await read(house, "orders"))

    assert codes == {
        orders["escalated"]: ["escalated", "waiting_for_store"],
        orders["picked up"]: ["incident", "rider_silent", "rider_to_dropoff"],
        orders["typed"]: ["waiting_for_confirmation"],
        orders["held"]: ["held_for_review"],
        orders["offered"]: ["offered", "in_the_kitchen"],
    }


async def test_the_most_urgent_comes_first_and_pages_follow_one_another(house):
    whole = await read(house, "orders")
    paged, cursor = [], ""
    while cursor is not None:
        page = await read(house, "orders", limit=2, cursor=cursor)
        paged, cursor = paged + page["orders"], page["next_cursor"]

    assert paged == whole["orders"]
    assert [line["urgency"] for line in paged] == ["now", "now", "soon", "soon", "calm"]
    assert whole["counts"] == {"danger": 0, "now": 2, "soon": 2, "calm": 1}


async def test_some_orders_are_read_again_by_their_ids(house):
    a, b = house.worlds["A"], house.worlds["B"]
    asked = [a.ids["order_id"], a.orders["delivered"]["order_id"], b.ids["order_id"], "no such order"]

    board = await read(house, "orders", order_ids=",".join(asked))

    assert [line["order_id"] for line in board["orders"]] == [a.ids["order_id"]]


async def test_what_did_not_change_is_not_sent_again(house):
    world = house.worlds["A"]
    token = house.token(world.caller("operator", *Scope))
    path = f"/v1/operations/orders?city_id={world.ids['city_id']}"
    etag = (await house.call("GET", path, token)).headers["etag"]

    again = await house._http.get(path, headers={"Authorization": f"Bearer {token}", "If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


async def test_what_is_due_is_listed_soonest_first(house):
    due = (await read(house, "deadlines"))["deadlines"]
    page = await read(house, "deadlines", limit=3)
    rest = await read(house, "deadlines", cursor=page["next_cursor"])

    assert [one["kind"] for one in due] == [
        "offer_expires", "ready_by", "confirm_by", "accept_by", "find_rider_by", "review_by", "promised_by",
        "promised_by", "promised_by",
    ]  # fmt: skip
    assert page["deadlines"] + rest["deadlines"] == due
    assert not any(one["is_overdue"] for one in due)


async def test_riders_on_shift_are_shown_with_what_they_do_and_where_they_were(house):
    world = house.worlds["A"]

    riders = {one["rider_id"]: one for one in (await read(house, "riders"))["riders"]}

    rider, helper = riders[world.ids["rider_id"]], riders[world.ids["helper_id"]]
    assert (rider["state"], rider["is_on_break"], rider["order_ids"]) == ("carrying", True, [world.ids["order_id"]])
    assert (helper["state"], helper["offer_id"]) == ("offered", world.ids["helpers_offer_id"])
    assert (rider["position"]["is_stale"], helper["position"]["is_stale"]) == (True, False)


async def test_riders_are_paged(house):
    first = await read(house, "riders", limit=1)
    second = await read(house, "riders", limit=1, cursor=first["next_cursor"])

    assert first["riders"] + second["riders"] == (await read(house, "riders"))["riders"]
    assert second["next_cursor"] is None


async def test_some_riders_are_read_again_by_their_ids(house):
    a, b = house.worlds["A"], house.worlds["B"]
    asked = [a.ids["helper_id"], b.ids["rider_id"], "nobody"]

    found = await read(house, "riders", rider_ids=",".join(asked))

    assert [one["rider_id"] for one in found["riders"]] == [a.ids["helper_id"]]
    assert found["next_cursor"] is None


async def test_nobody_is_suspected_for_nothing_and_only_who_spoke_before_is_silent_for_a_cause(house):
    found = await read(house, "riders")

    assert {one["is_suspected"] for one in found["riders"]} == {False}
    assert {one["silence"] for one in found["riders"]} <= {None, "unknown"}


@pytest.mark.parametrize("name", PATHS)
async def test_a_city_that_is_not_there_has_no_board(house, name):
    token = house.token(house.worlds["A"].caller("operator", *Scope))

    answer = await house.call("GET", f"/v1/operations/{name}?city_id=nowhere", token)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/city.not_found")


@pytest.mark.parametrize(("name", "field"), [("orders", "order_ids"), ("riders", "rider_ids")])
async def test_more_ids_than_one_asks_for_at_once_are_refused(house, name, field):
    world = house.worlds["A"]
    token = house.token(world.caller("operator", *Scope))
    many = ",".join(["x"] * 201)

    answer = await house.call("GET", f"/v1/operations/{name}?city_id={world.ids['city_id']}&{field}={many}", token)

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, field)

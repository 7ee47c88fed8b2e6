"""Who takes care of an order: one operator, whoever asks at the same time."""

import asyncio
from datetime import datetime, timedelta

from tests.contracts.feeds import watching

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import PersonId

CLARA, DIEGO = (
    Caller(role=Role.OPERATOR, id=PersonId(f"per_{n:026}"), scopes=frozenset({Scope.SUPPORT})) for n in (7, 8)
)


def path(house):
    return f"/v1/operations/orders/{house.worlds['A'].orders['held']['order_id']}/owner"


async def take(house, who, instead_of=None, **said):
    return await house.call("POST", path(house), house.token(who), {"instead_of": instead_of} | said)


async def test_of_two_operators_at_once_one_takes_care(fresh_house):
    house = fresh_house

    answers = await asyncio.gather(*(take(house, who) for who in (CLARA, DIEGO)))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    taken = next(answer.json() for answer in answers if answer.status_code == 200)
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert (refused["type"], refused["facts"]["operator_id"]) == ("/problems/owner.changed", taken["operator_id"])
    told = await house.rows("SELECT actor_id FROM events WHERE type = 'order.owner_changed'")
    assert [row["actor_id"] for row in told] == [taken["operator_id"]]


async def test_taking_over_from_whom_one_saw_and_giving_back(fresh_house):
    house = fresh_house
    first = await take(house, CLARA, note="I ring her up")
    assert (await take(house, CLARA, note="again")).json() == first.json()

    assert (await take(house, DIEGO, instead_of=CLARA.id)).json()["operator_id"] == DIEGO.id
    assert (await take(house, CLARA, instead_of=CLARA.id)).status_code == 409
    assert (await house.call("DELETE", path(house), house.token(CLARA))).status_code == 409
    for _ in range(2):
        assert (await house.call("DELETE", path(house), house.token(DIEGO))).status_code == 204
    assert (await take(house, DIEGO, instead_of=CLARA.id)).status_code == 409
    rows = await house.rows("SELECT payload FROM events WHERE type = 'order.owner_changed' ORDER BY position")
    assert len(rows) == 3


async def test_nobody_takes_care_of_what_is_over(fresh_house):
    house = fresh_house
    order_id = house.worlds["A"].orders["delivered"]["order_id"]

    answer = await house.call("POST", f"/v1/operations/orders/{order_id}/owner", house.token(CLARA), {})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/owner.order_over")


async def test_a_held_order_that_nobody_reviews_is_stuck_with_its_owner(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    await take(house, CLARA)
    now = datetime.fromisoformat((await house.must("GET", "/v1/clock", CLARA))["now"])
    await house.must("PUT", "/v1/clock", world.caller("operator", *Scope), {"to": now + timedelta(minutes=10)})

    stuck = await house.must("GET", f"/v1/operations/stuck?city_id={world.ids['city_id']}", CLARA)

    line = next(one for one in stuck["orders"] if one["order_id"] == world.orders["held"]["order_id"])
    assert (line["stuck"]["why"], line["owner"]["operator_id"], line["waits"][0]["code"]) == (
        "not_reviewed", CLARA.id, "stuck",
    )  # fmt: skip


async def test_a_city_s_watcher_is_told_what_changed_and_where_riders_are(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    held = world.orders["held"]["order_id"]
    feed = f"/v1/operations/feed?city_id={world.ids['city_id']}"

    async with watching(house.app, feed, house.token(CLARA)) as watcher:
        snapshot = await watcher.next()
        await take(house, DIEGO)
        changed = await watcher.next()
        now = (await house.must("GET", "/v1/clock", CLARA))["now"]
        ping = {"device_at": now, "lat": world.centre.lat, "lon": world.centre.lon + 0.001, "accuracy_m": 5}
        await house.must("POST", "/v1/rider/positions", world.caller("rider"), ping)
        position = await watcher.next()

    assert held in snapshot["body"]["order_ids"]
    assert snapshot["body"]["order_count"] == len(snapshot["body"]["order_ids"])
    assert snapshot["body"]["rider_ids"] == sorted([world.ids["rider_id"], world.ids["helper_id"]])
    assert changed["event"] == {
        "type": "changed", "order_ids": [held], "rider_ids": [], "gone_order_ids": [], "gone_rider_ids": [],
    }  # fmt: skip
    assert position["position"]["rider_id"] == world.ids["rider_id"]


async def test_who_watches_many_riders_gets_rows(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    feed = f"/v1/operations/feed?city_id={world.ids['city_id']}&positions=rows"

    async with watching(house.app, feed, house.token(CLARA)) as watcher:
        await watcher.next()
        now = datetime.fromisoformat((await house.must("GET", "/v1/clock", CLARA))["now"])
        lat, lon = world.centre.lat, world.centre.lon + 0.001
        ping = {"device_at": now.isoformat(), "lat": lat, "lon": lon, "accuracy_m": 5}
        await house.must("POST", "/v1/rider/positions", world.caller("rider"), ping)
        told = await watcher.next()

    at_ms = round(now.timestamp() * 1000)
    ((*row, stale_at_ms),) = told["positions"]
    assert row == [world.ids["rider_id"], lat, lon, None, at_ms]
    assert stale_at_ms > at_ms


async def test_positions_are_for_those_who_send_riders(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    reader = world.caller("operator", Scope.INTAKE)
    feed = f"/v1/operations/feed?city_id={world.ids['city_id']}"

    async with watching(house.app, feed, house.token(reader)) as watcher:
        await watcher.next()
        now = (await house.must("GET", "/v1/clock", reader))["now"]
        ping = {"device_at": now, "lat": world.centre.lat, "lon": world.centre.lon + 0.001, "accuracy_m": 5}
        await house.must("POST", "/v1/rider/positions", world.caller("rider"), ping)
        await house.must("POST", "/v1/rider/shift/resume", world.caller("rider"))

        assert (await watcher.next())["event"]["rider_ids"] == [world.ids["rider_id"]]

"""Two operators answer for the same order at the same moment, and neither learns what is between customer and rider."""

import asyncio

import pytest

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import PersonId

CLARA, DIEGO = (
    Caller(role=Role.OPERATOR, id=PersonId(f"per_{n:026}"), scopes=frozenset({Scope.INTAKE, Scope.SUPPORT}))
    for n in (7, 8)
)
YES, NO = {"is_placed": True, "reason": "she stands here"}, {"is_placed": False, "reason": "no such street"}


def events_of(house, order_id):
    return house.rows("SELECT type FROM events WHERE stream_id = $1 ORDER BY seq", order_id)


@pytest.mark.parametrize(
    ("state", "route", "answers"),
    [
        ("held", "review", (YES, NO)),
        ("held", "review", (YES, YES)),
        ("typed", "confirmation", ({"is_right": True}, {"is_right": False, "reason": "no"})),
    ],
    ids=["placed and rejected", "placed twice", "right and wrong"],
)
async def test_of_two_answers_at_once_one_counts_and_none_tells_the_code(fresh_house, state, route, answers):
    house, told = fresh_house, fresh_house.worlds["A"].orders[state]
    path = f"/v1/orders/{told['order_id']}/{route}"

    heard = await asyncio.gather(
        *(house.call("POST", path, house.token(who), body) for who, body in zip((CLARA, DIEGO), answers, strict=True))
    )

    assert sorted(one.status_code for one in heard) == [200, 409]
    (taken,) = [one.json() for one in heard if one.status_code == 200]
    assert (taken["order_id"], taken["dropoff_code"]) == (told["order_id"], "")
    assert all(told["dropoff_code"] not in str(one.json().get("facts")) for one in heard)
    types = [row["type"] for row in await events_of(house, told["order_id"])]
    assert types.count("order.placed") + types.count("order.rejected") == 1


async def test_of_two_plans_for_an_incident_at_once_one_stands(fresh_house):
    house, incident_id = fresh_house, fresh_house.worlds["A"].ids["incident_id"]
    plans = ({"plan": "wait", "note": "ten minutes"}, {"plan": "hand_over", "note": "Caio comes"})

    heard = await asyncio.gather(
        *(
            house.call("POST", f"/v1/incidents/{incident_id}/resolve", house.token(who), plan)
            for who, plan in zip((CLARA, DIEGO), plans, strict=True)
        )
    )

    assert sorted(one.status_code for one in heard) == [200, 409]
    taken, refused = sorted((one.json() for one in heard), key=lambda said: "facts" in said)
    assert (refused["type"], refused["facts"]["plan"]) == ("/problems/incident.closed", taken["plan"])


async def test_who_reads_a_held_order_again_sees_the_phone_as_it_was_typed(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]

    held = await house.must("GET", f"/v1/orders/held?city_id={world.ids['city_id']}", CLARA)

    phones = {one["order_id"]: one["customer_phone"] for one in held["orders"]}
    assert phones[world.orders["held"]["order_id"]] == "?"

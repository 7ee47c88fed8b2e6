"""Every route and every feed, as everybody, on one's own objects and on somebody else's: the table is what holds."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import jwt
import pytest
from tests.apps import SECRET
from tests.contracts.feeds import Frames, watching
from tests.contracts.permissions import (
    ANY,
    EVERY,
    NO_SCOPE,
    ROLES,
    TABLE,
    names_an_object,
    path_of,
    routes_of,
)
from tests.contracts.worlds import House, World

from accounts.model import Scope

GUARDED = sorted(route for route, row in TABLE.items() if not row.is_public)
NOT_OURS = (401, 403, 404)
FINGERPRINT = "SELECT '{0}', md5(coalesce(string_agg(row::text, ',' ORDER BY row::text), '')) FROM {0} AS row"
TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"


class Answered(NamedTuple):
    """A status, and for a refusal its document."""

    status: int
    document: Any

    def without(self, ids: Mapping[str, str]) -> str:
        """Return what was said with the names of objects taken out."""
        text = str({**self.document, "instance": ""})
        for one in ids.values():
            text = text.replace(one, "…")
        return text


async def ask(house: House, route: str, token: str | None, ids: dict[str, str], world: World) -> Answered:
    """Call a route, or open its feed and read the first frame."""
    row = TABLE[route]
    method, path = route.partition(" ")[0], path_of(route, ids, row)
    if method == "WS":
        async with watching(house.app, path, token) as frames:
            return await _first(frames)
    body = row.body(world) if row.body else None
    answer = await house.call(method, path, token, body)
    if answer.is_error:
        assert answer.headers["content-type"] == "application/problem+json", (route, answer.text)
    return Answered(answer.status_code, answer.json() if "json" in answer.headers.get("content-type", "") else None)


async def _first(frames: Frames) -> Answered:
    frame = await frames.next()
    if frame["type"] != "error":
        return Answered(200, None)
    problem = frame["problem"]
    assert await frames.closed() == 4500 + problem["status"] - 400
    return Answered(problem["status"], problem)


def nowhere(ids: Mapping[str, str]) -> dict[str, str]:
    """Return ids of the right shape that nothing has."""
    return {name: f"{one[:4]}{'Z' * 26}" for name, one in ids.items()}


def strangers(house: House, route: str) -> Iterator[tuple[str, str]]:
    """Return a token of everybody the route is closed to, in the first world."""
    row, world = TABLE[route], house.worlds["A"]
    for role in ROLES:
        if row.reach(role) is None:
            yield role, house.token(world.caller(role))
    if NO_SCOPE not in row.operator:
        yield "operator without a scope", house.token(world.caller("operator"))
        scopes = [scope for scope in Scope if scope not in row.operator]
        yield f"operator with {scopes}", house.token(world.caller("operator", *scopes))


async def state_of(house: House) -> dict[str, str]:
    """Return a fingerprint of every table."""
    prints = [FINGERPRINT.format(row[0]) for row in await house.rows(TABLES)]
    return {row[0]: row[1] for row in await house.rows(" UNION ALL ".join(prints))}


async def test_every_route_is_in_the_table(house):
    routes = set(routes_of(house.app))

    assert (routes - set(TABLE), set(TABLE) - routes) == (set(), set()), "not in the table; not in the application"


@pytest.mark.parametrize("route", GUARDED)
async def test_whom_a_route_is_closed_to_learns_nothing_and_changes_nothing(house, route):
    before, expected = await state_of(house), 404 if names_an_object(route) else 403
    a, b = house.worlds["A"], house.worlds["B"]

    for name, token in strangers(house, route):
        heard = {
            whose: await ask(house, route, token, ids, a)
            for whose, ids in (("own", a.ids), ("other", b.ids), ("nothing", nowhere(a.ids)))
        }
        assert {whose: answer.status for whose, answer in heard.items()} == dict.fromkeys(heard, expected), name
        assert heard["own"].without(a.ids) == heard["other"].without(b.ids), name
        assert heard["own"].without(a.ids) == heard["nothing"].without(nowhere(a.ids)), name

    assert await state_of(house) == before


@pytest.mark.parametrize("route", [route for route in GUARDED if names_an_object(route)])
async def test_somebody_else_s_object_is_as_if_it_were_not_there(house, route):
    before, row = await state_of(house), TABLE[route]
    a, b = house.worlds["A"], house.worlds["B"]

    for role in ROLES:
        if row.reach(role) == "own":
            token = house.token(a.caller(role))
            other, nothing = [await ask(house, route, token, ids, a) for ids in (b.ids, nowhere(b.ids))]
            assert (other.status, nothing.status) == (404, 404), role
            assert other.without(b.ids) == nothing.without(nowhere(b.ids)), role

    assert await state_of(house) == before


@pytest.mark.parametrize("route", GUARDED)
async def test_without_a_valid_token_there_is_no_answer(house, route):
    before, world = await state_of(house), house.worlds["A"]
    everybody = [world.caller(role) for role in ROLES] + [world.caller("operator", *Scope)]
    valid = house.token(everybody[-1])
    claims = jwt.decode(valid, options={"verify_signature": False})
    tokens = {
        "nobody": None,
        "no token": "",
        "signed by somebody else": jwt.encode(claims, "another secret, long enough for a test", algorithm="HS256"),
        "not signed": jwt.encode(claims, None, algorithm="none"),
        "another algorithm": jwt.encode(claims, SECRET, algorithm="HS512"),
        "a role that never calls": jwt.encode(claims | {"role": "system"}, SECRET, algorithm="HS256"),
        "a role that is not there": jwt.encode(claims | {"role": "root"}, SECRET, algorithm="HS256"),
        "somebody else's issuer": jwt.encode(claims | {"iss": "elsewhere"}, SECRET, algorithm="HS256"),
        "one letter changed": valid[:-10] + ("A" if valid[-10] != "A" else "B") + valid[-9:],
    } | {f"over: {caller.role}": house.token(caller, lifetime=timedelta(seconds=-1)) for caller in everybody}

    heard = {name: (await ask(house, route, token, world.ids, world)).status for name, token in tokens.items()}

    assert heard == dict.fromkeys(tokens, 401)
    assert await state_of(house) == before


@pytest.mark.parametrize("route", sorted(set(TABLE) - set(GUARDED)))
async def test_a_public_route_asks_nobody(house, route):
    world = house.worlds["A"]

    assert (await ask(house, route, None, world.ids, world)).status in TABLE[route].answers


async def test_everybody_may_do_what_the_table_grants(fresh_house):
    """Reads first, then writes: what is answered may be a conflict by then, never that one may not."""
    house = fresh_house
    refused = {}
    for route in sorted(GUARDED, key=lambda route: not route.startswith(("GET", "WS"))):
        for name, token, world in granted(house, route):
            status = (await ask(house, route, token, world.ids, world)).status
            if status in NOT_OURS or status >= 500 or status == 400:
                refused[f"{route} as {name}"] = status

    assert refused == {}


def granted(house: House, route: str) -> Iterator[tuple[str, str, World]]:
    """Return a token of everybody the route is open to, and whose objects it is to be tried on."""
    row = TABLE[route]
    a, b = house.worlds["A"], house.worlds["B"]
    for role in ROLES:
        if row.reach(role) is not None:
            yield role, house.token(a.caller(role)), a
        if row.reach(role) == ANY:
            yield f"{role} on another's", house.token(a.caller(role)), b
    if row.operator == EVERY:
        yield "operator without a scope", house.token(a.caller("operator")), a
    for scope in Scope:
        if scope in row.operator:
            yield f"operator of {scope}", house.token(a.caller("operator", scope)), a
            yield f"operator of {scope} on another's", house.token(a.caller("operator", scope)), b


async def test_two_worlds_objects_never_mix_in_one_path(house):
    a, b = house.worlds["A"], house.worlds["B"]
    before = await state_of(house)
    mixed = a.ids | {"item_id": b.ids["item_id"]}

    answer = await ask(
        house, "PATCH /v1/stores/{store_id}/items/{item_id}", house.token(a.caller("merchant")), mixed, a
    )

    assert answer.status == 404
    assert await state_of(house) == before


async def test_a_helper_is_no_more_than_a_stranger_to_the_rider_s_delivery(house):
    world = house.worlds["A"]
    token = house.token(world.caller("helper"))

    for route in GUARDED:
        if "{delivery_id}" in route or "{offer_id}" in route or "{order_id}" in route:
            assert (await ask(house, route, token, world.ids, world)).status == 404, route


async def test_of_many_at_once_nobody_is_taken_for_another(house):
    """Because verified tokens are remembered."""
    worlds = list(house.worlds.values())
    tokens = [house.token(world.caller("customer")) for world in worlds]
    route = "GET /v1/orders/{order_id}"

    answers = await asyncio.gather(
        *(ask(house, route, tokens[n % 2], worlds[n // 2 % 2].ids, worlds[0]) for n in range(40))
    )

    assert [answer.status for answer in answers] == [200, 404, 404, 200] * 10

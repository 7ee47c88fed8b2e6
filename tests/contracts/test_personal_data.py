"""Who reads what of a person, in every answer and every feed: one table, as the contract of behaviour grants it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
from tests.contracts.feeds import watching
from tests.contracts.permissions import ROLES, TABLE, path_of
from tests.contracts.worlds import House, World, texts_of

from accounts.model import Scope

ROLES_THAT_READ = (*ROLES, "helper", "operator")
READS = sorted(route for route in TABLE if route.startswith("GET /v1/"))
FEEDS = sorted(route for route in TABLE if route.startswith("WS "))
ALL_OF_CUSTOMER = frozenset({"customer's name", "customer's phone", "address", "note", "code"})
AT_THE_DOOR = frozenset({"customer's name", "address", "note"})
# fmt: off
MAY_READ = {  # while an order is on its way; the rider's phone is the desk's alone, phones are masked between parties
    "customer": ALL_OF_CUSTOMER,
    "platform": ALL_OF_CUSTOMER,
    "merchant": frozenset({"store's phone"}),
    "manager":  frozenset({"store's phone"}),
    "follower": frozenset({"code"}),              # who waits at the door says it there; a link names nobody
    "rider":    AT_THE_DOOR,
    "helper":   frozenset(),                      # who is only asked sees where it goes, and nobody's name
    "operator": (ALL_OF_CUSTOMER - {"code"}) | {"rider's name", "rider's phone", "store's phone"},
}
# fmt: on


def markers(world: World) -> dict[str, str]:
    """Return what each piece of a person's data looks like in this world; codes are looked for apart."""
    return {
        "customer's name": world.customers_name,
        "customer's phone": world.phone,
        "address": world.address,
        "note": world.note,
        "rider's name": f"Beto Pessoa {world.name}",
        "rider's phone": world.riders_phone,
        "store's phone": world.stores_phone,
    }


def found_in(document: Any, world: World) -> set[str]:
    """Return which pieces of this world's people's data a document holds."""
    texts = texts_of(document)
    found = {name for name, mark in markers(world).items() if any(mark in text for text in texts)}
    codes = {told["dropoff_code"] for told in world.orders.values()}
    has_code = any(text in codes or re.search(rf"\b({'|'.join(codes)})\b", _wordy(text)) for text in texts)
    return found | ({"code"} if has_code else set())


def _wordy(text: str) -> str:
    """Return a text people wrote; instants and ids have digits of their own."""
    return "" if re.match(r"^\d{4}-\d\d-\d\dT|^[a-z]{3}_", text) else text


@dataclass(frozen=True)
class Heard:
    """One answer or frame."""

    source: str
    document: Any


async def answers_to(house: House, role: str) -> list[Heard]:
    """Return every answer to a read and every frame of a feed, from its first number on, that this role gets."""
    world = house.worlds["A"]
    token = house.token(world.caller(role, *(Scope if role == "operator" else ())))
    heard = []
    for route in READS:
        for ids in objects_of(world):
            path = path_of(route, ids, TABLE[route])
            answer = await house.call("GET", path, token)
            heard += [Heard(path, document) for document in documents_in(answer)]
    for route in FEEDS:
        for ids in objects_of(world):
            heard += [Heard(route, frame) for frame in await frames_of(house, path_of(route, ids, TABLE[route]), token)]
    return heard


def documents_in(answer: httpx.Response) -> list[Any]:
    """Return the one document of an answer, or those of a stream of events."""
    if not answer.headers["content-type"].startswith("text/event-stream"):
        return [answer.json()]
    lines = answer.text.splitlines()
    return [msgspec.json.decode(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def objects_of(world: World) -> Iterator[dict[str, str]]:
    """Return the ids of each order of the world that is on its way, in review or waiting for an answer."""
    yield world.ids
    for state in ("escalated", "held", "typed", "offered"):
        yield world.ids | {"order_id": world.orders[state]["order_id"]}
    yield world.ids | {"delivery_id": world.ids["offered_delivery_id"], "offer_id": world.ids["helpers_offer_id"]}


async def frames_of(house: House, path: str, token: str) -> list[Any]:
    """Return a snapshot, or the refusal; then every event there is."""
    async with watching(house.app, path, token) as watcher:
        frames = [await watcher.next()]
    if frames[0]["type"] == "snapshot":
        async with watching(house.app, f"{path}{'&' if '?' in path else '?'}after=0", token) as watcher:
            frames.append(await watcher.next())
            frames += [await watcher.next() for _ in range(frames[0]["seq"])]
    return frames


@pytest.fixture(scope="module")
def heard_by(house):
    """What a role is told, asked for once."""
    kept: dict[str, list[Heard]] = {}

    async def listen(role: str) -> list[Heard]:
        if role not in kept:
            kept[role] = await answers_to(house, role)
        return kept[role]

    return listen


@pytest.mark.parametrize("role", ROLES_THAT_READ)
async def test_a_role_reads_of_people_what_it_needs_and_no_more(house, heard_by, role):
    world = house.worlds["A"]

    seen = {one.source: found_in(one.document, world) for one in await heard_by(role)}

    assert {source: more for source, them in seen.items() if (more := them - MAY_READ[role])} == {}
    assert set().union(*seen.values()) == MAY_READ[role]


@pytest.mark.parametrize("role", [role for role in ROLES_THAT_READ if role != "operator"])
async def test_nobody_reads_anything_of_another_world(house, heard_by, role):
    other = house.worlds["B"]

    for one in await heard_by(role):
        text = str(one.document)
        assert {name for name, found in other.private_ids.items() if found in text} == set(), one.source
        assert found_in(one.document, other) == set(), one.source


@pytest.mark.parametrize("role", ["customer", "merchant", "rider", "platform"])
@pytest.mark.parametrize(
    "route", ["/v1/orders", "/v1/stores/{store_id}/tickets", "/v1/stores/{store_id}/tickets?open=true"]
)
async def test_a_cursor_of_another_world_opens_no_door(house, role, route):
    world, other = house.worlds["A"], house.worlds["B"]
    path = route.format(**world.ids)
    for cursor in (*other.private_ids.values(), "", "zzzz", "' OR true --"):
        word = "&" if "?" in path else "?"
        answer = await house.call("GET", f"{path}{word}cursor={cursor}", house.token(world.caller(role)))

        assert [found for found in other.private_ids.values() if found in answer.text] == []


async def test_what_a_rider_carried_is_no_door_they_know_any_more(house):
    world = house.worlds["A"]
    ids = {"order_id": world.orders["delivered"]["order_id"], "delivery_id": world.ids["delivered_delivery_id"]}
    token = house.token(world.caller("rider"))

    for path in ("/v1/orders/{order_id}", "/v1/deliveries/{delivery_id}"):
        answer = await house.call("GET", path.format(**ids), token)

        assert answer.status_code == 200
        assert found_in(answer.json(), world) == set()


async def test_no_fact_holds_a_person_s_data(house):
    """Because facts go to feeds, consumers and backups; whoever needs a name asks for the order."""
    rows = await house.rows("SELECT type, payload::text AS payload FROM events")

    for row in rows:
        for world in house.worlds.values():
            assert found_in(msgspec.json.decode(row["payload"]), world) == set(), row["type"]
    assert len({row["type"] for row in rows}) > 20


async def test_a_customer_s_order_for_somebody_else_is_their_own(house):
    """Because who orders is said by the token, never by the body."""
    a, b = house.worlds["A"], house.worlds["B"]
    orders = {name: (await house.must("GET", "/v1/orders", world.caller("customer")))["orders"]
              for name, world in house.worlds.items()}  # fmt: skip

    assert {order["customer_id"] for order in orders["A"]} == {a.customer}
    assert {order["customer_id"] for order in orders["B"]} == {b.customer}

"""On every route that names an object, another person's object and no object are the same: 404."""

import re
from typing import Any

import httpx
import msgspec
import pytest
from tests.apps import NOWHERE, SECRET, an_app, settings_of
from tests.intake.counter import NOON, Counter

from accounts.model import Caller
from accounts.tokens import Tokens
from infra import ids
from infra.db import Database
from kernel.actors import Role
from kernel.ids import CustomerId, OfferId, PersonId, RiderId, StoreId
from recado.samples import sample

STRANGERS = {
    "customer": Caller(role=Role.CUSTOMER, id=ids.new(CustomerId, "cus")),
    "merchant": Caller(role=Role.MERCHANT, id=ids.new(PersonId, "per"), store_ids=frozenset({ids.new(StoreId, "sto")})),
    "rider": Caller(role=Role.RIDER, id=ids.new(RiderId, "rdr")),
    "platform": Caller(role=Role.PLATFORM, id="another"),
}
# What anybody may read: where to order, and what.
PUBLIC = {("GET", "/v1/stores/{store_id}"), ("GET", "/v1/stores/{store_id}/menu")}
_APP = an_app(NOWHERE)


def object_routes() -> dict[tuple[str, str], Any]:
    """Return the body type, or None, of every method of every route that names an object."""
    found = {}
    for route in _APP.routes:
        path = re.sub(r":\w+\}", "}", route.path_format if hasattr(route, "path_format") else route.path)
        for handler in getattr(route, "route_handlers", ()):
            if "{" in path and path.startswith("/v1/") and "{token}" not in path:  # which says itself who calls
                data = handler.parsed_fn_signature.parameters.get("data")
                for method in set(handler.http_methods) - {"OPTIONS"}:
                    found[str(method), path] = data and data.annotation
    return found


ROUTES = object_routes()


def written(body):
    """Return a body that can be read; what is all optional is left empty."""
    try:
        return msgspec.json.encode(sample(body))
    except msgspec.ValidationError:
        return b"{}"


@pytest.fixture
async def objects(database_url) -> dict[str, str]:
    """One of everything, all of it Ana's, of one store and one rider: by the name a path gives it."""
    async with Database.connect(database_url, pool_size=2) as database:
        counter = await Counter(database).open()
        order_id = await counter.receive()
        rider_id, offer_id = ids.new(RiderId, "rdr"), ids.new(OfferId, "off")
        async with database.begin() as tx:
            ticket_id = await tx.fetchval("SELECT id FROM tickets")
            delivery_id = await tx.fetchval("SELECT id FROM deliveries")
            await tx.execute(
                """INSERT INTO riders (id, city_id, name, phone, vehicle, capacity, created_at)
                   SELECT $1, city_id, 'Beto', '', 'bicycle', 2, $2 FROM deliveries""",
                rider_id, NOON,
            )  # fmt: skip
            await tx.execute(
                """INSERT INTO offers (id, city_id, rider_id, status, is_by_hand, made_at, expires_at, stops,
                                       distance_m, pay_minor, currency)
                   SELECT $1, city_id, $2, 'open', false, $3, $3, '[]', 1, 1, 'BRL' FROM deliveries""",
                offer_id, rider_id, NOON,
            )  # fmt: skip
            escalation_id, device_id, share_id = ids.new(str, "esc"), ids.new(str, "dev"), ids.new(str, "shr")
            incident_id = ids.new(str, "inc")
    return {
        "order_id": order_id, "ticket_id": ticket_id, "delivery_id": delivery_id, "rider_id": rider_id,
        "offer_id": offer_id, "store_id": counter.store_id, "item_id": counter.pastel, "escalation_id": escalation_id,
        "name": "acceptance", "device_id": device_id, "share_id": share_id, "incident_id": incident_id,
        "phone_id": ids.new(str, "phn"),
        "merchant_id": ids.new(str, "mer"), "zone_id": ids.new(str, "zon"),
    }  # fmt: skip


@pytest.fixture
async def call(objects, database_url, redis_url):
    """Call a route about these objects as somebody."""
    app = an_app(settings_of(database_url, redis_url))
    tokens = Tokens(SECRET)

    async with app.lifespan(), httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://recado"
    ) as client:  # fmt: skip

        async def ask(route, caller):
            method, path = route
            body = ROUTES[route]
            headers = {"Idempotency-Key": "k"} | ({"authorization": f"Bearer {tokens.issue(caller)}"} if caller else {})
            content = written(body) if body else None
            return await client.request(method, path.format(**objects), content=content, headers=headers)

        yield ask


def test_there_are_routes_to_look_at():
    assert len(ROUTES) > 30


async def test_without_a_token_nobody_is_let_in_anywhere(call):
    let_in = {route: answer.status_code for route in ROUTES if (answer := await call(route, None)).status_code != 401}

    assert let_in == {}


@pytest.mark.parametrize("role", STRANGERS)
async def test_to_a_stranger_there_is_no_such_thing_on_any_route(call, role):
    seen = {
        route: (answer.status_code, answer.text[:300])
        for route in sorted(ROUTES.keys() - PUBLIC)
        if (answer := await call(route, STRANGERS[role])).status_code != 404
    }

    assert seen == {}

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import Scope as ConnectionScope
from redis.asyncio import Redis
from tests.fleet.pings import ANA, BETO, CENTRE, NOON, NOON_MS, TwoZones
from tests.fleet.roster import a_receiver, a_registered_rider

from accounts.guards import caller_of
from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from fleet.api.positions import ROUTES
from infra import problems
from infra.db import Begin, Database, Tx
from infra.redis import connect
from kernel.actors import Role

pytestmark = pytest.mark.on_a_cluster_too


TOKENS = Tokens("a secret of thirty-two characters")
RIDER = Caller(role=Role.RIDER, id=ANA)
DESK = Caller(role=Role.OPERATOR, id="per_1", scopes=frozenset([Scope.DISPATCH]))


@asynccontextmanager
async def nobody_known() -> AsyncIterator[Tx]:
    raise AssertionError("asked PostgreSQL")
    yield


def an_app(redis: Redis, begin: Begin = nobody_known) -> Litestar:
    def given(value: object) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    def provide_caller(scope: ConnectionScope, state: State) -> Caller:
        return caller_of(scope, state.tokens)

    return Litestar(
        ROUTES,
        state=State({"tokens": TOKENS}),
        dependencies={
            "receiver": given(a_receiver(redis)),
            "zones": given(TwoZones()),
            "redis": given(redis),
            "begin": given(begin),
            "now": given(NOON),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        exception_handlers=problems.HANDLERS,
        logging_config=None,
    )


def a_client(app: Litestar) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado")


@pytest.fixture
async def client(redis):
    async with a_client(an_app(redis)) as client:
        yield client


@pytest.fixture
async def desk(redis, database_url):
    async with Database.connect(database_url, pool_size=1) as database, a_client(an_app(redis, database.begin)) as desk:
        yield desk


def as_(caller):
    return {"Authorization": f"Bearer {TOKENS.issue(caller)}"}


def a_body(**overrides: object):
    return {"device_at": NOON_MS, "lat": CENTRE.lat, "lon": CENTRE.lon - 0.001, "accuracy_m": 5, **overrides}


async def test_a_rider_posts_one_ping(client):
    answer = await client.post("/v1/rider/positions", json=a_body(), headers=as_(RIDER))

    assert (answer.status_code, answer.json()) == (
        200,
        [{"device_at": NOON_MS, "verdict": "accepted", "reason": None, "field": None}],
    )


async def test_a_bad_ping_does_not_spoil_the_good_ones(client):
    pings = [a_body(), a_body(lat=123), a_body(device_at="2026-03-14T14:59:00Z"), a_body()]

    answer = await client.post("/v1/rider/positions", json={"positions": pings}, headers=as_(RIDER))

    assert [one["verdict"] for one in answer.json()] == ["accepted", "invalid", "accepted", "duplicate"]
    assert answer.json()[1]["field"] == "lat"
    assert answer.json()[2]["device_at"] == "2026-03-14T14:59:00Z"


@pytest.mark.parametrize("caller", [DESK, Caller(role=Role.CUSTOMER, id="cus_1")], ids=lambda caller: caller.role)
async def test_only_riders_post_positions(client, caller):
    answer = await client.post("/v1/rider/positions", json=a_body(), headers=as_(caller))

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/request.forbidden")


async def test_a_rider_nobody_knows_is_told_so(client):
    stranger = Caller(role=Role.RIDER, id=BETO)

    answer = await client.post("/v1/rider/positions", json=a_body(), headers=as_(stranger))

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/rider.not_found")


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 422), (b'{"positions": 7}', 422), (b'{"positions": []}', 200)], ids=str
)
async def test_a_body_of_another_shape_is_refused(client, body, status):
    answer = await client.post("/v1/rider/positions", content=body, headers=as_(RIDER))

    assert answer.status_code == status


async def test_nothing_is_acknowledged_while_the_store_is_away():
    async with Redis(host="127.0.0.1", port=1, retry=None) as away, a_client(an_app(away)) as client:
        answer = await client.post("/v1/rider/positions", json=a_body(), headers=as_(RIDER))

    assert answer.status_code == 503
    assert "retry-after" in answer.headers


async def test_the_desk_sees_who_is_near(client):
    await client.post("/v1/rider/positions", json=a_body(), headers=as_(RIDER))
    near = {"lat": CENTRE.lat, "lon": CENTRE.lon, "n": 3}

    answer = await client.get("/v1/riders/nearest", params=near, headers=as_(DESK))
    others = await client.get("/v1/riders/nearest", params={**near, "vehicle": "foot"}, headers=as_(DESK))

    assert [rider["rider_id"] for rider in answer.json()] == [ANA]
    assert answer.json()[0]["distance_m"] == pytest.approx(102.1, abs=0.2)
    assert others.json() == []


@pytest.mark.parametrize(
    "query", [{}, {"lat": 91, "lon": 0}, {"lat": "nan", "lon": 0}, {"lat": 0, "lon": 0, "n": 0}], ids=str
)
async def test_a_search_needs_a_place_on_earth(client, query):
    answer = await client.get("/v1/riders/nearest", params=query, headers=as_(DESK))

    assert answer.status_code == 400


async def test_the_desk_sees_the_last_hour_of_a_rider(desk):
    pings = [a_body(device_at=NOON_MS - minutes * 60_000) for minutes in (90, 30, 0)]
    await desk.post("/v1/rider/positions", json={"positions": pings}, headers=as_(RIDER))

    hour = await desk.get(f"/v1/riders/{ANA}/trail", headers=as_(DESK))
    whole = await desk.get(f"/v1/riders/{ANA}/trail", params={"since": "2026-03-14T13:00:00Z"}, headers=as_(DESK))

    assert [point["device_at"] for point in hour.json()["points"]] == ["2026-03-14T14:30:00Z", "2026-03-14T15:00:00Z"]
    assert len(whole.json()["points"]) == 3
    assert whole.json()["next_since"] is None


async def test_a_trail_longer_than_a_page_says_where_it_goes_on(desk, monkeypatch):
    monkeypatch.setattr("fleet.queries.trails.PAGE", 2)
    pings = [a_body(device_at=NOON_MS - seconds * 1000) for seconds in range(3)]
    await desk.post("/v1/rider/positions", json={"positions": pings}, headers=as_(RIDER))

    first = (await desk.get(f"/v1/riders/{ANA}/trail", headers=as_(DESK))).json()
    rest = await desk.get(f"/v1/riders/{ANA}/trail", params={"since": first["next_since"]}, headers=as_(DESK))

    assert len(first["points"]) == 2
    assert datetime.fromisoformat(first["next_since"]) == NOON
    assert len(rest.json()["points"]) == 1


@pytest.mark.parametrize("since", ["2026-03-14T13:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday"])
async def test_a_strange_since_is_no_fault_of_ours(client, since):
    await client.post("/v1/rider/positions", json=a_body(), headers=as_(RIDER))

    answer = await client.get(f"/v1/riders/{ANA}/trail", params={"since": since}, headers=as_(DESK))

    assert answer.status_code in (200, 400, 422)


@pytest.mark.parametrize("caller", [RIDER, Caller(role=Role.MERCHANT, id="per_2")], ids=lambda caller: caller.role)
async def test_nobody_but_the_desk_sees_a_trail(client, caller):
    await client.post("/v1/rider/positions", json=a_body(), headers=as_(RIDER))

    answer = await client.get(f"/v1/riders/{ANA}/trail", headers=as_(caller))

    assert answer.status_code == 404


async def test_a_rider_who_never_sent_a_ping_has_an_empty_trail_and_a_stranger_none(redis, database_url):
    async with (
        Database.connect(database_url, pool_size=1) as database,
        a_client(an_app(redis, database.begin)) as client,
    ):
        rider_id = await a_registered_rider(database)

        known = await client.get(f"/v1/riders/{rider_id}/trail", headers=as_(DESK))
        stranger = await client.get(f"/v1/riders/{BETO}/trail", headers=as_(DESK))

    assert (known.status_code, known.json()["points"]) == (200, [])
    assert (stranger.status_code, stranger.json()["type"]) == (404, "/problems/rider.not_found")


def test_the_document_says_what_may_be_posted(redis_url):
    paths = an_app(connect(redis_url)).openapi_schema.to_schema()["paths"]

    body = paths["/v1/rider/positions"]["post"]["requestBody"]
    one, many = body["content"]["application/json"]["schema"]["oneOf"]
    assert one["required"] == ["device_at", "lat", "lon", "accuracy_m"]
    assert many["properties"]["positions"]["maxItems"] == 500

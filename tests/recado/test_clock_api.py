from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.apps import SECRET, an_app, settings_of

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from infra import clock, timers
from infra.db import Database
from kernel.actors import Role

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE = "0" * 25 + "1"
CONDUCTOR = Caller(role=Role.OPERATOR, id=f"per_{ONE}", scopes=frozenset({Scope.ADMINISTRATION}))


@pytest.fixture
async def client(database_url, redis_url):
    app = an_app(settings_of(database_url, redis_url))
    headers = {"authorization": f"Bearer {Tokens(SECRET).issue(CONDUCTOR)}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://recado", headers=headers) as client,
    ):
        yield client


@pytest.fixture
async def standing(database_url):
    """Make it a simulated installation whose clock stands at noon, with a deadline a minute later."""
    async with Database.connect(database_url, pool_size=2) as database, database.begin() as tx:
        await clock.simulate(tx, start_at=NOON, rate=0)
        await timers.schedule(tx, "test.due", "tkt_a", due_at=NOON + timedelta(minutes=1))


def at(instant):
    return instant.isoformat().replace("+00:00", "Z")


async def test_domain_time_is_told_with_what_is_due_next(standing, client):
    told = (await client.get("/v1/clock")).json()

    assert (told["now"], told["rate"], told["is_simulated"]) == (at(NOON), 0, True)
    assert (told["overdue_timers"], told["next_due_at"]) == (0, at(NOON + timedelta(minutes=1)))


async def test_a_moved_clock_answers_with_what_that_made_due(standing, client):
    told = (await client.put("/v1/clock", json={"to": at(NOON + timedelta(minutes=1))})).json()

    assert (told["now"], told["overdue_timers"]) == (at(NOON + timedelta(minutes=1)), 1)
    assert (await client.get("/v1/clock")).json()["now"] == told["now"]


async def test_it_is_not_moved_back(standing, client):
    answer = await client.put("/v1/clock", json={"to": at(NOON - timedelta(seconds=1))})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/clock.would_go_back")


async def test_a_real_clock_is_not_moved(client):
    answer = await client.put("/v1/clock", json={"rate": 2})

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/clock.not_simulated")


@pytest.mark.parametrize("body", [{"to": "2026-03-02T12:00:00"}, {"rate": -1}, {"rate": 10_001}, {"until": 1}], ids=str)
async def test_an_odd_move_is_refused(standing, client, body):
    answer = await client.put("/v1/clock", json=body)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/request.malformed")


async def test_only_administration_moves_it(standing, client):
    dispatcher = Caller(role=Role.OPERATOR, id=f"per_{ONE}", scopes=frozenset({Scope.DISPATCH}))
    headers = {"authorization": f"Bearer {Tokens(SECRET).issue(dispatcher)}"}

    assert (await client.put("/v1/clock", json={"rate": 1}, headers=headers)).status_code == 403
    assert (await client.get("/v1/clock", headers=headers)).status_code == 200

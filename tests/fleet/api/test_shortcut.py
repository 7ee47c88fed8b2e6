"""The shortcut answers as the route does, and leaves to it what is odd."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from tests.fleet.api.test_positions import BETO, RIDER, TOKENS, a_body, an_app, as_
from tests.fleet.pings import NOON, NOON_MS
from tests.fleet.roster import a_receiver
from tests.infra.live.conftest import serving

from accounts.model import Caller
from fleet.api.shortcut import PATH, PositionsShortcut
from fleet.errors import PositionsBusy, TooManyPositions
from infra.plain_requests import plain_protocol
from kernel.actors import Role


class Noon:
    """A clock that stands: read without waiting, or not."""

    def __init__(self, *, is_at_hand: bool = True) -> None:
        self.is_at_hand = is_at_hand

    def at_hand(self):
        return NOON if self.is_at_hand else None

    async def now(self):
        return NOON


class Refusing:
    """A receiver that cannot: it says so at once, when it has tried, or after a second look."""

    def __init__(self, error: Exception, how: str) -> None:
        self.error, self.how = error, how

    def store_at_once(self, *_, stored, **__):
        if self.how == "at once":
            raise self.error
        if self.how == "told":
            asyncio.get_running_loop().call_soon(stored, self.error)
        return self.how == "told"

    async def take(self, *_, **__):
        raise self.error


class Beaten:
    """A receiver whose first try is always lost to somebody quicker."""

    def __init__(self, receiver) -> None:
        self.receiver, self.tries = receiver, 0

    def store_at_once(self, *_, stored, **__):
        self.tries += 1
        asyncio.get_running_loop().call_soon(stored, False)
        return True

    async def take(self, *args, **how):
        return await self.receiver.take(*args, **how)


class Counting:
    """The application behind the shortcut, and who is asked to count what the shortcut answers."""

    def __init__(self, app) -> None:
        self.app, self.asked, self.counted = app, 0, []

    async def __call__(self, scope, receive, send):
        self.asked += scope["type"] == "http"
        await self.app(scope, receive, send)

    def count(self, given_id, status, *, started_s):
        assert started_s > 0
        self.counted.append(status)
        return given_id or b"req_1"


@asynccontextmanager
async def a_door(redis, receiver=None, *, clock=None, max_body_bytes=100_000):
    behind = Counting(an_app(redis))
    receiver, clock = receiver or a_receiver(redis), clock or Noon()
    shortcut = PositionsShortcut(answered=behind.count, max_body_bytes=max_body_bytes)
    with shortcut.opened(receiver, clock, TOKENS):
        async with (
            serving(behind, http=plain_protocol(shortcut)) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client,
        ):
            yield client, behind


BODIES = [
    a_body(),
    a_body(device_at="2026-03-14T14:59:00Z"),
    {"positions": [a_body(device_at=NOON_MS - 5000), a_body()]},
    {"positions": [a_body(), a_body(lat=123), a_body()]},
    {"positions": [a_body(device_at=NOON_MS + 3_600_000), a_body(accuracy_m=900)]},
    {"positions": []},
    {"positions": 7},
    {"lat": 1},
    [],
    "ping",
    a_body(activity="still", extra={"positions": 1}),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body)[:50])
@pytest.mark.parametrize("clock", [Noon(), Noon(is_at_hand=False)], ids=["at hand", "asked"])
async def test_whichever_way_it_comes_the_answer_is_the_same(redis, body, clock):
    token = as_(RIDER)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(an_app(redis)), base_url="http://recado") as client:
        by_route = [await client.post(PATH, json=body, headers=token) for _ in range(2)]
    await redis.flushall()

    async with a_door(redis, clock=clock) as (client, _):
        at_the_door = [await client.post(PATH, json=body, headers=token) for _ in range(2)]

    for one, other in zip(by_route, at_the_door, strict=True):
        assert (other.status_code, other.json()) == (one.status_code, one.json())
        assert other.headers["content-type"] == one.headers["content-type"]


async def test_a_known_token_is_not_shown_to_the_framework_again(redis):
    token = as_(RIDER)
    async with a_door(redis) as (client, behind):
        await client.post(PATH, json=a_body(), headers=token)
        TOKENS.verify(token["Authorization"].partition(" ")[2])
        asked = behind.asked

        answer = await client.post(PATH, json=a_body(device_at=NOON_MS + 1), headers=token)

        assert (answer.json()[0]["verdict"], answer.headers["x-request-id"]) == ("accepted", "req_1")
        assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert (behind.asked, behind.counted[-1]) == (asked, 200)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic x"},
        as_(Caller(role=Role.CUSTOMER, id="cus_1")),
    ],
    ids=["nobody", "forged", "basic", "customer"],
)
async def test_whoever_is_no_rider_is_refused_by_the_route(redis, headers):
    async with a_door(redis) as (client, behind):
        answer = await client.post(PATH, json=a_body(), headers=headers)

        assert answer.status_code in {401, 403}
        assert (behind.asked, behind.counted) == (1, [])


async def test_a_body_that_is_too_large_is_for_the_route(redis):
    token = as_(RIDER)
    TOKENS.verify(token["Authorization"].partition(" ")[2])
    async with a_door(redis, max_body_bytes=10) as (client, behind):
        answer = await client.post(PATH, json=a_body(), headers=token)

        assert (answer.status_code, behind.asked) == (200, 1)


async def test_another_method_or_path_passes(redis):
    async with a_door(redis) as (client, behind):
        assert (await client.get(PATH, headers=as_(RIDER))).status_code == 405
        assert (await client.post("/v1/rider/elsewhere")).status_code == 404
        assert behind.asked == 2


async def test_whoever_was_beaten_once_is_taken_with_a_second_look(redis):
    token = as_(RIDER)
    TOKENS.verify(token["Authorization"].partition(" ")[2])
    receiver = Beaten(a_receiver(redis))
    async with a_door(redis, receiver) as (client, behind):
        answers = [(await client.post(PATH, json=a_body(device_at=NOON_MS), headers=token)).json() for _ in range(2)]

    assert [one[0]["verdict"] for one in answers] == ["accepted", "duplicate"]
    assert (receiver.tries, behind.asked) == (2, 0)


async def test_a_name_that_is_given_comes_back(redis):
    token = as_(RIDER)
    TOKENS.verify(token["Authorization"].partition(" ")[2])
    async with a_door(redis) as (client, _):
        answer = await client.post(PATH, json=a_body(), headers=token | {"X-Request-Id": "mine-1"})

    assert answer.headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize("how", ["at once", "told", "second look"])
@pytest.mark.parametrize(
    ("error", "status", "problem", "retry_after"),
    [
        (PositionsBusy(), 503, "/problems/positions.busy", "2"),
        (TooManyPositions(retry_after_s=7), 429, "/problems/positions.too_many", "7"),
        (RedisConnectionError("gone"), 503, "/problems/server.busy", "2"),
        (ZeroDivisionError(), 500, "/problems/server.bug", None),
    ],
    ids=["busy", "too many", "store away", "bug"],
)
async def test_what_goes_wrong_is_a_problem_document(redis, error, status, problem, retry_after, how):
    token = as_(RIDER)
    TOKENS.verify(token["Authorization"].partition(" ")[2])
    async with a_door(redis, Refusing(error, how)) as (client, behind):
        answer = await client.post(PATH, json=a_body(), headers=token)

        assert (answer.status_code, answer.json()["type"]) == (status, problem)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers.get("retry-after") == retry_after
        assert behind.counted == [status]


async def test_a_rider_nobody_knows_is_told_so_here_too(redis):
    token = as_(Caller(role=Role.RIDER, id=BETO))
    TOKENS.verify(token["Authorization"].partition(" ")[2])
    async with a_door(redis) as (client, _):
        answer = await client.post(PATH, json=a_body(), headers=token)

        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/rider.not_found")

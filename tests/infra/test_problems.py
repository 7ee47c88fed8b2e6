import asyncio
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
import httpx
import msgspec
import pytest
import redis.exceptions
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from infra import problems
from infra.db import Database, Tx
from kernel.errors import DomainError, Kind, NotFound
from kernel.geo import Point
from kernel.instants import Dated, Instant

JSON = {"content-type": "application/json"}
MEMBERS = {"type", "title", "status", "detail", "instance", "facts"}


class KioskClosed(DomainError):
    """The kiosk is closed."""

    kind, code = Kind.CONFLICT, "kiosk.closed"


class Line(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    quantity: Annotated[int, msgspec.Meta(ge=1)]
    name: str


class Basket(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    lines: list[Line]
    place: Point | None = None
    extras: dict[str, Any] = {}


@post("/baskets")
async def make_basket(data: JSONBody[Basket]) -> None: ...


@get("/baskets/{number:int}")
async def find_basket(number: FromPath[int], limit: Annotated[int, QueryParameter(name="limit", ge=1)] = 5) -> int:
    return number * limit


@get("/keyed")
async def keyed(idempotency_key: Annotated[str, HeaderParameter(name="Idempotency-Key", max_length=8)]) -> str:
    return idempotency_key


def kiosk(*routes, **dependencies):
    return Litestar(
        [make_basket, find_basket, keyed, *routes],
        logging_config=None,
        exception_handlers=problems.HANDLERS,
        request_max_body_size=500_000,
        dependencies={name: Provide(provide) for name, provide in dependencies.items()},
    )


@asynccontextmanager
async def calling(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://kiosk") as client:
        yield client


async def refuse(status, *, method="POST", path="/baskets", **request):
    async with calling(kiosk()) as client:
        return check(await client.request(method, path, **request), status)


def check(answer, status):
    """Return the document of a refusal, having seen that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert set(document) == MEMBERS
    assert document["status"] == status
    assert document["instance"] == answer.request.url.path
    assert document["detail"]
    return document


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"", "body", "is missing"),
        (b"[]", "body", "Expected `object`, got `array`"),
        (b"{}", "lines", "is missing"),
        (b'{"lines": [], "colour": 1}', "colour", "is not known here"),
        (b'{"lines": [{"quantity": "x", "name": "a"}]}', "lines[0].quantity", "Expected `int`, got `str`"),
        (b'{"lines": [{"quantity": 0, "name": "a"}]}', "lines[0].quantity", "Expected `int` >= 1"),
        (b'{"lines": [{"quantity": 1}]}', "lines[0].name", "is missing"),
        (b'{"lines": [{"quantity": 1, "name": "a", "x": 1}]}', "lines[0].x", "is not known here"),
        (b'{"lines": [], "place": {"lat": 91, "lon": 0}}', "place.lat", "Expected `float` <= 90.0"),
    ],
    ids=["empty", "not-an-object", "absent", "unknown", "type", "range", "nested-absent", "nested-unknown", "latitude"],
)
async def test_a_body_that_does_not_fit_names_the_very_field(body, field, reason):
    problem = await refuse(400, content=body, headers=JSON)

    assert problem["type"] == "/problems/request.malformed"
    assert problem["facts"] == {"fields": [{"field": field, "reason": reason}]}
    assert problem["detail"] == f"{field}: {reason}"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"lines": [{"quantity": 1, "name": "\xc3\x28"}]}',
        b"lines=1",
        b'{"lines": [{"quantity": 1, "name": "\\ud800"}]}',
        b'{"lines": []} trailing',
    ],
    ids=["cut", "not-utf-8", "text-not-utf-8", "a-form", "half-a-character", "trailing"],
)
async def test_a_body_that_is_not_json_is_malformed(body):
    assert (await refuse(400, content=body, headers=JSON))["type"] == "/problems/request.malformed"


async def test_a_body_nested_without_end_is_malformed_and_no_bug():
    body = b'{"lines": [], "extras": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"

    assert (await refuse(400, content=body, headers=JSON))["detail"] == "The body is nested too deeply."


async def test_a_parameter_that_does_not_fit_is_named():
    problem = await refuse(400, method="GET", path="/baskets/1?limit=0")

    assert problem["facts"]["fields"] == [{"field": "limit", "reason": "Expected `int` >= 1"}]


@pytest.mark.parametrize(
    ("headers", "reason"), [({}, "is missing"), ({"Idempotency-Key": "x" * 9}, "Expected `str` of length <= 8")]
)
async def test_a_header_that_is_missing_or_wrong_is_named_as_callers_write_it(headers, reason):
    problem = await refuse(400, method="GET", path="/keyed", headers=headers)

    assert problem["facts"]["fields"] == [{"field": "Idempotency-Key", "reason": reason}]


@pytest.mark.parametrize("path", ["/nothing", "/baskets/one", "/baskets/1/2"])
async def test_a_path_that_is_not_there_is_not_found(path):
    assert (await refuse(404, method="GET", path=path))["type"] == "/problems/request.not_found"


async def test_a_wrong_method_says_which_are_right():
    async with calling(kiosk()) as client:
        answer = await client.put("/baskets")

    assert check(answer, 405)["type"] == "/problems/request.method_not_allowed"
    assert "POST" in answer.headers["allow"]


async def test_a_body_that_is_too_large_is_refused_with_and_without_its_length():
    async def pieces():
        for _ in range(60):
            yield b" " * 10_000

    for body in (b" " * 600_000, pieces()):
        problem = await refuse(413, content=body, headers=JSON)
        assert problem["type"] == "/problems/request.too_large"


async def test_a_refusal_of_the_domain_carries_code_title_detail_and_facts():
    @get("/open")
    async def knock() -> None:
        raise KioskClosed("Come back at 9.", opens_at="09:00")

    async with calling(kiosk(knock)) as client:
        problem = check(await client.get("/open"), 409)

    assert problem["type"] == "/problems/kiosk.closed"
    assert problem["title"] == "The kiosk is closed."
    assert (problem["detail"], problem["facts"]) == ("Come back at 9.", {"opens_at": "09:00"})


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_of_refusal_has_its_status(kind):
    class Refused(DomainError):
        """Refused."""

    Refused.kind, Refused.code = kind, "kiosk.refused"

    @get("/open")
    async def knock() -> None:
        raise Refused("No.")

    async with calling(kiosk(knock)) as client:
        answer = await client.get("/open")

    check(answer, problems.STATUS[kind])
    assert ("retry-after" in answer.headers) == (kind is Kind.BUSY)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("away"),
        TimeoutError(),
        asyncpg.AdminShutdownError("terminating connection"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.TooManyConnectionsError("sorry"),
        asyncpg.ConnectionDoesNotExistError("closed"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError("cannot switch to state 12"),
        asyncpg.DeadlockDetectedError("deadlock"),
        redis.exceptions.ConnectionError("away"),
        redis.exceptions.TimeoutError("away"),
    ],
    ids=lambda error: type(error).__module__.split(".")[0] + "." + type(error).__name__,
)
async def test_a_store_that_is_away_is_busy_and_may_be_tried_again(error):
    answer, problem = await _answer_of(error, 503)

    assert problem["type"] == "/problems/server.busy"
    assert answer.headers["retry-after"] == "2"


async def test_a_real_database_that_is_away_is_busy(database_url):
    @get("/open")
    async def knock(tx: NamedDependency[Tx]) -> int:
        return await tx.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")

    async with Database.connect(database_url, pool_size=2) as database:

        async def provide_tx():
            async with database.begin() as tx:
                yield tx

        async with calling(kiosk(knock, tx=provide_tx)) as client:
            check(await client.get("/open"), 503)


async def test_no_connection_left_is_busy_instead_of_waiting_for_ever(database_url, monkeypatch):
    monkeypatch.setattr("infra.db.ACQUIRE_WITHIN_S", 0.1)

    async with Database.connect(database_url, pool_size=1) as database, database.begin():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5), database.begin():
                pass


async def test_a_step_that_cannot_be_committed_is_never_answered_as_done(database_url):
    @get("/open")
    async def knock(tx: NamedDependency[Tx]) -> str:
        await tx.execute("CREATE TABLE a (id int PRIMARY KEY)")
        await tx.execute("CREATE TABLE b (a int REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)")
        await tx.execute("INSERT INTO b VALUES (7)")
        return "done"

    async with Database.connect(database_url, pool_size=2) as database:

        async def provide_tx():
            async with database.begin() as tx:
                yield tx

        async with calling(kiosk(knock, tx=provide_tx)) as client:
            check(await client.get("/open"), 500)


async def test_a_refused_step_is_rolled_back(database_url):
    @get("/open")
    async def knock(tx: NamedDependency[Tx]) -> None:
        await tx.execute("INSERT INTO streams VALUES ('sto_a', 1, 'x')")
        raise NotFound

    async with Database.connect(database_url, pool_size=2) as database:

        async def provide_tx():
            async with database.begin() as tx:
                yield tx

        async with calling(kiosk(knock, tx=provide_tx)) as client:
            check(await client.get("/open"), 404)
        async with database.read() as tx:
            assert await tx.fetchval("SELECT count(*) FROM streams") == 0


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["NUL", "half-a-character"])
async def test_text_the_database_cannot_hold_is_the_callers_fault(database_url, text):
    @get("/open")
    async def knock(tx: NamedDependency[Tx]) -> None:
        await tx.fetchval("SELECT $1::text", text)

    async with Database.connect(database_url, pool_size=2) as database:

        async def provide_tx():
            async with database.begin() as tx:
                yield tx

        async with calling(kiosk(knock, tx=provide_tx)) as client:
            check(await client.get("/open"), 400)


async def test_a_bug_is_a_500_that_tells_the_caller_nothing_about_itself():
    answer, problem = await _answer_of(ValueError("secret detail"), 500)

    assert problem["type"] == "/problems/server.bug"
    assert "secret" not in answer.text


async def _answer_of(error, status):
    @get("/open")
    async def knock() -> None:
        raise error

    async with calling(kiosk(knock)) as client:
        answer = await client.get("/open")
    return answer, check(answer, status)


async def test_what_a_body_itself_refuses_is_named_by_its_field():
    class Visit(Dated, frozen=True, kw_only=True):
        begins_at: Instant

    class Plan(msgspec.Struct):
        visits: list[Visit]

    @post("/plans")
    async def make_plan(data: JSONBody[Plan]) -> None: ...

    async with calling(kiosk(make_plan)) as client:
        answer = await client.post("/plans", json={"visits": [{"begins_at": "9999-12-31T23:59:59.999999Z"}]})

    assert check(answer, 400)["facts"] == {
        "fields": [{"field": "visits[0].begins_at", "reason": "lies before 1970 or after 2099"}]
    }

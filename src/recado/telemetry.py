"""A name for every request, and what Prometheus reads. One middleware for both, as each request pays for it."""

import re
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

import structlog
from litestar import Request, Response, get
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest

from infra import ids, outbox, timers

REQUESTS: Final = Counter("recado_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS: Final = Histogram(
    "recado_http_request_duration_seconds",
    "Time from a request's head to its answer's end.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
UNSENT: Final = Gauge("recado_outbox_unsent_events", "Facts somebody still has to be told.")
OVERDUE: Final = Gauge("recado_timers_overdue", "Deadlines that have come and are not settled.")

_OURS: Final = ids.new(str, "req") + "-"  # this process', and then a number: an id of its own costs more than a ping
_OURS_SENT: Final = _OURS.encode()
_numbers: Final = count()
_GIVEN_ID: Final = re.compile(rb"^[A-Za-z0-9._-]{1,64}$")


def name_and_count(app: ASGIApp) -> ASGIApp:
    """Give every HTTP request an id (the caller's `X-Request-Id` where it is plain) and count it by route."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), [500]
        try:
            await app(scope, receive, _named(send, request_id, status))
        finally:
            route = str(scope.get("path_template", "unknown"))
            method = str(scope.get("method"))
            REQUESTS.labels(method, route, status[0]).inc()
            SECONDS.labels(method, route).observe(time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    return middleware


_TAKEN: Final = ("POST", "/v1/rider/positions")
_seconds_of_pings: Final = SECONDS.labels(*_TAKEN)
_pings_answered: Final[dict[int, Counter]] = {}


def count_answer(given_id: bytes, status: int, *, started_s: float) -> bytes:
    """Count an answer of the shortcut for pings, and return the id of its request: the given one where it is plain."""
    counter = _pings_answered.get(status)
    if counter is None:
        counter = _pings_answered[status] = REQUESTS.labels(*_TAKEN, status)
    counter.inc()
    _seconds_of_pings.observe(time.perf_counter() - started_s)
    return given_id if _GIVEN_ID.match(given_id) else b"%b%x" % (_OURS_SENT, next(_numbers))


@get("/metrics", include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve this process' metrics, and the stores' backlog, as Prometheus reads them."""
    state = request.app.state
    now = await state.clock.now()
    async with state.database.read() as tx:
        UNSENT.set(await outbox.count_unsent(tx))
        OVERDUE.set(await timers.count_overdue(tx, now=now))
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _request_id(scope: Any) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.match(value):
            return bytes(value).decode()
    return f"{_OURS}{next(_numbers):x}"


def _named(send: Send, request_id: str, status: list[int]) -> Callable[[Any], Awaitable[None]]:
    async def named(message: Any) -> None:
        if message["type"] == "http.response.start":
            status[0] = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        await send(message)

    return named

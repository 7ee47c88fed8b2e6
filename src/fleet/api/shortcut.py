"""The shortest way for the busiest route: pings are answered before the framework sees them, where nothing is odd.

`fleet.api.positions.post_positions` is the route; what is odd (no known token, another role, a body that is no upload)
goes there untouched, so that every refusal has one home. docs/decisions/0016.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import structlog

from accounts.model import Caller
from fleet.api.ping_bodies import Upload, read_upload
from fleet.commands.positions import Receiver
from infra import problems
from infra.clock import DomainClock
from infra.live.source import STORE_AWAY
from kernel.actors import Role
from kernel.errors import DomainError
from kernel.ids import RiderId

log: Final = structlog.get_logger()
PATH: Final = "/v1/rider/positions"
_BEARER: Final = b"Bearer "
_JSON: Final = (b"content-type", b"application/json")
_PRIVATE: Final = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_encode: Final = msgspec.json.Encoder().encode

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
App: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


class Answered(Protocol):
    """Who names and counts what is answered here: returns the request's id as the answer is to have it."""

    def __call__(self, scope: Any, status: int, *, started_s: float) -> bytes:
        """Count one answer."""
        ...


class PositionsShortcut:
    """Stands before an application, and takes the pings of riders whose token it knows."""

    def __init__(
        self,
        app: App,
        *,
        receiver: Callable[[], Receiver],
        clock: Callable[[], DomainClock],
        find_caller: Callable[[bytes], Caller | None],
        answered: Answered,
        max_body_bytes: int,
    ) -> None:
        self._app = app
        self._receiver, self._clock = receiver, clock
        self._find_caller = find_caller
        self._answered = answered
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer, or let the application."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        caller = self._caller(scope)
        if caller is None:
            await self._app(scope, receive, send)
            return
        read = [await receive()]
        body = read[0].get("body", b"")
        while read[-1].get("more_body") and len(body) <= self._max_body_bytes:
            read.append(await receive())
            body += read[-1].get("body", b"")
        upload = self._find_upload(body) if read[-1]["type"] == "http.request" else None
        if upload is None:
            await self._app(scope, _again(read, receive), send)
            return
        status, headers, answer = await self._ingest(RiderId(caller.id), upload)
        headers += [(b"content-length", b"%d" % len(answer)), *_PRIVATE]
        headers.append((b"x-request-id", self._answered(scope, status, started_s=started_s)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    def _caller(self, scope: Any) -> Caller | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                caller = self._find_caller(value[len(_BEARER) :]) if value.startswith(_BEARER) else None
                return caller if caller is not None and caller.role is Role.RIDER else None
        return None

    def _find_upload(self, body: bytes) -> Upload | None:
        if len(body) > self._max_body_bytes:
            return None
        try:
            return read_upload(body)
        except (DomainError, ValueError):
            return None

    async def _ingest(self, rider_id: RiderId, upload: Upload) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        try:
            now = await self._clock().now()
            judged = await self._receiver().take(rider_id, upload.pings, now=now, raw=upload.raw)
        except DomainError as error:
            return _refusal(problems.of_domain(error, instance=PATH), problems.retry_after_s(error))
        except STORE_AWAY as error:
            log.warning("store.away", path=PATH, error=str(error))
            return _refusal(problems.of_status(503, "", instance=PATH), problems.RETRY_AFTER_S)
        except Exception:
            log.exception("bug", path=PATH)
            return _refusal(problems.of_status(500, "", instance=PATH), None)
        return 200, [_JSON], upload.encode_answers(judged)


def _refusal(problem: problems.Problem, retry_after_s: int | None) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    headers = [(b"content-type", problems.MEDIA_TYPE.encode())]
    if retry_after_s is not None:
        headers.append((b"retry-after", str(retry_after_s).encode()))
    return problem.status, headers, _encode(problem)


def _again(read: list[Any], receive: Receive) -> Receive:
    """Return a `receive` that begins with the messages that were read already."""

    async def receive_again() -> Any:
        return read.pop(0) if read else await receive()

    return receive_again

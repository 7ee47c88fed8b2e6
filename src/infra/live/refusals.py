"""A refused socket is told why. Before it is accepted, a browser's page learns nothing but that it failed."""

from typing import Any, Final

import structlog
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from infra import problems
from infra.live.frames import CloseCode, ErrorFrame, encode
from infra.live.source import STORE_AWAY
from infra.problems import Problem
from kernel.errors import DomainError

log: Final = structlog.get_logger()
_REFUSAL: Final = "socket_refusal"
_CLIENT_ERRORS: Final = range(400, 500)


async def remember_refusal(error: Exception, scope: Scope) -> None:
    """Keep why a socket's handler was not entered; the framework would turn it into "Internal Server Error"."""
    if scope["type"] == ScopeType.WEBSOCKET:
        scope["state"][_REFUSAL] = _problem(error, scope["path"])


def tell_refused_sockets(app: ASGIApp) -> ASGIApp:
    """Accept a refused socket all the same, send the problem as an error frame, and close with a telling code."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.WEBSOCKET:
            await app(scope, receive, send)
            return
        accepted = False

        async def explain(message: Message) -> None:
            nonlocal accepted
            accepted = accepted or message["type"] == "websocket.accept"
            problem: Problem | None = scope["state"].pop(_REFUSAL, None)
            if message["type"] != "websocket.close" or problem is None:
                await send(message)
                return
            if not accepted:
                await receive()
                offered: Any = scope.get("subprotocols", [])
                await send({"type": "websocket.accept", "subprotocol": next(iter(offered), None), "headers": []})
            await send({"type": "websocket.send", "text": encode(ErrorFrame(problem=problem)).decode(), "bytes": None})
            await send({"type": "websocket.close", "code": close_code(problem.status), "reason": problem.type})

        await app(scope, receive, explain)

    return middleware


def close_code(status: int) -> int:
    """Return the close code of an HTTP status: 4500 + (status - 400) for the caller's faults, else 'try again'."""
    return 4500 + status - 400 if status in _CLIENT_ERRORS else CloseCode.TRY_AGAIN


def _problem(error: Exception, path: str) -> Problem:
    if isinstance(error, DomainError):
        log.info("refused", code=error.code, path=path)
        return problems.of_domain(error, instance=path)
    if isinstance(error, ValidationException):
        return problems.of_validation(error, instance=path)
    if isinstance(error, HTTPException):
        return problems.of_status(error.status_code, error.detail, instance=path)
    if isinstance(error, STORE_AWAY):
        log.warning("store.away", path=path, error=str(error))
        return problems.of_status(503, "", instance=path)
    log.error("bug", path=path, exc_info=error)
    return problems.of_status(500, "", instance=path)

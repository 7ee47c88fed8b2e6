"""What did not change is not sent again: every GET answer carries an ETag, and a matching `If-None-Match` gets 304."""

from hashlib import blake2b
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_OK: Final = 200
_KEPT_ON_304: Final = {b"date", b"x-request-id", b"cache-control", b"vary"}


def tag_answers(app: ASGIApp) -> ASGIApp:
    """Tag whole, successful GET answers by their content."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope.get("method") != "GET":
            await app(scope, receive, send)
            return
        known = next((value for name, value in scope["headers"] if name == b"if-none-match"), b"")
        held: list[Any] = []

        async def tagged(message: Any) -> None:
            if message["type"] == "http.response.start" and message["status"] == _OK:
                held.append(message)
                return
            if held and message["type"] == "http.response.body":
                start = held.pop()
                if not message.get("more_body"):
                    start, message = _tag(start, message, known)
                await send(start)
            await send(message)

        await app(scope, receive, tagged)

    return middleware


def _tag(start: Any, body: Any, known: bytes) -> tuple[Any, Any]:
    etag = b'"' + blake2b(body.get("body", b""), digest_size=12).hexdigest().encode() + b'"'
    if etag in [candidate.strip().removeprefix(b"W/") for candidate in known.split(b",")]:
        headers = [(name, value) for name, value in start["headers"] if name.lower() in _KEPT_ON_304]
        return {**start, "status": 304, "headers": [*headers, (b"etag", etag)]}, {**body, "body": b""}
    return {**start, "headers": [*start["headers"], (b"etag", etag)]}, body

"""What the API answers is for whoever asked, and for nobody between or after them."""

from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_CACHE_CONTROL: Final = b"cache-control"
# A browser may keep what it read, and asks each time whether it is still so and whether it may still see it.
_READ: Final = [
    (_CACHE_CONTROL, b"private, no-cache"),
    (b"vary", b"Authorization"),
    (b"x-content-type-options", b"nosniff"),
]
_WRITTEN: Final = [(_CACHE_CONTROL, b"no-store"), (b"x-content-type-options", b"nosniff")]


def keep_private(app: ASGIApp) -> ASGIApp:
    """Let no shared cache keep what `/v1` answers, refusals too; routes that say otherwise know why."""

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith("/v1/"):
            await app(scope, receive, send)
            return
        added = _READ if scope.get("method") in {"GET", "HEAD"} else _WRITTEN

        async def private(message: Any) -> None:
            if message["type"] == "http.response.start" and _CACHE_CONTROL not in dict(message["headers"]):
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await app(scope, receive, private)

    return middleware

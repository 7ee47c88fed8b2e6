"""A feed's socket opened in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar
from tests.contracts.described import check_told

WITHIN_S = 10


class Frames:
    """What the watcher receives."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.inbound: asyncio.Queue[Any] = asyncio.Queue()
        self.outbound: asyncio.Queue[Any] = asyncio.Queue()

    async def next(self) -> Any:
        """Return the next frame, heartbeats left out."""
        while True:
            message = await self._message()
            assert message["type"] == "websocket.send", message
            frame = msgspec.json.decode(message["text"])
            check_told(self.path, frame)
            if frame["type"] != "heartbeat":
                return frame

    async def closed(self) -> int:
        """Return the code the server closes with, which comes next."""
        message = await self._message()
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def _message(self) -> Any:
        async with asyncio.timeout(WITHIN_S):
            message = await self.outbound.get()
            return await self.outbound.get() if message["type"] == "websocket.accept" else message


@asynccontextmanager
async def watching(app: Litestar, path: str, token: str | None) -> AsyncIterator[Frames]:
    """Open a feed as this caller, and leave at the end."""
    frames = Frames(path)
    path, _, query = path.partition("?")
    scope: Any = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [] if token is None else [(b"authorization", f"Bearer {token}".encode())],
        "subprotocols": [],
        "scheme": "ws",
        "server": ("recado", 80),
        "client": ("127.0.0.1", 1),
        "extensions": {},
    }
    frames.inbound.put_nowait({"type": "websocket.connect"})
    served = asyncio.create_task(app(scope, frames.inbound.get, frames.outbound.put))
    try:
        yield frames
    finally:
        frames.inbound.put_nowait({"type": "websocket.disconnect", "code": 1000})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(served, WITHIN_S)

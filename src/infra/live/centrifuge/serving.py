"""A WebSocket that speaks the Centrifuge protocol, from the handshake to the end."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.live.centrifuge.access import Access
from infra.live.centrifuge.codec import Codec
from infra.live.centrifuge.connection import Connection
from infra.live.centrifuge.json_lines import JSON_LINES
from infra.live.centrifuge.line import CarriedSink, LentSink, Line
from infra.live.centrifuge.protobuf import PROTOBUF
from infra.live.centrifuge.terms import Terms
from infra.live.frames import CloseCode
from infra.live.listener import Listener
from infra.live.session import GONE, Limits, Socket, carry
from infra.live.sockets import lent_socket

# Of `bearer, <token>` the word: a browser wants one of those it offered.
_SPOKEN: Final[Mapping[str, Codec]] = {
    "centrifuge-json": JSON_LINES,
    "centrifuge-protobuf": PROTOBUF,
    "bearer": JSON_LINES,
}


class Centrifuge:
    """Serves feeds as channels to whoever has a client of this protocol."""

    def __init__(self, access: Access, *, limits: Limits | None = None, terms: Terms | None = None) -> None:
        self._access = access
        self._limits = limits or Limits()
        self._terms = terms or Terms()

    async def serve(self, socket: Socket, *, given_token: str = "") -> None:
        """Serve a socket until either side ends it; `given_token` counts where the connect command brings none."""
        offered: Iterable[str] = socket.scope.get("subprotocols", [])
        chosen = next((one for one in offered if one in _SPOKEN), None)
        codec = _SPOKEN[chosen] if chosen else JSON_LINES
        try:
            await socket.accept(subprotocols=chosen)
        except GONE:
            return
        if (lent := lent_socket(socket.scope)) is None:  # another server, or none
            await self._serve_by_task(socket, codec, given_token)
            return
        sink = LentSink(lent, stalled_s=self._limits.stalled_s, close_s=self._limits.close_s)
        connection = self._connection(Line(sink, codec), given_token)
        # From here on the socket lives without this request: what it holds costs more than the socket.
        sink.hand_over(Listener(sink, connection.take, connection.leave, frame_bytes=self._limits.frame_bytes))

    def _connection(self, line: Line, given_token: str) -> Connection:
        return Connection(line, self._access, terms=self._terms, given_token=given_token)

    async def _serve_by_task(self, socket: Socket, codec: Codec, given_token: str) -> None:
        sink = CarriedSink()
        connection = self._connection(Line(sink, codec), given_token)
        async with asyncio.TaskGroup() as tasks:
            carrying = tasks.create_task(
                carry(socket, sink, stalled_s=self._limits.stalled_s, is_binary=codec.is_binary)
            )
            try:
                await self._read(socket, sink, connection)
            finally:
                connection.leave()
            if not sink.is_over:
                carrying.cancel()

    async def _read(self, socket: Socket, sink: CarriedSink, connection: Connection) -> None:
        """Answer what comes in until the socket is closed."""
        while True:
            message: Any = await socket.receive()
            if message["type"] != "websocket.receive":
                return
            raw = message.get("bytes") or (message.get("text") or "").encode()
            if len(raw) > self._limits.frame_bytes:
                sink.end(CloseCode.TOO_BIG, "")
            else:
                await connection.take(raw)

"""WebSockets whose transports feeds write to themselves: a prepared frame costs half of what it costs to send."""

import asyncio
from contextlib import suppress
from typing import Any, Final, Protocol

import structlog
from litestar.types import Scope
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from infra.live.frames import CloseCode
from infra.live.plain_frames import HEAD_BYTES, frame_end, is_fragmented, plain_message
from infra.live.watcher import SLOW, Watcher

log: Final = structlog.get_logger()
_REQUEST_ENDS: Final = b"\r\n\r\n"
EXTENSION: Final = "recado.socket"
STALLED_S: Final = 10.0  # so long nothing may get through before a watcher is given up
CLOSE_S: Final = 10.0  # a stalled watcher learns why when it reads again


class Ear(Protocol):
    """Who hears what comes in over a socket that its request has left behind."""

    def hear(self, raw: bytes) -> None:
        """Take a message."""
        ...

    def lose(self) -> None:
        """Hear that the socket is gone."""
        ...


class _Nobody:
    """Where uvicorn puts what the application would wait for."""

    def put_nowait(self, event: object) -> None:
        """Drop it: who took the socket over is told otherwise."""


_NOBODY: Final[Any] = _Nobody()


class FeedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's own WebSocket, which a feed finds in its scope, and may keep when its request is over.

    A task that waits for frames, and all that the framework holds for it, cost more memory than the socket itself.
    """

    sink: "SocketSink | None" = None
    ear: Ear | None = None
    rest = b""  # of a frame that has not come whole
    is_framed = is_odd = is_fragmented = False

    def handle_connect(self, event: Request) -> None:
        """Begin as uvicorn does, and let the application find the socket."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        """Hand plain messages to the ear at once, all else on, frame by frame, to the parser that knows all of it."""
        if not self.is_framed:
            super().data_received(data)
            # Whoever sends frames before they were let in goes without the short way.
            self.is_framed = self.handshake_initiated and not self.is_odd and data.endswith(_REQUEST_ENDS)
            self.is_odd = self.handshake_initiated and not self.is_framed
            return
        data, at = self.rest + data if self.rest else data, 0
        self.rest = b""
        while (end := self._frame_end(data, at)) and not self.transport.is_closing():
            message = plain_message(data, at, end) if self._is_plain() else None
            if message is None or self.ear is None or len(message) > self.config.ws_max_size:
                self.is_fragmented = is_fragmented(data[at], was=self.is_fragmented)
                super().data_received(data[at:end])
            else:
                self.ear.hear(message)
            at = end
        self.rest = data[at:]

    def _is_plain(self) -> bool:
        return self.is_framed and self.ear is not None and not self.is_fragmented and not self.close_sent

    def _frame_end(self, data: bytes, at: int) -> int:
        """Return where the frame that begins here ends; 0 if not all of it is there, everything if it is too big."""
        end = frame_end(data, at)
        if end is not None and end - at > self.config.ws_max_size + HEAD_BYTES:
            self.is_framed, self.is_odd = False, True  # the parser ends it, and takes what still comes
            return len(data)
        return 0 if end is None or end > len(data) else end

    def pause_writing(self) -> None:
        """Hold back what is for a watcher who does not keep up."""
        super().pause_writing()
        if self.sink is not None:
            self.sink.pause()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        if self.sink is not None:
            self.sink.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        """Write nothing more."""
        super().connection_lost(exc)
        if self.sink is not None:
            self.sink.lose()
        if self.ear is not None:
            self.ear.lose()

    def hand_over(self, ear: Ear) -> None:
        """Let the ear hear all that comes from now on; the application may return, and the socket stays."""
        waiting: Any = self.queue
        self.ear, self.queue = ear, _NOBODY
        if self.disconnected:
            ear.lose()
            return
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        while not waiting.empty():  # after that, as the ear pauses reading for as long as it answers
            message = waiting.get_nowait()
            if message["type"] == "websocket.receive":
                ear.hear(message.get("bytes") or message["text"].encode())

    async def run_asgi(self) -> None:
        """Run the application as uvicorn does; a socket that it handed over stays open when it returns."""
        try:
            with suppress(ClientDisconnected):
                await self.app(self.scope, self.receive, self.send)
        except Exception:  # the application's edge
            log.exception("live.application_failed")
        if not self.handshake_complete:
            self.send_500_response()
        if self.ear is None:
            if self.close_timer is None:
                self.transport.close()
            return
        # What is left of the request and its answer is a third of what a watcher costs.
        released: Any = self
        released.request.headers.clear()  # the parser remembers the request itself
        released.response.headers.clear()
        released.scope = released.request = released.response = None

    def send_receive_event_to_app(self) -> None:
        """Hand a message on to whoever hears this socket."""
        if self.ear is None:
            super().send_receive_event_to_app()
            return
        frames, self.frames = self.frames, []
        if not self.close_sent:
            self.ear.hear(bytes(frames[0]) if len(frames) == 1 else b"".join(frames))

    def end(self, code: int, reason: str, *, within_s: float) -> None:
        """Close as the application would, and cut the connection where the other end does not answer in time."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(within_s, self.transport.abort)


class SocketSink:
    """The end of feeds at a WebSocket, once it was accepted."""

    __slots__ = ("_close_s", "_protocol", "_stalled", "_stalled_s", "_waiting", "is_clear", "is_over", "write")

    def __init__(self, protocol: FeedProtocol, *, stalled_s: float = STALLED_S, close_s: float = CLOSE_S) -> None:
        self._protocol = protocol
        self._stalled_s = stalled_s
        self._close_s = close_s
        self._stalled: asyncio.TimerHandle | None = None
        self._waiting: set[Watcher] | None = None
        self.write = protocol.transport.write
        self.is_over = protocol.close_sent or protocol.disconnected
        self.is_clear = protocol.writable.is_set() and not self.is_over
        protocol.sink = self

    def pause_reading(self) -> None:
        """Let what the other end says wait in its own buffers."""
        if not self._protocol.transport.is_closing():
            self._protocol.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if not self._protocol.transport.is_closing():
            self._protocol.transport.resume_reading()

    def hand_over(self, ear: Ear) -> None:
        """Let the ear hear what comes in, when the request is over."""
        self._protocol.hand_over(ear)

    def flush_later(self, watcher: Watcher) -> None:
        """Call the watcher's `flush` as soon as the way is clear again."""
        if self._waiting is None:
            self._waiting = set()
        self._waiting.add(watcher)

    async def drained(self) -> None:
        """Wait until the way is clear, or over."""
        await self._protocol.writable.wait()

    def end(self, code: CloseCode, reason: str) -> None:
        """Close, and say why."""
        self.close(int(code), reason)

    def close(self, code: int, reason: str) -> None:
        """Close with any code."""
        self.lose()
        self._protocol.end(code, reason, within_s=self._close_s)

    def pause(self) -> None:
        """Write nothing until `resume`; give the watcher up where that takes too long."""
        self.is_clear = False
        if self._stalled is None:
            self._stalled = self._protocol.loop.call_later(self._stalled_s, self._give_up)

    def resume(self) -> None:
        """Write what waits, for as long as it goes."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        if self.is_over:
            return
        self.is_clear = True
        waiting, self._waiting = self._waiting, None
        for watcher in waiting or ():
            watcher.flush()

    def lose(self) -> None:
        """Write nothing any more."""
        self.is_over, self.is_clear = True, False
        self._waiting = None
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        SLOW.inc()
        self.end(CloseCode.SLOW, "slow, resume")


def lent_socket(scope: Scope) -> FeedProtocol | None:
    """Return the socket of a connection, where the server runs `FeedProtocol`."""
    extensions: dict[str, Any] = scope.get("extensions") or {}
    protocol: FeedProtocol | None = extensions.get(EXTENSION)
    return protocol

"""The feeds of one process, and how each is served over a WebSocket."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import structlog
from litestar.connection import WebSocket
from litestar.exceptions import WebSocketDisconnect
from litestar.types import Scope

from infra import problems
from infra.clock import DomainClock
from infra.live.feed import Joined
from infra.live.frames import CloseCode, ErrorFrame
from infra.live.listener import Listener
from infra.live.opening import NotReadableYet, Opening, open_for
from infra.live.sockets import CLOSE_S, STALLED_S, SocketSink, lent_socket
from infra.live.source import STORE_AWAY, FeedSource
from infra.live.streams import StreamSink
from infra.live.view import FrameNotUnderstood, Watch, refuse_frames
from infra.live.watcher import WAITING_FACTS, Sink, Watcher
from infra.live.wires import BARE, NATIVE, Wire
from kernel.errors import DomainError

log: Final = structlog.get_logger()
Socket: TypeAlias = WebSocket[Any, Any, Any]
Leave: TypeAlias = Callable[[], None]
OnAccessEnd: TypeAlias = Callable[[Scope, Callable[[str], None]], Callable[[], None]]
GONE: Final = (WebSocketDisconnect, RuntimeError)  # the last is uvicorn's word for "closed already"
_encode: Final = msgspec.json.Encoder().encode


def never(_: Scope, ended: Callable[[str], None]) -> Callable[[], None]:
    """Expect no end of what let a watcher in."""
    del ended
    return lambda: None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a session goes with a watcher. All times are wall time."""

    waiting_facts: int = WAITING_FACTS
    stalled_s: float = STALLED_S
    close_s: float = CLOSE_S
    frame_bytes: int = 64 * 1024


class _Numbered(msgspec.Struct, frozen=True):
    n: int | None = None


class Ear(Protocol):
    """Who tells watchers what happens: the hub of numbered facts, or the one that looks."""

    async def join(self, watch: Watch, watcher: Watcher, wire: Wire) -> Joined:
        """Put everything behind the head this returns into the watcher, until `leave`."""
        ...

    def leave(self, joined: Joined) -> None:
        """Tell this watcher nothing more."""
        ...


class Feeds:
    """What all feeds of a process share: the hub that hears, the source that knows, the clock that snapshots carry.

    `on_access_end` calls back, with the reason, when what let a connection in has ended; it returns how to forget that.
    """

    def __init__(
        self,
        hub: Ear,
        source: FeedSource,
        clock: DomainClock,
        *,
        limits: Limits | None = None,
        on_access_end: OnAccessEnd = never,
    ) -> None:
        self.hub = hub
        self.source = source
        self.clock = clock
        self.limits = limits or Limits()
        self.on_access_end = on_access_end
        self.streams: set[StreamSink] = set()

    def end_streams(self) -> None:
        """End what is answered over HTTP, so that this process can stop: whoever follows comes back and resumes."""
        for sink in list(self.streams):
            sink.end(CloseCode.RESTARTING, "restarting, resume")

    async def open(self, watch: Watch, sink: Sink, wire: Wire) -> tuple[Joined, Opening]:
        """Join a feed and write what it begins with; from then on everything is written as it happens."""
        watcher = Watcher(sink, limit=self.limits.waiting_facts)
        joined = await self.hub.join(watch, watcher, wire)
        try:
            opening = await open_for(watch, joined, source=self.source, clock=self.clock)
        except BaseException:
            self.hub.leave(joined)
            raise
        for frame in opening.frames():
            if not sink.is_over:
                sink.write(wire.encode(frame, opening.head.epoch))
        watcher.go_live(opening.head.seq, positions_from_ms=opening.positions_from_ms)
        return joined, opening

    async def serve(self, socket: Socket, watch: Watch) -> None:
        """Serve a socket until either side ends it. Accepts it: whoever may not watch is refused before."""
        try:
            # Of `bearer, <token>` the word: a browser wants one of those it offered.
            await socket.accept(subprotocols=next(iter(socket.scope.get("subprotocols", [])), None))
        except GONE:
            return
        if (lent := lent_socket(socket.scope)) is None:  # another server, or none
            await self._serve_by_task(socket, watch)
            return
        sink = SocketSink(lent, stalled_s=self.limits.stalled_s, close_s=self.limits.close_s)
        answer, leave = partial(_answer, watch, NATIVE, socket.url.path), await self._join(socket, watch, sink, NATIVE)
        # From here on the socket lives without this request: what it holds costs more than the socket.
        sink.hand_over(Listener(sink, answer, leave, frame_bytes=self.limits.frame_bytes))

    async def _serve_by_task(self, socket: Socket, watch: Watch) -> None:
        sink = StreamSink()
        async with asyncio.TaskGroup() as tasks:
            carrying = tasks.create_task(carry(socket, sink, stalled_s=self.limits.stalled_s))
            leave = await self._join(socket, watch, sink, BARE)
            try:
                await self._read(socket, watch, sink)
            except STORE_AWAY as away:
                log.warning("live.session_interrupted", feed_id=watch.feed_id, error=repr(away))
                sink.end(CloseCode.TRY_AGAIN, "try again")
            finally:
                leave()
            if not sink.is_over:
                carrying.cancel()

    async def _join(self, socket: Socket, watch: Watch, sink: SocketSink | StreamSink, wire: Wire) -> Leave:
        """Open the feed, or end the sink where that cannot be; returns how to leave."""
        forget = self.on_access_end(socket.scope, lambda why: sink.end(CloseCode.UNAUTHENTICATED, why))
        try:
            joined, _ = await self.open(watch, sink, wire)
        except NotReadableYet:
            sink.end(CloseCode.TRY_AGAIN, "the missing events cannot be read yet")
            return forget
        except STORE_AWAY as away:
            log.warning("live.session_interrupted", feed_id=watch.feed_id, error=repr(away))
            sink.end(CloseCode.TRY_AGAIN, "try again")
            return forget
        except BaseException:
            forget()
            raise
        return partial(_leave, self.hub, joined, forget)

    async def _read(self, socket: Socket, watch: Watch, sink: StreamSink) -> None:
        """Answer what comes in until the socket is closed."""
        while True:
            message: Any = await socket.receive()
            if message["type"] != "websocket.receive":
                return
            raw = message.get("bytes") or (message.get("text") or "").encode()
            if len(raw) > self.limits.frame_bytes:
                sink.end(CloseCode.TOO_BIG, f"a frame may have {self.limits.frame_bytes} bytes")
                return
            reply = await _answer(watch, BARE, socket.url.path, raw)
            await sink.drained()
            if reply is not None and not sink.is_over:
                sink.write(reply)


async def carry(socket: Socket, sink: StreamSink, *, stalled_s: float, is_binary: bool = False) -> None:
    """Send what is written to the sink, each as a message of its own, until it ends."""
    with suppress(*GONE):
        while True:
            await sink.wait()
            try:
                async with asyncio.timeout(stalled_s):
                    for part in sink.take():
                        await socket.send(
                            {"type": "websocket.send", "text": None, "bytes": part}
                            if is_binary
                            else {"type": "websocket.send", "text": part.decode(), "bytes": None}
                        )
            except TimeoutError:
                sink.end(CloseCode.SLOW, "slow, resume")
            if sink.ended is not None:
                code, reason = sink.ended
                await socket.send({"type": "websocket.close", "code": int(code), "reason": reason})
                return


def _leave(hub: Ear, joined: Joined, forget: Callable[[], None]) -> None:
    forget()
    hub.leave(joined)


async def _answer(watch: Watch, wire: Wire, path: str, raw: bytes) -> bytes | None:
    try:
        reply = await (watch.receive or refuse_frames)(raw)
        return None if reply is None else wire.pack(_encode(reply))
    except msgspec.MsgspecError as error:
        refused: DomainError = FrameNotUnderstood(str(error))
    except DomainError as error:
        refused = error
    return wire.pack(_encode(ErrorFrame(n=_number_in(raw), problem=problems.of_domain(refused, instance=path))))


def _number_in(raw: bytes) -> int | None:
    try:
        return msgspec.json.decode(raw, type=_Numbered).n
    except msgspec.MsgspecError:
        return None

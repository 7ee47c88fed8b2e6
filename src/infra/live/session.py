"""The feeds of one process, and how each is served over a WebSocket."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Protocol, TypeAlias

import msgspec
import structlog
from litestar.types import Scope

from infra import problems
from infra.clock import DomainClock
from infra.live.carrying import GONE, Socket, carry_and_answer
from infra.live.feed import Joined
from infra.live.frames import CloseCode, ErrorFrame
from infra.live.listener import Listener
from infra.live.opening import NotReadableYet, Opening, open_for
from infra.live.sockets import CLOSE_S, STALLED_S, SocketSink, lent_socket
from infra.live.source import STORE_AWAY, FeedSource
from infra.live.streams import StreamSink
from infra.live.view import UNREADABLE, FrameNotUnderstood, Watch, refuse_frames
from infra.live.watcher import WAITING_FACTS, Sink, Watcher
from infra.live.wires import BARE, NATIVE, Wire
from kernel.errors import DomainError

log: Final = structlog.get_logger()
Leave: TypeAlias = Callable[[], None]
OnAccessEnd: TypeAlias = Callable[[Scope, Callable[[str], None]], Callable[[], None]]
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
        self._streams: set[StreamSink] = set()
        self._is_stopping = False

    @contextmanager
    def streaming(self, sink: StreamSink) -> Iterator[None]:
        """Let this sink, of an answer over HTTP, end with the process; at once where that is stopping already."""
        self._streams.add(sink)
        if self._is_stopping:
            _restarting(sink)
        try:
            yield
        finally:
            self._streams.discard(sink)

    def end_streams(self) -> None:
        """End what is answered over HTTP, so that this process can stop: whoever follows comes back and resumes."""
        self._is_stopping = True
        for sink in list(self._streams):
            _restarting(sink)

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
        lent, limits = lent_socket(socket.scope), self.limits
        if lent is None:  # another server, or none
            carried = StreamSink()
            leave = await self._join(socket, watch, carried, BARE)
            answer = partial(_answer, watch, BARE, socket.url.path)
            try:
                await carry_and_answer(
                    socket, carried, answer, frame_bytes=limits.frame_bytes, stalled_s=limits.stalled_s
                )
            finally:
                leave()
            return
        sink = SocketSink(lent, stalled_s=limits.stalled_s, close_s=limits.close_s)
        answer, leave = partial(_answer, watch, NATIVE, socket.url.path), await self._join(socket, watch, sink, NATIVE)
        # From here on the socket lives without this request: what it holds costs more than the socket.
        sink.hand_over(Listener(sink, answer, leave, frame_bytes=limits.frame_bytes))

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


def _restarting(sink: StreamSink) -> None:
    sink.end(CloseCode.RESTARTING, "restarting, resume")


def _leave(hub: Ear, joined: Joined, forget: Callable[[], None]) -> None:
    forget()
    hub.leave(joined)


async def _answer(watch: Watch, wire: Wire, path: str, waiting: deque[bytes]) -> bytes | None:
    taken = watch.receive_together(waiting) if watch.receive_together is not None else None
    raw, answer = taken or (waiting.popleft(), None)
    try:
        reply = await ((watch.receive or refuse_frames)(raw) if answer is None else answer)
        return None if reply is None else wire.pack(_encode(reply))
    except UNREADABLE as error:
        refused: DomainError = FrameNotUnderstood(str(error))
    except DomainError as error:
        refused = error
    return wire.pack(_encode(ErrorFrame(n=_number_in(raw), problem=problems.of_domain(refused, instance=path))))


def _number_in(raw: bytes) -> int | None:
    try:
        return msgspec.json.decode(raw, type=_Numbered).n
    except UNREADABLE:
        return None

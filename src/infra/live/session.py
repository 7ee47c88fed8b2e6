"""One socket on one feed: a snapshot or the missing events, then everything as it happens, at the socket's own pace."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import structlog
from litestar.connection import WebSocket
from litestar.exceptions import WebSocketDisconnect

from infra import problems
from infra.clock import DomainClock, wall_now
from infra.live.channels import Numbered
from infra.live.frames import (
    HIDDEN,
    CloseCode,
    ErrorFrame,
    EventFrame,
    HeartbeatFrame,
    PositionFrame,
    ResumedFrame,
    SnapshotFrame,
    encode,
)
from infra.live.hub import PAGE
from infra.live.mailbox import Mailbox
from infra.live.source import STORE_AWAY, FeedSource, Head
from infra.live.view import FrameNotUnderstood, Watch, refuse_frames
from kernel.errors import DomainError

log: Final = structlog.get_logger()
Socket: TypeAlias = WebSocket[Any, Any, Any]
AccessEnded: TypeAlias = Callable[[Socket], Awaitable[str]]  # returns why, once what let the watcher in has ended


async def never(_: Socket) -> str:
    """Wait for an end that does not come."""
    why: str = await asyncio.get_running_loop().create_future()
    return why


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a session goes with a watcher. All times are wall time."""

    waiting_facts: int = 1000
    replayed_facts: int = 5000  # further behind, a snapshot is cheaper for both sides
    send_s: float = 10.0
    close_s: float = 10.0
    heartbeat_s: float = 15.0  # proxies cut idle connections after 30 to 60 s
    frame_bytes: int = 64 * 1024


class Ear(Protocol):
    """Who tells sessions what happens: the hub of numbered facts, or the one that looks."""

    def watching(self, feed_id: str, mailbox: Mailbox) -> AbstractAsyncContextManager[Head]:
        """Put everything behind the head this yields into the mailbox, for as long as it lasts."""
        ...

    def head(self, feed_id: str) -> Head | None:
        """Return how far a watched feed has come."""
        ...

    def follow(self, key: str, mailbox: Mailbox) -> None:
        """Put this rider's live positions into the mailbox from now on."""
        ...

    def unfollow(self, key: str, mailbox: Mailbox) -> None:
        """Stop at once."""
        ...


class Feeds:
    """What all feeds of a process share: the hub that hears, the source that knows, the clock that snapshots carry."""

    def __init__(
        self,
        hub: Ear,
        source: FeedSource,
        clock: DomainClock,
        *,
        limits: Limits | None = None,
        access_ended: AccessEnded = never,
    ) -> None:
        self.hub = hub
        self.source = source
        self.clock = clock
        self.limits = limits or Limits()
        self.access_ended = access_ended

    async def serve(self, socket: Socket, watch: Watch) -> None:
        """Serve a socket until either side ends it. Accepts it: whoever may not watch is refused before."""
        session = _Session(self, socket, watch)
        try:
            # Of `bearer, <token>` the word: a browser wants one of those it offered.
            await socket.accept(subprotocols=next(iter(socket.scope.get("subprotocols", [])), None))
            async with self.hub.watching(watch.feed_id, session.mailbox) as head:
                await session.run(head)
        except* _Gone:
            pass
        except* _Closing as closing:
            await session.close(_first(closing))
        except* STORE_AWAY as away:
            log.warning("live.session_interrupted", feed_id=watch.feed_id, error=repr(away.exceptions[0]))
            await session.close(_Closing(CloseCode.TRY_AGAIN, "try again"))


class _Gone(Exception):
    """The watcher left."""


class _Closing(Exception):
    """The session must end, and the watcher is told why."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def _first(group: "BaseExceptionGroup[_Closing]") -> _Closing:
    error = group.exceptions[0]
    return error if isinstance(error, _Closing) else _first(error)


class _Session:
    """The state of one socket: which number it has seen, and whose positions it follows."""

    def __init__(self, feeds: Feeds, socket: Socket, watch: Watch) -> None:
        self._feeds = feeds
        self._socket = socket
        self._watch = watch
        self._limits = feeds.limits
        self.mailbox = Mailbox(limit=feeds.limits.waiting_facts)
        self._seen = Head(epoch="", seq=0)
        self._followed: frozenset[str] = frozenset()

    async def run(self, head: Head) -> None:
        """Bring the watcher to the head, then keep it there, for as long as they may watch."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._write(head))
                raise _Closing(CloseCode.UNAUTHENTICATED, await self._feeds.access_ended(self._socket))
        finally:
            self._follow(frozenset())

    async def close(self, closing: _Closing) -> None:
        """Say why, with patience: a stalled watcher learns it when it reads again."""
        log.info("live.closed", feed_id=self._watch.feed_id, code=int(closing.code), reason=closing.reason)
        with contextlib.suppress(_Gone, OSError, TimeoutError):
            async with asyncio.timeout(self._limits.close_s):
                await self._emit({"type": "websocket.close", "code": int(closing.code), "reason": closing.reason})

    async def _write(self, head: Head) -> None:
        watch = self._watch
        # From the very beginning may be asked for in any numbering; any other number belongs to one.
        knows = watch.epoch == head.epoch or (watch.epoch is None and watch.after == 0)
        behind = head.seq - watch.after if watch.after is not None and knows else -1
        if 0 <= behind <= self._limits.replayed_facts:
            await self._resume(head, watch.after or 0)
        else:
            await self._start_over(head)
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + self._limits.heartbeat_s
        while True:
            try:
                async with asyncio.timeout_at(beat_at):
                    await self.mailbox.wait()
            except TimeoutError:
                beat_at = loop.time() + self._limits.heartbeat_s
                await self._beat()
            await self._empty_mailbox()

    async def _start_over(self, head: Head) -> None:
        body = await self._watch.view.load()
        reading = await self._feeds.clock.reading()
        await self._send(
            SnapshotFrame(epoch=head.epoch, seq=head.seq, now=reading.at(wall_now()), rate=reading.rate, body=body)
        )
        self._seen = head
        self._follow(self._watch.view.positions())

    async def _resume(self, head: Head, after: int) -> None:
        reading = await self._feeds.clock.reading()
        await self._send(ResumedFrame(epoch=head.epoch, seq=head.seq, now=reading.at(wall_now()), rate=reading.rate))
        self._seen = Head(epoch=head.epoch, seq=after)
        while self._seen.seq < head.seq:
            page = await self._feeds.source.after(self._watch.feed_id, self._seen.seq, limit=PAGE)
            if not page:
                raise _Closing(CloseCode.TRY_AGAIN, "the missing events cannot be read yet")
            for numbered in page:
                await self._send_fact(numbered)
        # Only now, as what was replayed may be long over: positions depend on how things stand.
        await self._watch.view.load()
        self._follow(self._watch.view.positions())

    async def _empty_mailbox(self) -> None:
        mailbox, view = self.mailbox, self._watch.view
        while True:
            if mailbox.is_overflown:
                raise _Closing(CloseCode.SLOW, "slow, resume")
            if (head := mailbox.take_new_head()) is not None:
                await self._start_over(head)
            elif (numbered := mailbox.take_fact()) is not None:
                await self._send_fact(numbered)
                self._follow(view.positions())
            elif (position := mailbox.take_position()) is not None:
                if (shown := view.show_position(*position)) is not None:
                    await self._send(PositionFrame(position=shown))
            else:
                return

    async def _send_fact(self, numbered: Numbered) -> None:
        if numbered.seq <= self._seen.seq:
            return
        shown = self._watch.view.show(numbered.fact)
        await self._send(EventFrame(seq=numbered.seq, event=HIDDEN if shown is None else shown))
        self._seen = Head(epoch=self._seen.epoch, seq=numbered.seq)

    async def _beat(self) -> None:
        head = self._feeds.hub.head(self._watch.feed_id) or self._seen
        await self._send(HeartbeatFrame(epoch=head.epoch, seq=head.seq, now=await self._feeds.clock.now()))

    def _follow(self, wanted: frozenset[str]) -> None:
        if wanted == self._followed:
            return
        for key in self._followed - wanted:
            self._feeds.hub.unfollow(key, self.mailbox)
        for key in wanted - self._followed:
            self._feeds.hub.follow(key, self.mailbox)
        self._followed = wanted

    async def _read(self) -> None:
        while True:
            message: Any = await self._socket.receive()
            if message["type"] != "websocket.receive":
                raise _Gone
            raw = message.get("bytes") or (message.get("text") or "").encode()
            if len(raw) > self._limits.frame_bytes:
                raise _Closing(CloseCode.TOO_BIG, f"a frame may have {self._limits.frame_bytes} bytes")
            if (reply := await self._answer(raw)) is not None:
                await self._send(reply)

    async def _answer(self, raw: bytes) -> object | None:
        try:
            return await (self._watch.receive or refuse_frames)(raw)
        except msgspec.MsgspecError as error:
            refused: DomainError = FrameNotUnderstood(str(error))
        except DomainError as error:
            refused = error
        return ErrorFrame(problem=problems.of_domain(refused, instance=self._socket.url.path))

    async def _send(self, frame: object) -> None:
        try:
            async with asyncio.timeout(self._limits.send_s):
                await self._emit({"type": "websocket.send", "text": encode(frame)})
        except TimeoutError:
            raise _Closing(CloseCode.SLOW, "slow, resume") from None

    async def _emit(self, message: Any) -> None:
        try:
            await self._socket.send(message)
        except (WebSocketDisconnect, OSError, RuntimeError):  # the last is uvicorn's word for "closed already"
            raise _Gone from None

"""Feeds over plain HTTP: as Server-Sent Events, and as answers that wait until there is something to say."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final

import msgspec
import structlog
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException
from litestar.params import QueryParameter
from litestar.response import Stream
from litestar.types import Scope

from infra.live.frames import CloseCode, EventFrame, PositionFrame, ResumedFrame, SnapshotFrame
from infra.live.opening import NotReadableYet
from infra.live.session import Feeds
from infra.live.source import STORE_AWAY
from infra.live.streams import StreamSink
from infra.live.view import Watch
from infra.live.wires import BARE, SERVER_SENT
from infra.problems import RETRY_AFTER_S
from kernel.text import NO_NUL

log: Final = structlog.get_logger()
LASTS_MOST_S: Final = 3600  # then the client comes back and resumes: whoever balances load may move it
DIGITS: Final = 15  # of the largest number that JavaScript counts to without a slip
WAITS_S, WAITS_MOST_S = 20, 60
RETRY_MS: Final = (500, 2500)  # spread, so that a restart does not bring all back at once
STREAM_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

After = Annotated[int | None, QueryParameter(name="after", ge=0, le=2**53 - 1)]
Epoch = Annotated[str | None, QueryParameter(name="epoch", max_length=64, pattern=NO_NUL)]
LastsS = Annotated[int, QueryParameter(name="lasts_s", ge=0, le=LASTS_MOST_S)]
WaitS = Annotated[int, QueryParameter(name="wait_s", ge=0, le=WAITS_MOST_S)]


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed had to say. `epoch` and `seq` are what the next call asks `after`; frames are those of the socket."""

    epoch: str
    seq: int
    frames: list[SnapshotFrame | ResumedFrame | EventFrame | PositionFrame]


class _PolledRaw(msgspec.Struct, frozen=True, kw_only=True):
    epoch: str
    seq: int
    frames: list[msgspec.Raw]


def resume_point(scope: Scope, after: int | None, epoch: str | None) -> tuple[int | None, str | None]:
    """Return what was seen last: by the header a browser sends when it comes back, else as the address says.

    A header that is none of ours means that nothing is known: the stream starts over, as a refusal would end it.
    """
    header = next((value for name, value in scope["headers"] if name == b"last-event-id"), None)
    if header is None:
        return after, epoch
    name, _, number = header.decode("latin-1").rpartition(":")
    return (
        (int(number), name)
        if number.isascii() and number.isdecimal() and len(number) < len(str(2**53))
        else (None, None)
    )


def stream(feeds: Feeds, scope: Scope, watch: Watch, *, lasts_s: int) -> Stream:
    """Answer with the feed as Server-Sent Events for so long; 0 tells how things stand and ends."""
    return Stream(_events(feeds, scope, watch, lasts_s), media_type="text/event-stream", headers=STREAM_HEADERS)


async def poll(feeds: Feeds, scope: Scope, watch: Watch, *, wait_s: int) -> bytes:
    """Return `Polled` as JSON: at once where there is something the caller has not seen, else when there is.

    Raises what every route answers with: 401 once what the access rests on has ended, 503 while a store is away or
    this process stops.
    """
    with _sink_of(feeds, scope) as sink:
        try:
            joined, opening = await feeds.open(watch, sink, BARE)
        except NotReadableYet:
            raise _come_again() from None
        try:
            if sink.is_over:  # before it was written how things stand: a number in the answer would count it as told
                raise _refusal(sink)
            frames = sink.take()
            if opening.is_recovered and not opening.missed:
                frames += await _within(sink, wait_s)
            while more := sink.take():  # what waited behind a full answer is counted as seen as well
                frames += more
        finally:
            feeds.hub.leave(joined)
    if sink.ended is not None and sink.ended[0] is CloseCode.UNAUTHENTICATED:
        raise _refusal(sink)
    answer = _PolledRaw(
        epoch=opening.head.epoch, seq=joined.watcher.seen, frames=[msgspec.Raw(frame) for frame in frames]
    )
    return msgspec.json.encode(answer)


def _refusal(sink: StreamSink) -> NotAuthorizedException | ServiceUnavailableException:
    code, reason = sink.ended or (None, "")
    return NotAuthorizedException(reason) if code is CloseCode.UNAUTHENTICATED else _come_again()


def _come_again() -> ServiceUnavailableException:
    return ServiceUnavailableException(headers={"Retry-After": str(RETRY_AFTER_S)})


@contextmanager
def _sink_of(feeds: Feeds, scope: Scope) -> Iterator[StreamSink]:
    """Lend a sink that ends with the access it rests on, or with this process."""
    sink = StreamSink()
    forget = feeds.on_access_end(scope, lambda why: sink.end(CloseCode.UNAUTHENTICATED, why))
    try:
        with feeds.streaming(sink):
            yield sink
    finally:
        forget()


async def _within(sink: StreamSink, wait_s: float) -> list[bytes]:
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await sink.wait()
    return sink.take()  # also where the time was over: something may have come at that very moment


async def _events(feeds: Feeds, scope: Scope, watch: Watch, lasts_s: float) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + lasts_s
    yield f"retry: {random.randint(*RETRY_MS)}\n\n".encode()  # noqa: S311  (spreads clients, no secret)
    with _sink_of(feeds, scope) as sink:
        try:
            joined, _ = await feeds.open(watch, sink, SERVER_SENT)
        except (NotReadableYet, *STORE_AWAY) as away:  # the stream ends; whoever follows comes back and resumes
            log.warning("live.stream_interrupted", feed_id=watch.feed_id, error=repr(away))
            return
        try:
            yield b"".join(sink.take())
            while sink.ended is None and (left_s := until_s - loop.time()) > 0:
                if parts := await _within(sink, left_s):
                    yield b"".join(parts)
            if sink.ended is not None:
                yield _end(*sink.ended)
        finally:
            feeds.hub.leave(joined)


def _end(code: int, reason: str) -> bytes:
    return b"event: end\ndata: " + msgspec.json.encode({"type": "end", "code": code, "reason": reason}) + b"\n\n"

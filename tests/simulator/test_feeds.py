import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from simulator import feeds
from simulator.api import Api
from simulator.errors import NeverQuiet
from simulator.feeds import Feed, Watched

TOKEN = "a-token"


class Wire:
    """A feed server in memory: each connection is told what the script has next, then hung up on or kept."""

    def __init__(self, *scripts: Sequence[dict]) -> None:
        self.scripts = list(scripts)
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.address = ""

    async def __call__(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.asked.append(socket.request.path)
        self.tokens.append(socket.request.headers["Authorization"])
        is_last = len(self.scripts) == 1
        for frame in self.scripts.pop(0):
            if frame["type"] == "close":
                await socket.close(frame["code"])
                return
            await socket.send(msgspec.json.encode(frame).decode())
        if is_last:
            await socket.wait_closed()


@asynccontextmanager
async def on_air(wire: Wire, *, refused: int = 0) -> AsyncIterator[Watched]:
    left = refused

    def gate(socket: ServerConnection, _: Request) -> Response | None:
        nonlocal left
        left -= 1
        return socket.respond(HTTPStatus.UNAUTHORIZED, "") if left >= 0 else None

    async with serve(wire, "127.0.0.1", 0, process_request=gate) as server:
        port = server.sockets[0].getsockname()[1]
        watched = Watched(f"http://127.0.0.1:{port}")
        try:
            yield watched
        finally:
            await watched.close()


def a_feed(**changes: object) -> Feed:
    caller = Api("http://127.0.0.1:1", TOKEN).administrator
    return Feed("ord_1", "/v1/orders/ord_1/feed", caller, **changes)


def resumed(seq: int) -> dict:
    return {"type": "resumed", "seq": seq, "epoch": "e1"}


def an_event(seq: int, kind: str = "order.placed") -> dict:
    return {"type": "event", "seq": seq, "event": {"type": kind}}


async def test_a_customer_watches_from_the_first_number():
    wire = Wire([resumed(2), an_event(1), an_event(2)])
    heard: list[dict] = []

    async with on_air(wire) as watched:
        feed = a_feed(epoch="e1", on_event=heard.append)
        await watched.watch(feed, head=2)

    assert wire.asked == ["/v1/orders/ord_1/feed?after=0&epoch=e1"]
    assert wire.tokens == [f"Bearer {TOKEN}"]
    assert [message.seq for message in feed.messages] == [1, 2]
    assert len(heard) == 2
    assert feed.faults == []


async def test_who_is_cut_off_comes_back_with_the_last_number_seen():
    wire = Wire(
        [resumed(1), an_event(1), {"type": "close", "code": 1012}],
        [resumed(3), an_event(2), an_event(3)],
    )

    async with on_air(wire) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=3)

    assert wire.asked[1].endswith("?after=1&epoch=e1")
    assert [message.seq for message in feed.messages] == [1, 2, 3]
    assert feed.faults == []


async def test_a_gap_is_a_fault():
    async with on_air(Wire([resumed(1), an_event(1), an_event(3)])) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=3)

    assert feed.faults == ["ord_1 went from 1 to 3"]


async def test_starting_over_after_messages_were_missed_is_a_fault():
    wire = Wire(
        [resumed(1), an_event(1), {"type": "close", "code": 4008}],
        [{"type": "snapshot", "seq": 9, "epoch": "e1", "body": {}}],
    )

    async with on_air(wire) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=9)

    assert feed.faults == ["ord_1 started over at 9 after 1"]


async def test_a_tablet_that_begins_with_a_snapshot_goes_on_from_it():
    async with on_air(Wire([{"type": "snapshot", "seq": 4, "epoch": "e1", "body": {}}, an_event(5)])) as watched:
        feed = a_feed()
        await watched.watch(feed, head=5)

    assert feed.faults == []
    assert [message.seq for message in feed.messages] == [5]


async def test_who_is_told_not_to_come_back_stays_away():
    wire = Wire([resumed(1), an_event(1), {"type": "close", "code": 4504}], [])

    async with on_air(wire) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=1)
        await asyncio.sleep(0.2)

    assert feed.is_ended
    assert len(wire.asked) == 1


async def test_a_message_that_does_not_come_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(feeds, "SEEN_WITHIN_S", 0.1)
    async with on_air(Wire([resumed(1), an_event(1)])) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=1)

        with pytest.raises(NeverQuiet, match="the watcher of ord_1 saw 1 and waits for 2"):
            await watched.catch_up({"ord_1": 2, "sto_9": 7})


async def test_a_refused_token_is_no_reason_to_give_up():
    async with on_air(Wire([resumed(1), an_event(1)]), refused=1) as watched:
        feed = a_feed(epoch="e1")
        await watched.watch(feed, head=1)

    assert feed.seq == 1

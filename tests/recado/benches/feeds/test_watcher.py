import asyncio
import socket

import msgspec
import pytest

from kernel.actors import Role
from recado.benches.feeds.frames import prepared_frame, text_frame
from recado.benches.feeds.questions import Seat
from recado.benches.feeds.watcher import Tally, Watcher

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def framed(kind: str, **fields: object) -> bytes:
    return text_frame(msgspec.json.encode({"type": kind, **fields}))


SNAPSHOT = framed("snapshot", seq=14)
EVENTS = framed("event", seq=15, event={"type": "eta.revised"}) + framed("event", seq=16, event={"type": "eta.revised"})


@pytest.fixture
def wires():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        theirs.settimeout(5)
        yield ours, theirs


@pytest.fixture
async def watcher(wires) -> Watcher:
    seat = Seat(order=3, order_id="ord_1", role=Role.CUSTOMER, token="secret", is_inspected=True)
    return Watcher(seat, wires[0], Tally(), asyncio.get_running_loop().create_future())


async def test_it_asks_for_its_order_with_its_token(watcher: Watcher, wires):
    watcher.ask()

    request = wires[1].recv(10_000)
    assert request.startswith(b"GET /v1/orders/ord_1/feed HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer secret\r\n" in request


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
async def test_numbered_messages_are_counted_however_they_are_cut(watcher: Watcher, size: int):
    data = SWITCHED + SNAPSHOT + EVENTS

    for start in range(0, len(data), size):
        watcher.take(data[start : start + size])

    assert watcher._ready.done()
    assert (watcher._tally.events, watcher.last_seq) == (2, 16)
    assert watcher.inspection is not None
    assert (watcher.inspection.messages, watcher.inspection.faults) == (3, [])


async def test_a_numbered_message_counts_in_whatever_order_its_fields_come(watcher: Watcher):
    watcher.take(SWITCHED + SNAPSHOT + text_frame(b'{"seq":15,"type":"event","event":{"type":"eta.revised"}}'))

    assert (watcher._tally.events, watcher.last_seq, watcher._tally.faults) == (1, 15, [])


async def test_a_frame_that_no_watcher_should_get_is_a_fault(watcher: Watcher):
    watcher.take(SWITCHED + SNAPSHOT + framed("error", problem="none"))

    assert watcher._tally.faults == ["unexpected: {'type': 'error', 'problem': 'none'}"]


async def test_a_position_is_noted_with_its_order_and_place(watcher: Watcher):
    watcher.take(SWITCHED + framed("position", position={"lat": -23.5, "lon": -46.6}))

    (arrival,) = watcher._tally.arrivals
    assert (arrival.order, arrival.role, arrival.lat) == (3, Role.CUSTOMER, -23.5)


async def test_prepared_frames_are_counted_apart_and_not_read(watcher: Watcher):
    watcher.take(SWITCHED + prepared_frame(160) * 3)

    assert (watcher._tally.events, watcher._tally.prepared) == (0, 3)
    assert watcher.inspection is not None
    assert watcher.inspection.messages == 0


async def test_a_ping_is_answered(watcher: Watcher, wires):
    watcher.take(SWITCHED + b"\x89\x02ab")

    assert wires[1].recv(100).endswith(b"ab")


async def test_a_message_longer_than_one_reading_is_taken_once_it_is_whole(watcher: Watcher, wires):
    watcher.take(SWITCHED)
    wires[1].sendall(prepared_frame(40_000) * 2)

    watcher.read()
    assert watcher._tally.prepared == 1

    watcher.read()
    assert watcher._tally.prepared == 2


async def test_nothing_to_read_is_no_fault(watcher: Watcher):
    watcher.read()

    assert watcher._tally.faults == []


async def test_being_told_to_come_back_is_a_fault(watcher: Watcher):
    watcher.take(SWITCHED + b"\x88\x06" + (4008).to_bytes(2) + b"slow")

    assert watcher._tally.faults == ["closed: 4008 slow"]


async def test_a_lost_connection_is_a_fault(watcher: Watcher, wires):
    watcher.take(SWITCHED + SNAPSHOT)
    wires[1].close()

    watcher.read()

    assert watcher._tally.faults == ["a socket was lost: the server hung up"]


async def test_being_refused_is_an_error(watcher: Watcher):
    watcher.take(b"HTTP/1.1 404 Not Found\r\n\r\n")

    with pytest.raises(ConnectionRefusedError, match="404 Not Found"):
        await watcher._ready

"""One open feed, as cheaply as it can be read: frames are told apart by their headers and counted."""

import asyncio
import time
from typing import Any, Final, cast

import msgspec

from recado.benches.feeds.frames import CLOSE, EVENT, KIND, PING, POSITION, PREPARED, TEXT, pong, read_frame
from recado.benches.feeds.questions import Arrival, Seat
from recado.benches.feeds.sight import Inspection

_HEAD_ENDS: Final = b"\r\n\r\n"
_SWITCHED: Final = b"HTTP/1.1 101"
_decode: Final = msgspec.json.Decoder().decode


class Tally:
    """What all watchers of a process have got."""

    def __init__(self) -> None:
        self.events = 0
        self.prepared = 0
        self.arrivals: list[Arrival] = []
        self.faults: list[str] = []


class Watcher(asyncio.Protocol):
    """Asks for a feed over a fresh connection, and counts what comes. `ready` is done once the snapshot is there."""

    def __init__(self, seat: Seat, tally: Tally, ready: "asyncio.Future[None]") -> None:
        self.seat, self._tally, self._ready = seat, tally, ready
        self._transport: asyncio.Transport | None = None
        self._is_open = self._is_leaving = False
        self._rest = b""
        self.last = b""  # numbered message
        self.snapshot_seq = 0
        self.inspection = Inspection(seat.role) if seat.is_inspected else None

    @property
    def last_seq(self) -> int:
        """The number of the last message that has one."""
        return int(_decode(self.last)["seq"]) if self.last else self.snapshot_seq

    def leave(self) -> None:
        """Hang up."""
        self._is_leaving = True
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is not a subclass
        self._transport.write(_request(self.seat))

    def data_received(self, data: bytes) -> None:
        """Take every frame that is whole, and keep what is not."""
        if not self._is_open:
            data = self._shake_hands(data)
        elif self._rest:
            data, self._rest = self._rest + data, b""
        at, size = 0, len(data)
        while at < size:
            frame = read_frame(data, at)
            if frame is None:
                self._rest = data[at:]
                return
            first, start, at = frame
            if first == TEXT:
                self._take(data[start:at])
            else:
                self._control(first, data[start:at])

    def connection_lost(self, error: Exception | None) -> None:
        """Note a fault, unless it was we who hung up."""
        if not self._is_leaving:
            self._tally.faults.append(f"a socket was closed: {error or 'by the server'}")
        if not self._ready.done():
            self._ready.set_exception(error or ConnectionResetError("the server hung up"))

    def _take(self, content: bytes) -> None:
        kind = content[KIND]
        if kind == EVENT:
            self._tally.events += 1
            self.last = content
        elif kind == PREPARED:
            self._tally.prepared += 1
            return
        else:
            self._other(kind, content)
        if self.inspection is not None:
            self.inspection.read(content)

    def _shake_hands(self, data: bytes) -> bytes:
        data = self._rest + data
        head, ends, rest = data.partition(_HEAD_ENDS)
        self._rest = b"" if ends else data
        if not ends:
            return b""
        if not head.startswith(_SWITCHED):
            raise ConnectionRefusedError(head[:200].decode(errors="replace"))
        self._is_open = True
        return rest

    def _other(self, kind: bytes, content: bytes) -> None:
        if kind == POSITION:
            lat = _decode(content)["position"]["lat"]
            self._tally.arrivals.append(Arrival(self.seat.order, self.seat.role, time.monotonic_ns(), lat))
            return
        message: dict[str, Any] = _decode(content)
        if message["type"] == "snapshot" and not self._ready.done():
            self.snapshot_seq = message["seq"]
            self._ready.set_result(None)
        elif message["type"] not in {"heartbeat", "snapshot"}:
            self._tally.faults.append(f"unexpected: {message}")

    def _control(self, first: int, content: bytes) -> None:
        assert self._transport is not None  # it has just brought something
        if first == PING:
            self._transport.write(pong(content))
        elif first == CLOSE:
            self._tally.faults.append(f"closed: {int.from_bytes(content[:2])} {content[2:].decode(errors='replace')}")
            self.leave()


def _request(seat: Seat) -> bytes:
    return (
        f"GET /v1/orders/{seat.order_id}/feed HTTP/1.1\r\nHost: recado\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: cmVjYWRvLXJlY2Fkby0wMQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {seat.token}\r\n\r\n"
    ).encode()

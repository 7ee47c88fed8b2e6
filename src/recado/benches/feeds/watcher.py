"""One open feed, as cheaply as it can be read: frames are told apart by their headers and counted."""

import asyncio
import socket
import time
from typing import Any, Final

import msgspec

from recado.benches.feeds.frames import CLOSE, EVENT, KIND, PING, PREPARED, TEXT, pong, read_frame
from recado.benches.feeds.questions import Arrival, Seat
from recado.benches.feeds.sight import Inspection

READ_BYTES: Final = 1 << 16
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


class Watcher:
    """Asks for a feed over a fresh connection, and counts what comes. `ready` is done once the snapshot is there."""

    def __init__(self, seat: Seat, wire: socket.socket, tally: Tally, ready: "asyncio.Future[None]") -> None:
        self.seat, self._wire, self._tally, self._ready = seat, wire, tally, ready
        self._receive = wire.recv
        self._is_open = self._has_left = False
        self._rest = b""
        self.last = b""  # numbered message
        self.snapshot_seq = 0
        self.inspection = Inspection(seat.role) if seat.is_inspected else None

    @property
    def last_seq(self) -> int:
        """The number of the last message that has one."""
        return int(_decode(self.last)["seq"]) if self.last else self.snapshot_seq

    def ask(self) -> None:
        """Ask for the feed."""
        self._wire.sendall(_request(self.seat))

    def leave(self) -> None:
        """Hang up."""
        self._has_left = True
        self._wire.close()

    def read(self) -> None:
        """Take what has come; what is left is asked for again."""
        try:
            data = self._receive(READ_BYTES)
            self.take(data)
            if not data:
                self._lost(ConnectionResetError("the server hung up"))
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(error)

    def take(self, data: bytes) -> None:
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
                self._take_text(data[start:at])
            else:
                self._take_control(first, data[start:at])

    def _take_text(self, content: bytes) -> None:
        kind = content[KIND]
        if kind == EVENT:
            self._take_event(content)
        elif kind == PREPARED:
            self._tally.prepared += 1
            return
        else:
            self._take_other(content)
        if self.inspection is not None:
            self.inspection.read(content)

    def _take_event(self, content: bytes) -> None:
        self._tally.events += 1
        self.last = content

    def _lost(self, error: OSError) -> None:
        self.leave()
        self._tally.faults.append(f"a socket was lost: {error}")
        if not self._ready.done():
            self._ready.set_exception(error)

    def _shake_hands(self, data: bytes) -> bytes:
        data = self._rest + data
        head, ends, rest = data.partition(_HEAD_ENDS)
        self._rest = b"" if ends else data
        if not ends:
            return b""
        self._is_open = head.startswith(_SWITCHED)
        if not self._is_open:
            self._lost(ConnectionRefusedError(head.partition(b"\r\n")[0].decode(errors="replace")))
            return b""
        return rest

    def _take_other(self, content: bytes) -> None:
        message: dict[str, Any] = _decode(content)
        match message["type"]:
            case "position":
                lat = message["position"]["lat"]
                self._tally.arrivals.append(Arrival(self.seat.order, self.seat.role, time.monotonic_ns(), lat))
            case "event":  # written in another way than `KIND` knows
                self._take_event(content)
            case "snapshot" if not self._ready.done():
                self.snapshot_seq = message["seq"]
                self._ready.set_result(None)
            case "snapshot" | "heartbeat":
                pass
            case _:
                self._tally.faults.append(f"unexpected: {message}")

    def _take_control(self, first: int, content: bytes) -> None:
        if first == PING:
            self._wire.sendall(pong(content))
        elif first == CLOSE:
            self._tally.faults.append(f"closed: {int.from_bytes(content[:2])} {content[2:].decode(errors='replace')}")
            self.leave()


def _request(seat: Seat) -> bytes:
    return (
        f"GET /v1/orders/{seat.order_id}/feed HTTP/1.1\r\nHost: recado\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: cmVjYWRvLXJlY2Fkby0wMQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {seat.token}\r\n\r\n"
    ).encode()

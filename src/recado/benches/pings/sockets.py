"""Riders' open sockets: frames of one ping each, several under way, acknowledged by the number of the last."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from recado.benches.feeds.frames import PING, TEXT, pong, read_frame
from recado.benches.pings.phones import ANSWER_WITHIN_S, Rider, Sent
from recado.errors import CommandRefused

UNDER_WAY: Final = 8  # frames of one socket that are not acknowledged yet
_SHORT: Final = 125
_HEAD_ENDS: Final = b"\r\n\r\n"


class _Said(msgspec.Struct, frozen=True):
    type: str
    n: int = 0


_decode: Final = msgspec.json.Decoder(_Said).decode


class Socket(asyncio.Protocol):
    """One rider's feed, over which pings are sent. A mask of zeros leaves their content as it is."""

    def __init__(self, rider: Rider) -> None:
        loop = asyncio.get_running_loop()
        self._rider = rider
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._is_open = False
        self._until_s = 0.0
        self.sent = self.acknowledged = 0
        self.ready: asyncio.Future[None] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the feed."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's own is not a subclass
        transport.write(  # type: ignore[attr-defined]
            b"GET /v1/rider/feed HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Authorization: Bearer %b\r\n\r\n" % self._rider.token.encode()
        )

    async def work(self, *, until_s: float) -> None:
        """Send until then, and wait until all is acknowledged."""
        self._until_s = until_s
        self._over = asyncio.get_running_loop().create_future()
        self._send(UNDER_WAY)
        await asyncio.wait_for(self._over, until_s - time.perf_counter() + ANSWER_WITHIN_S)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what is acknowledged, and send as much again."""
        data = self._rest + data
        at = 0
        if not self._is_open:
            end = data.find(_HEAD_ENDS)
            if end < 0:
                self._rest = data
                return
            self._is_open, at = True, end + len(_HEAD_ENDS)
        while (frame := read_frame(data, at)) is not None:
            kind, start, at = frame
            self._take(kind, data[start:at])
        self._rest = data[at:]

    def connection_lost(self, error: Exception | None) -> None:
        """Say so."""
        for waiting in (self.ready, self._over):
            if not waiting.done():
                waiting.set_exception(error or ConnectionResetError("the server hung up"))

    def _take(self, kind: int, content: bytes) -> None:
        if kind == PING and self._transport is not None:
            self._transport.write(pong(content))
        if kind != TEXT:
            return
        said = _decode(content)
        if said.type == "snapshot" and not self.ready.done():
            self.ready.set_result(None)
        elif said.type == "error" or (said.type == "ack" and b'"accepted"' not in content):
            self._over.set_exception(CommandRefused(f"a socket was told {content[:400]!r}"))
        elif said.type == "ack":
            acknowledged, self.acknowledged = said.n - self.acknowledged, said.n
            if time.perf_counter() < self._until_s:
                self._send(acknowledged)
            elif self.acknowledged == self.sent and not self._over.done():
                self._over.set_result(None)

    def _send(self, frames: int) -> None:
        assert self._transport is not None  # who sends is connected
        said = []
        for _ in range(frames):
            self.sent += 1
            content = f'{{"n":{self.sent},{self._rider.ping()[1:]}'.encode()
            length = bytes((0x80 | len(content),)) if len(content) <= _SHORT else b"\xfe" + len(content).to_bytes(2)
            said.append(bytes((TEXT,)) + length + b"\0\0\0\0" + content)
        self._transport.write(b"".join(said))


async def send(port: int, riders: Sequence[Rider], *, for_s: float) -> Sent:
    """Open a socket for each rider, send for so long as fast as it is acknowledged, and return what came of it."""
    loop = asyncio.get_running_loop()
    sockets = []
    try:
        for rider in riders:
            _, socket = await loop.create_connection(lambda one=rider: Socket(one), "127.0.0.1", port)  # type: ignore[misc]
            sockets.append(socket)
        await asyncio.wait_for(asyncio.gather(*(one.ready for one in sockets)), ANSWER_WITHIN_S)
        started_s = time.perf_counter()
        await asyncio.gather(*(one.work(until_s=started_s + for_s) for one in sockets))
        wall_s = time.perf_counter() - started_s
    finally:
        for one in sockets:
            one.close()
    pings = sum(one.acknowledged for one in sockets)
    return Sent(requests=pings, pings=pings, wall_s=wall_s, delays_ms=[])

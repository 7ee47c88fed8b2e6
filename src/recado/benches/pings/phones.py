"""Phones: connections that send as fast as they are answered, or at a rate, and what they were answered."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from infra.clock import wall_now
from kernel.geo import offset
from recado.benches.frame.town import CENTRE
from recado.errors import CommandRefused

ANSWER_WITHIN_S: Final = 30.0
STEP_MS: Final = 1  # between the pings of one rider, at least: their device times tell them apart


class Rider:
    """One who rides around: makes requests with pings that are newer each time."""

    def __init__(self, number: int, token: str) -> None:
        place = offset(CENTRE, east_m=-4_000 + 80 * (number % 100), north_m=-4_000 + 80 * (number // 100 % 100))
        self.token = token
        self._place = f'"lat":{place.lat:.6f},"lon":{place.lon:.6f},"accuracy_m":8,"speed_mps":6.5,"bearing_deg":90'
        self._latest_ms = 0

    def ping(self) -> str:
        """Return the next ping as JSON."""
        self._latest_ms = max(self._latest_ms + STEP_MS, int(wall_now().timestamp() * 1000))
        return f'{{"device_at":{self._latest_ms},{self._place}}}'

    def body(self, pings: int) -> str:
        """Return one ping, or a batch."""
        if pings == 1:
            return self.ping()
        return f'{{"positions":[{",".join(self.ping() for _ in range(pings))}]}}'

    def request(self, path: str, pings: int) -> bytes:
        """Return a whole request."""
        body = self.body(pings)
        return (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What phones did: requests, pings, how long, and each answer's delay in milliseconds."""

    requests: int
    pings: int
    wall_s: float
    delays_ms: list[float]


class Phone(asyncio.Protocol):
    """One connection, which several riders share one after the other."""

    def __init__(self, make: Callable[[], bytes], pings: int) -> None:
        self._make, self._pings = make, pings
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._due_s = 0.0  # when it was to send what it waits for an answer to
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.until_s, self.every_s, self._at_least = 0.0, 0.0, 0
        self.answers = 0
        self.delays_ms: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's own is not a subclass

    async def work(self, *, from_s: float, until_s: float, every_s: float = 0.0, at_least: int = 0) -> None:
        """Send until then, as fast as answers come or every so often; a late answer makes the next request late, too.

        Such a request's delay counts from when it was to be sent.
        """
        self._at_least = at_least
        self.until_s, self.every_s, self._due_s = until_s, every_s, from_s
        self.answers, self.delays_ms = 0, []
        self._over = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(max(0.0, from_s - time.perf_counter()), self._send)
        await asyncio.wait_for(self._over, until_s - time.perf_counter() + ANSWER_WITHIN_S)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take an answer, and go on."""
        buffer = self._buffer = self._buffer + data if self._buffer else data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        status = buffer[9:12]
        length = 0
        if status == b"200":
            start = buffer.index(b"content-length: ") + 16
            length = int(buffer[start : buffer.index(b"\r", start)])
            if len(buffer) < head + 4 + length:
                return
        self._buffer = b""
        if status not in {b"200", b"204"} or (status == b"200" and buffer.count(b'"accepted"') != self._pings):
            self._fail(CommandRefused(f"a phone was answered {buffer[:600].decode(errors='replace')}"))
            return
        now_s = time.perf_counter()
        self.answers += 1
        self.delays_ms.append((now_s - self._due_s) * 1000)
        self._due_s = self._due_s + self.every_s if self.every_s else now_s
        if max(now_s, self._due_s) >= self.until_s and self.answers >= self._at_least:
            self._over.set_result(None)
        elif self._due_s > now_s:
            asyncio.get_running_loop().call_later(self._due_s - now_s, self._send)
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Say so."""
        self._fail(error or ConnectionResetError("the server hung up"))

    def _send(self) -> None:
        assert self._transport is not None  # who sends is connected
        self._transport.write(self._make())

    def _fail(self, error: Exception) -> None:
        if not self._over.done():
            self._over.set_exception(error)


class Phones:
    """So many connections for these riders; each sends one request at a time."""

    def __init__(self, port: int, riders: Sequence[Rider], *, connections: int) -> None:
        self._port, self._riders, self._connections = port, riders, connections

    async def greet(self, path: str) -> None:
        """Let each rider send one ping: their first one finds out who that is."""
        await self.send(path, pings=1, for_s=0, is_each=True)

    async def send(
        self, path: str, *, pings: int, for_s: float, requests_per_s: float = 0.0, is_each: bool = False
    ) -> Sent:
        """Send for so long as fast as answers come, or at this rate, each rider once at least where that is asked."""
        loop = asyncio.get_running_loop()
        shares = [list(self._riders[place :: self._connections]) for place in range(self._connections)]
        phones: list[Phone] = []
        for share in shares:
            _, phone = await loop.create_connection(
                partial(Phone, _taking_turns(share, path, pings), pings), "127.0.0.1", self._port
            )
            phones.append(phone)
        started_s = time.perf_counter()
        every_s = self._connections / requests_per_s if requests_per_s else 0.0
        try:
            turn_s = every_s / self._connections  # one after the other, not all at once
            until_s = started_s + for_s
            await asyncio.gather(
                *(
                    phone.work(
                        from_s=started_s + number * turn_s,
                        until_s=until_s,
                        every_s=every_s,
                        at_least=len(shares[number]) if is_each else 0,
                    )
                    for number, phone in enumerate(phones)
                )
            )
        finally:
            for phone in phones:
                phone.close()
        wall_s = time.perf_counter() - started_s
        requests = sum(phone.answers for phone in phones)
        delays_ms = sorted(delay for phone in phones for delay in phone.delays_ms)
        return Sent(requests=requests, pings=requests * pings, wall_s=wall_s, delays_ms=delays_ms)


def _taking_turns(riders: Sequence[Rider], path: str, pings: int) -> Callable[[], bytes]:
    turn = 0

    def make() -> bytes:
        nonlocal turn
        turn += 1
        return riders[turn % len(riders)].request(path, pings)

    return make

"""A lean HTTP client: what it costs must not be what is measured."""

import asyncio
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import urlsplit

import httptools
import msgspec

from recado.errors import CommandRefused

ANSWERS_WITHIN_S: Final = 30.0
_FIRST_REFUSAL: Final = 300  # statuses from here on are not what a bench asked for
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


class Client:
    """One caller's kept connection to an installation: one request at a time, each of which must succeed."""

    def __init__(self, address: str, token: str) -> None:
        url = urlsplit(address)
        self._host, self._port = url.hostname or "127.0.0.1", url.port or 80
        self._head = f"Host: {url.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self._wire: _Wire | None = None

    async def get(self, path: str) -> Any:
        """Fetch something."""
        return await self.ask("GET", path)

    async def post(self, path: str, body: object = None, *, key: str | None = None) -> Any:
        """Do something; `key` is its Idempotency-Key."""
        return await self.ask("POST", path, body, key=key)

    async def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        """Send one request and return the answer's content; anything but success ends the bench."""
        content = b"" if body is None else _encode(body)
        keyed = f"Idempotency-Key: {key}\r\n" if key else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{keyed}Content-Length: {len(content)}\r\n\r\n"
        status, answer = await self.send(head.encode() + content)
        if status >= _FIRST_REFUSAL:
            raise CommandRefused(f"{method} {path} answered {status}: {answer[:500].decode(errors='replace')}")
        return _decode(answer) if answer else None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request as it is, and return status and body; raises OSError while nobody answers."""
        if self._wire is None or self._wire.is_closed:
            loop = asyncio.get_running_loop()
            _, self._wire = await loop.create_connection(_Wire, self._host, self._port)
        return await asyncio.wait_for(self._wire.ask(request), ANSWERS_WITHIN_S)

    def close(self) -> None:
        """Let go of the connection."""
        if self._wire is not None:
            self._wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()


class _Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._body: list[bytes] = []
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self.is_closed = False

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Write a request; the future is its answer."""
        assert self._transport is not None  # who asks is connected
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is not a subclass

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server hung up"))

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        body, self._body = b"".join(self._body), []
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), body))
        self._parser = httptools.HttpResponseParser(self)

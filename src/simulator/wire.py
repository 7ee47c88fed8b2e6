"""HTTP/1.1 as the people of a simulated day need it: many small requests from one process, cheaply."""

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import httptools
import httpx
import msgspec

ANSWERS_WITHIN_S: Final = 30.0
CONNECTIONS: Final = 32


class Raw(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    body: bytes


class Wire(Protocol):
    """How requests travel. Raises OSError or TimeoutError where nothing came back: the request may have been heard."""

    async def request(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Raw:
        """Send one request and return its answer."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class Lines:
    """Kept-alive connections to one house."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._is_tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._is_tls else 80)
        self._head = f" HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[_Line] = []

    async def request(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Raw:
        """Send one request and return its answer."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body = content or b""
        head = f"{method} {path}{self._head}{fields}Content-Length: {len(body)}\r\n\r\n"
        async with self._slots:
            line = await self._line()
            try:
                async with asyncio.timeout(ANSWERS_WITHIN_S):
                    raw = await line.ask(head.encode() + body)
            except BaseException:
                line.hang_up()  # Whatever comes on it now answers nobody.
                raise
            if line.is_open:
                self._idle.append(line)
            return raw

    async def close(self) -> None:
        """Let go of the connections."""
        for line in self._idle:
            line.hang_up()
        self._idle.clear()

    async def _line(self) -> "_Line":
        while self._idle:
            if (line := self._idle.pop()).is_open:
                return line
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port, ssl=self._is_tls or None)
        return line


class _Line(asyncio.Protocol):
    """One connection, on which one request is under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Raw] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []

    @property
    def is_open(self) -> bool:
        """Tell whether another request may be sent."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Raw:
        """Send a request and return the answer."""
        if self._transport is None:
            raise ConnectionResetError
        self._waiting, self._body = asyncio.get_running_loop().create_future(), []
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(request)
        return await self._waiting

    def hang_up(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note of the connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionAbortedError(f"no HTTP: {error}"))
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._transport = None
        self._fail(ConnectionResetError(str(exc or "closed by the other side")))

    def on_body(self, data: bytes) -> None:
        """Keep a part of the answer."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Raw(self._parser.get_status_code(), b"".join(self._body)))
        if not self._parser.should_keep_alive() and self._transport is not None:
            self._transport.close()

    def _fail(self, error: OSError) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)


class Through:
    """Any transport of httpx as a wire: tests bring one that loses answers, or that answers from a table."""

    def __init__(self, address: str, transport: httpx.AsyncBaseTransport) -> None:
        self._http = httpx.AsyncClient(base_url=address, timeout=ANSWERS_WITHIN_S, trust_env=False, transport=transport)

    async def request(self, method: str, path: str, content: bytes | None, headers: Mapping[str, str]) -> Raw:
        """Send one request and return its answer."""
        try:
            response = await self._http.request(method, path, content=content, headers=headers)
        except httpx.TransportError as error:
            raise ConnectionResetError(repr(error)) from error
        return Raw(response.status_code, response.content)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

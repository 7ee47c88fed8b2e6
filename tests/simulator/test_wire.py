import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from simulator.wire import Lines

Reply = Callable[[bytes], bytes | None]
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class House(asyncio.Protocol):
    """Answers each request in one piece; a reply of None hangs up."""

    def __init__(self, reply: Reply, heard: list[bytes]) -> None:
        self._reply, self._heard, self._came = reply, heard, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, _, rest = self._came.partition(b"\r\n\r\n")
        if len(rest) < int(head.partition(b"Content-Length: ")[2]):
            return
        self._heard.append(self._came)
        answer, self._came = self._reply(self._came), b""
        if answer is None:
            self._transport.close()
        else:
            self._transport.write(answer)


@asynccontextmanager
async def a_house(reply: Reply) -> AsyncIterator[tuple[Lines, list[bytes]]]:
    heard: list[bytes] = []
    server = await asyncio.get_running_loop().create_server(lambda: House(reply, heard), "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield lines, heard
    finally:
        await lines.close()
        server.close()
        await asyncio.sleep(0.01)  # until both ends have heard of it


async def test_a_request_goes_out_whole_and_its_answer_comes_back_whole():
    async with a_house(
        lambda _: (
            b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{"\r\n3\r\na":\r\n2\r\n1}\r\n0\r\n\r\n'
        )
    ) as (lines, heard):
        raw = await lines.request("POST", "/v1/orders?x=1", b'{"a":1}', {"Authorization": "Bearer t"})

    assert (raw.status, raw.body) == (201, b'{"a":1}')
    assert heard[0].startswith(b"POST /v1/orders?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer t\r\n" in heard[0]
    assert heard[0].endswith(b'Content-Length: 7\r\n\r\n{"a":1}')


async def test_one_after_the_other_goes_over_the_same_connection():
    async with a_house(lambda _: GOOD) as (lines, heard):
        for _ in range(3):
            await lines.request("GET", "/", None, {})
        assert len(lines._idle) == 1

    assert len(heard) == 3


async def test_many_at_once_each_get_their_own_answer():
    def echo(request: bytes) -> bytes:
        path = request.split()[1]
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path)

    async with a_house(echo) as (lines, _):
        raws = await asyncio.gather(*(lines.request("GET", f"/{n}", None, {}) for n in range(100)))

    assert [raw.body for raw in raws] == [f"/{n}".encode() for n in range(100)]


@pytest.mark.parametrize("reply", [lambda _: None, lambda _: b"SSH-2.0-OpenSSH\r\n"], ids=["hung up", "not HTTP"])
async def test_no_answer_is_an_error_of_the_network(reply: Reply):
    async with a_house(reply) as (lines, _):
        with pytest.raises(ConnectionError):
            await lines.request("GET", "/", None, {})


async def test_a_connection_that_is_closed_after_the_answer_is_not_used_again():
    closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    async with a_house(lambda _: closing) as (lines, heard):
        for _ in range(2):
            assert (await lines.request("GET", "/", None, {})).status == 200

    assert len(heard) == 2

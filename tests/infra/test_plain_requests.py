"""Plain requests are answered from the stream; whatever is sent, in whatever pieces, nobody can tell the difference."""

import asyncio
from contextlib import asynccontextmanager, suppress
from random import Random

import httptools
import pytest
import uvicorn
from tests.infra.live.conftest import serving

from infra.plain_requests import plain_protocol
from recado.listening import bind

PATH = "/short"
BODY = b'{"lat":1}'
QUIET_S = 0.3


async def echo(scope, receive, send):
    """The application: says what it was asked, and that it was the application."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    body, is_more = b"", True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, is_more = body + message["body"], message["more_body"]
    headers = [(b"content-length", b"%d" % len(body)), (b"x-by", b"application")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class ShortEcho:
    """The short way: echoes too, at once or later, as it is told, and leaves alone what begins with an exclamation."""

    path, max_body_bytes = PATH, 1_000

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, bytes, bytes]] = []
        self.is_held = False
        self.held: list = []

    async def until_held(self):
        while not self.held:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)

    def begin(self, authorization, request_id, body, answer):
        if body.startswith(b"!"):
            return False
        self.asked.append((authorization, request_id, body))
        if self.is_held:
            self.held.append(lambda: answer(200, b"x-by: us\r\n", body))
        elif body.startswith(b"later"):
            asyncio.get_running_loop().call_later(0.002, answer, 200, b"x-by: us\r\n", body)
        else:
            answer(200, b"x-by: us\r\n", body)
        return True


class Answers:
    """Reads answers off a connection, as httptools understands them."""

    def __init__(self, reader) -> None:
        self._reader, self._parser = reader, httptools.HttpResponseParser(self)
        self._done: list[tuple[int, dict[bytes, bytes], bytes]] = []
        self._headers, self._body = {}, b""

    def on_header(self, name, value):
        self._headers[name] = value

    def on_body(self, body):
        self._body += body

    def on_message_complete(self):
        self._done.append((self._parser.get_status_code(), self._headers, self._body))
        self._headers, self._body = {}, b""

    async def next(self):
        while not self._done:
            data = await asyncio.wait_for(self._reader.read(65_536), 5)
            if not data:
                raise EOFError
            self._parser.feed_data(data)
        return self._done.pop(0)

    async def all(self, count):
        answers = []
        with suppress(EOFError):
            while len(answers) < count:
                status, headers, body = await self.next()
                answers.append((status, body, headers.get(b"x-by"), headers.get(b"connection")))
        return answers


def a_request(body=BODY, *headers: bytes, path=PATH, line=None):
    given = [b"Host: recado", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([line or b"POST %b HTTP/1.1" % path.encode(), *given, b"", body])


@pytest.fixture
def short():
    return ShortEcho()


def served(short, **options):
    return serving(echo, http=plain_protocol(short) if short else "httptools", **options)


@asynccontextmanager
async def connection(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Answers(reader), writer
    finally:
        writer.close()


@asynccontextmanager
async def connected(short, **options):
    async with served(short, **options) as port, connection(port) as (answers, writer):
        yield answers, writer


async def test_a_plain_request_is_answered_by_the_short_way(short):
    async with connected(short) as (answers, writer):
        writer.write(a_request(BODY, b"AUTHORIZATION:  Bearer me ", b"x-request-id:7"))
        status, headers, body = await answers.next()

    assert (status, body, headers[b"x-by"]) == (200, BODY, b"us")
    assert headers[b"date"]
    assert short.asked == [(b"Bearer me", b"7", BODY)]


@pytest.mark.parametrize(
    "request_bytes",
    [
        a_request(path="/else"),
        a_request(path=f"{PATH}?x=1"),
        a_request(b"! not yours"),
        a_request(b"x" * 1_001),
        a_request(line=b"PUT /short HTTP/1.1"),
        a_request(BODY, b"Expect: 100-continue"),
        a_request(BODY, b"Upgrade: h2c"),
        a_request(BODY, b"Connection: close"),
        a_request(BODY, b"Content-Encoding: gzip"),
        a_request(BODY, b"Authorization: a", b"authorization: b"),
        b"POST /short HTTP/1.1\r\nHost: recado\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
    ids=lambda request: request[:90].decode(),
)
async def test_what_is_odd_is_for_the_application_and_the_next_one_is_not(short, request_bytes):
    async with connected(short) as (answers, writer):
        writer.write(request_bytes)
        status, headers, _ = await answers.next()
        assert status in {100, 200}
        if status == 100:
            status, headers, _ = await answers.next()
        assert (status, headers[b"x-by"]) == (200, b"application")
        if headers.get(b"connection") != b"close":
            writer.write(a_request())
            assert (await answers.next())[1][b"x-by"] == b"us"


async def test_blanks_around_a_value_are_not_part_of_it(short):
    async with connected(short) as (answers, writer):
        writer.write(b"POST /short HTTP/1.1\r\nX:\r\nContent-Length:\t3 \r\nConnection: Keep-Alive \r\n\r\nabc")
        _, headers, body = await answers.next()

    assert (headers[b"x-by"], body) == (b"us", b"abc")


NOT_HTTP = [
    b"POST /short HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"POST /short HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
    b"POST /short HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /short HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
    b"POST /short HTTP/1.1\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /short HTTP/1.1\r\nX: a\rb\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /short HTTP/1.1\r\nX: a\0b\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /short HTTP/1.1\nContent-Length: 3\n\nabc",
    b"POST /short HTTP/1.1\r\n\r\n",
    b"POST /short HTTP/1.1\r\n: 3\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /short HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
]


@pytest.mark.parametrize("request_bytes", NOT_HTTP, ids=lambda request: request[22:].decode())
async def test_what_no_proxy_should_let_through_is_never_taken_here(short, request_bytes):
    async with connected(short) as (answers, writer):
        writer.write(request_bytes)
        with suppress(EOFError, TimeoutError, httptools.HttpParserError):
            await asyncio.wait_for(answers.next(), 0.2)

    assert short.asked == []


async def test_in_whatever_pieces_requests_come_they_are_answered_in_their_order(short):
    rng = Random(20_260_314)
    kinds = [
        lambda n: a_request(b"plain %d" % n),
        lambda n: a_request(b"later %d" % n),
        lambda n: a_request(b"! %d" % n),
        lambda n: a_request(b"else %d" % n, path="/else"),
        lambda n: a_request(b"odd %d" % n, b"TE: trailers"),
        lambda n: b"POST /short HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nc%03d\r\n0\r\n\r\n" % n,
        lambda _: a_request(b"x" * rng.choice([0, 1, 999, 1_000, 1_001, 70_000])),
    ]
    async with served(short) as ours, served(None) as theirs:
        for _ in range(60):
            wishes = [rng.choice(kinds)(number) for number in range(rng.randint(1, 12))]
            stream = b"".join(wishes)
            cuts = sorted(rng.sample(range(1, len(stream)), min(len(stream) - 1, rng.choice([0, 1, 3, 60]))))
            pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
            seen = []
            for port in (ours, theirs):
                async with connection(port) as (answers, writer):
                    for piece in pieces:
                        writer.write(piece)
                        await asyncio.sleep(0)
                    seen.append(await answers.all(len(wishes)))
            assert [one[:2] for one in seen[0]] == [one[:2] for one in seen[1]]
            assert len(seen[0]) == len(wishes)


async def test_many_at_once_that_are_answered_at_once_do_not_go_deeper_and_deeper(short):
    async with connected(short) as (answers, writer):
        writer.write(a_request() * 3_000)
        assert len(await answers.all(3_000)) == 3_000

    assert len(short.asked) == 3_000


async def test_one_at_a_time_is_asked_and_who_sends_more_is_not_read(short):
    short.is_held, short.max_body_bytes = True, 60_000
    async with connected(short) as (answers, writer):
        many = a_request(b"x" * 60_000) * 400
        writer.write(many)
        await asyncio.sleep(0.3)
        assert len(short.asked) == 1
        assert writer.transport.get_write_buffer_size() > 1_000_000  # it waits with the sender
        short.is_held = False
        short.held.pop()()
        assert len(await answers.all(400)) == 400


async def test_who_does_not_read_answers_is_not_read_either(short):
    async with connected(short) as (answers, writer):
        answers._reader._transport.pause_reading()
        for _ in range(50):
            writer.write(a_request(b"x" * 1_000) * 100)
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.3)
        assert len(short.asked) < 5_000
        answers._reader._transport.resume_reading()
        assert len(await answers.all(5_000)) == 5_000


async def test_an_answer_to_somebody_who_left_is_dropped(short):
    short.is_held = True
    async with connected(short) as (_, writer):
        writer.write(a_request() * 2)
        await short.until_held()
        writer.close()
        await asyncio.sleep(0.05)
        short.held.pop()()
        await asyncio.sleep(0.05)

    assert len(short.asked) == 1  # the second is nobody's any more


async def test_a_body_that_never_ends_leaves_nothing_behind(short):
    async with connected(short) as (_, writer):
        writer.write(a_request(b"x" * 500)[:-1])
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.05)

    assert short.asked == []


@pytest.mark.parametrize("is_short", [True, False], ids=["short", "application"])
async def test_a_quiet_connection_is_closed_and_a_busy_one_is_not(short, is_short):
    path = PATH if is_short else "/else"
    async with connected(short, timeout_keep_alive=QUIET_S) as (answers, writer):
        for _ in range(4):
            writer.write(a_request(path=path))
            await answers.next()
            await asyncio.sleep(QUIET_S / 2)
        began = asyncio.get_running_loop().time()
        with pytest.raises(EOFError):
            await answers.next()
        assert asyncio.get_running_loop().time() - began > QUIET_S / 4


async def test_a_quiet_connection_is_not_closed_while_an_answer_is_awaited(short):
    async with connected(short, timeout_keep_alive=QUIET_S) as (answers, writer):
        writer.write(a_request())
        await answers.next()
        short.is_held = True
        writer.write(a_request())
        await asyncio.sleep(2 * QUIET_S)
        short.held.pop()()
        assert (await answers.next())[2] == BODY


@asynccontextmanager
async def a_server(short):
    """A server that the test stops, and a connection to it."""
    config = uvicorn.Config(echo, http=plain_protocol(short), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with bind("127.0.0.1", 0) as listener:
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        async with connection(listener.getsockname()[1]) as (answers, writer):
            yield server, running, answers, writer
            server.should_exit = True
            await asyncio.wait_for(running, 5)


async def test_whoever_was_asked_when_the_server_stops_is_answered_first(short):
    short.is_held = True
    async with a_server(short) as (server, running, answers, writer):
        writer.write(a_request())
        await short.until_held()
        server.should_exit = True
        await asyncio.sleep(0.3)
        assert not running.done()
        short.held.pop()()
        status, headers, body = await answers.next()
        assert (status, headers[b"connection"], body) == (200, b"close", BODY)


@pytest.mark.parametrize("path", [PATH, "/else"], ids=["short", "application"])
async def test_whoever_asks_a_server_that_leaves_is_answered_and_told(short, path):
    async with a_server(short) as (server, _, answers, writer):
        writer.write(a_request(path=path))
        await answers.next()
        [connection] = server.server_state.connections
        connection.leave()
        writer.write(a_request(path=path))
        status, headers, body = await answers.next()
        assert (status, headers[b"connection"], body) == (200, b"close", BODY)
        with pytest.raises(EOFError):
            await answers.next()

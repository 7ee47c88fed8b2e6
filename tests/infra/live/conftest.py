"""A house with one hub behind a real server, and the few things tests do to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import uvicorn
import websockets
from litestar import Litestar, WebSocket, websocket
from litestar.params import FromPath, FromQuery
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from tests.loops import stop

from infra import outbox
from infra.clock import DomainClock
from infra.db import Database
from infra.live.announcer import RedisAnnouncer
from infra.live.hub import Hub
from infra.live.session import Feeds, Limits
from infra.live.sockets import FeedProtocol
from infra.live.source import FeedTables
from infra.live.view import Loaded, Watch
from infra.outbox import Recorded
from kernel.events import Act, Cause, Event
from recado.listening import bind

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ANA = "sto_ana"


class Noted(Event, frozen=True, kw_only=True, tag="test.noted"):
    text: str
    rider_id: str | None = None  # whose positions the watcher sees from here on


class NotedView:
    """Shows a note's text, hides those that say so, and follows the rider the last one named."""

    def __init__(self) -> None:
        self.riders: frozenset[str] = frozenset()

    async def load(self) -> Loaded:
        return Loaded({"notes": "all of them"})

    async def prepare(self) -> None:
        await asyncio.sleep(0)

    def learn(self, fact: Recorded) -> None:
        noted = msgspec.json.decode(fact.payload, type=Noted)
        self.riders = frozenset({noted.rider_id} if noted.rider_id else ())
        if noted.text == "fails once":
            raise ValueError(noted.text)

    def cell(self, fact: Recorded) -> Hashable:
        return NotedView

    def show(self, fact: Recorded) -> object | None:
        noted = msgspec.json.decode(fact.payload, type=Noted)
        return None if noted.text == "secret" else {"type": fact.type, "text": noted.text}

    def positions(self) -> frozenset[str]:
        return self.riders

    def show_position(self, key: str, payload: msgspec.Raw) -> object | None:
        return {"of": key} | msgspec.json.decode(payload)


class House:
    """One process with its hub and its server, and a relay in the hands of the test."""

    def __init__(self, database: Database, redis_url: str, *, limits: Limits | None = None, **hub: float) -> None:
        self.database = database
        self.redis_url = redis_url
        self.redis = Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0))
        self.announcer = RedisAnnouncer(self.redis)
        self.source = FeedTables(database)
        clock = DomainClock(database.read)
        self.hub = Hub(redis_url, self.source, clock, **hub)
        self.feeds = Feeds(self.hub, self.source, clock, limits=limits)
        self.received: list[bytes] = []
        self.port = 0

    async def write(
        self, *texts: str, feed_id: str = ANA, rider_id: str | None = None
    ) -> list[tuple[str, int, Recorded]]:
        """Write notes without a word to anybody; returns what a relay would announce."""
        act = Act.by_system(NOON, Cause.RULE)
        async with self.database.begin() as tx:
            for text in texts:
                await outbox.publish(tx, feed_id, Noted(text=text, rider_id=rider_id), act=act)
        written = await self.source.after(feed_id, 0, limit=10_000)
        return [(feed_id, numbered.seq, numbered.fact) for numbered in written[-len(texts) :]]

    async def tell(self, *texts: str, feed_id: str = ANA, rider_id: str | None = None) -> None:
        """Write notes and announce them."""
        await self.announcer.announce(await self.write(*texts, feed_id=feed_id, rider_id=rider_id))

    async def take_frame(self, raw: bytes) -> object | None:
        self.received.append(raw)
        return {"type": "ack", "count": msgspec.json.decode(raw, type=int)}

    @asynccontextmanager
    async def watch(self, feed_id: str = ANA, **query: Any) -> AsyncIterator["Watcher"]:
        """Watch as a client does."""
        words = "&".join(f"{name}={value}" for name, value in query.items())
        url = f"ws://127.0.0.1:{self.port}/feeds/{feed_id}?{words}"
        async with websockets.connect(url, compression=None, max_queue=4, close_timeout=1) as client:
            yield Watcher(client)


class Watcher:
    """A client; `check` is told every frame that comes."""

    def __init__(self, client: websockets.ClientConnection, *, check: Callable[[Any], object] = id) -> None:
        self.client = client
        self.check = check

    async def next(self, within_s: float = 3.0, *, beats: bool = False) -> dict[str, Any]:
        """The next frame; heartbeats only where they are asked for."""
        async with asyncio.timeout(within_s):
            while True:
                frame: dict[str, Any] = msgspec.json.decode(await self.client.recv())
                self.check(frame)
                if beats or frame["type"] != "heartbeat":
                    return frame

    async def texts(self, count: int, within_s: float = 8.0) -> list[tuple[int, str | None]]:
        """The next so many events as (number, text)."""
        frames = [await self.next(within_s) for _ in range(count)]
        return [(frame["seq"], frame["event"].get("text")) for frame in frames]

    async def closed(self, within_s: float = 5.0) -> int | None:
        """Read to the end and return the close code."""
        async with asyncio.timeout(within_s):
            with suppress(websockets.ConnectionClosed):
                while True:
                    await self.client.recv()
        return self.client.close_code


@asynccontextmanager
async def a_house(
    database_url: str, redis_url: str, *, limits: Limits | None = None, **hub: float
) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.connect(database_url, pool_size=4))
        house = House(database, redis_url, limits=limits, **hub)
        stack.push_async_callback(house.redis.aclose)
        hub = asyncio.create_task(house.hub.run())
        stack.push_async_callback(stop, hub)
        await stack.enter_async_context(_serving_feeds(house))
        yield house


@pytest.fixture
async def house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    async with a_house(database_url, redis_url) as house:
        yield house


@asynccontextmanager
async def _serving_feeds(house: House) -> AsyncIterator[None]:
    @websocket("/feeds/{feed_id:str}")
    async def feed(
        socket: WebSocket[Any, Any, Any],
        feed_id: FromPath[str],
        after: FromQuery[int | None] = None,
        epoch: FromQuery[str | None] = None,
    ) -> None:
        view = NotedView()
        watch = Watch(feed_id, view, view.load, after=after, epoch=epoch, receive=house.take_frame)
        await house.feeds.serve(socket, watch)

    async with serving(Litestar([feed], logging_config=None)) as house.port:
        yield


@asynccontextmanager
async def serving(app: Litestar, *, ws: Any = FeedProtocol, **options: Any) -> AsyncIterator[int]:
    """Serve an app as the API process does; yields the port."""
    config = uvicorn.Config(app, ws=ws, ws_per_message_deflate=False, log_config=None, lifespan="on", **options)
    server = uvicorn.Server(config)
    with bind("127.0.0.1", 0) as listener:
        running = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await running

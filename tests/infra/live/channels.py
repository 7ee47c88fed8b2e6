"""A house whose feeds are channels of the Centrifuge protocol, and somebody who speaks it frame by frame."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import websockets
from litestar import Litestar, WebSocket, websocket
from tests.contracts.described import check_replied
from tests.infra.live.conftest import House, NotedView, serving
from tests.infra.live.conftest import a_house as a_plain_house

from infra.clock import wall_now
from infra.live.centrifuge.access import Admitted, NoSuchChannel, NotAdmitted
from infra.live.centrifuge.serving import Centrifuge
from infra.live.centrifuge.terms import Terms
from infra.live.session import Feeds, Limits
from infra.live.sockets import FeedProtocol
from infra.live.view import Loaded, Watch
from kernel.errors import NotFound

WS_MAX_SIZE_BYTES = 64 * 1024  # as recado.server sets it


class Access:
    """Tokens are `name`, `name/rights`, or one of the bad ones; whoever is in may follow what begins with `sto_`."""

    def __init__(self, feeds: Feeds) -> None:
        self.feeds = feeds
        self.ends_at: datetime = wall_now() + timedelta(hours=1)
        self.revoke: list[Callable[[str], None]] = []
        self.opened = 0
        self.meanwhile: Callable[[], Awaitable[None]] | None = None  # happens once, while a snapshot is loaded

    def admit(self, token: str) -> Admitted:
        if token in {"", "forged", "over"}:
            raise NotAdmitted(is_over=token == "over")
        who, _, rights = token.partition("/")
        return Admitted(who=who, rights=rights, token_ends_at=self.ends_at, on_end=self._on_end)

    def _on_end(self, ended: Callable[[str], None]) -> Callable[[], None]:
        self.revoke.append(ended)
        return lambda: self.revoke.remove(ended)

    async def open(
        self, admitted: Admitted, channel: str, *, after: int | None, epoch: str | None
    ) -> tuple[Feeds, Watch]:
        self.opened += 1
        if not channel.startswith(("sto_", "bug_", "away_", "other_")):
            raise NoSuchChannel(channel)
        if channel.startswith("other_"):
            raise NotFound
        if channel.startswith("bug_"):
            raise KeyError(channel)
        if channel.startswith("away_"):
            raise ConnectionResetError
        view = NotedView()

        async def load() -> Loaded:
            meanwhile, self.meanwhile = self.meanwhile, None
            if meanwhile is not None:
                await meanwhile()
            return await view.load()

        return self.feeds, Watch(channel, view, load, after=after, epoch=epoch)


class Raw:
    """Sends and reads frames as they are."""

    def __init__(self, client: websockets.ClientConnection) -> None:
        self.client = client
        self.unread: list[Any] = []
        self.last_id = 0

    async def send(self, *commands: Any) -> None:
        await self.client.send("\n".join(msgspec.json.encode(command).decode() for command in commands))

    async def next(self, within_s: float = 3.0, *, pings: bool = False) -> Any:
        """The next reply or push; pings are answered, and shown only where asked for."""
        async with asyncio.timeout(within_s):
            while True:
                while not self.unread:
                    message = await self.client.recv()
                    assert isinstance(message, str)
                    self.unread = [msgspec.json.decode(line) for line in message.split("\n")]
                    for one in self.unread:
                        check_replied(one)
                reply = self.unread.pop(0)
                if reply or pings:
                    return reply
                await self.send({})

    async def ask(self, **command: Any) -> Any:
        """Send one command and return what answers it."""
        self.last_id += 1
        await self.send({"id": self.last_id, **command})
        reply = await self.next()
        assert reply.pop("id") == self.last_id, reply
        return reply

    async def connect(self, token: str = "ana") -> Any:
        return (await self.ask(connect={"token": token}))["connect"]

    async def subscribe(self, channel: str = "sto_ana", **asked: Any) -> Any:
        return (await self.ask(subscribe={"channel": channel, **asked}))["subscribe"]

    async def publications(self, count: int) -> list[tuple[int, str | None]]:
        """The next so many numbered publications as (offset, text)."""
        pushes = [(await self.next())["push"]["pub"] for _ in range(count)]
        return [(pub["offset"], pub["data"].get("text")) for pub in pushes]

    async def closed(self, within_s: float = 5.0) -> tuple[int | None, str | None]:
        """Read to the end and return the close code and reason."""
        async with asyncio.timeout(within_s):
            with suppress(websockets.ConnectionClosed):
                while True:
                    await self.client.recv()
        return self.client.close_code, self.client.close_reason


class ChannelHouse:
    """A plain house, and the door with channels."""

    def __init__(self, house: House, access: Access) -> None:
        self.house, self.access, self.port = house, access, 0

    @asynccontextmanager
    async def raw(self, token: str = "", **options: Any) -> AsyncIterator[Raw]:
        """Open a socket; connect where a token is given."""
        url = f"ws://127.0.0.1:{self.port}/v1/connection/websocket"
        options = {"compression": None, "close_timeout": 1, "max_size": None, **options}
        async with websockets.connect(url, **options) as client:
            raw = Raw(client)
            if token:
                await raw.connect(token)
            yield raw


@asynccontextmanager
async def a_channel_house(
    database_url: str,
    redis_url: str,
    *,
    terms: Terms | None = None,
    limits: Limits | None = None,
    ws: Any = FeedProtocol,
    **hub: float,
) -> AsyncIterator[ChannelHouse]:
    async with a_plain_house(database_url, redis_url, limits=limits, **hub) as house:
        access = Access(house.feeds)
        centrifuge = Centrifuge(access, limits=limits, terms=terms)

        @websocket("/v1/connection/websocket")
        async def connect(socket: WebSocket[Any, Any, Any]) -> None:
            header = socket.headers.get("authorization", "").removeprefix("Bearer ")
            await centrifuge.serve(socket, given_token=header)

        channels = ChannelHouse(house, access)
        async with serving(
            Litestar([connect], logging_config=None), ws=ws, ws_max_size=WS_MAX_SIZE_BYTES
        ) as channels.port:
            yield channels

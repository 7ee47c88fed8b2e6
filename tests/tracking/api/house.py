"""The house behind a real server, a real relay, and the clock standing at noon."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial

import httpx
import websockets
from redis.asyncio import Redis
from tests.apps import SECRET, an_app, settings_of
from tests.contracts.described import check_told
from tests.infra.live.conftest import Watcher, serving
from tests.infra.live.telling import publish_position
from tests.loops import stop
from tests.tracking.evening import NOON, STRAIGHT, ZE, Evening, minutes

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from fleet.messages import RiderPosition
from fleet.model.positions import Position, Source, to_ms
from infra import clock
from infra.clock import DomainClock
from infra.db import Database
from infra.live.announcer import RedisAnnouncer
from infra.relay import Relay
from infra.wakes import Wakes
from kernel.actors import Role
from kernel.ids import StoreId
from tracking import worker


class House:
    """The running house, and those who look into it."""

    def __init__(self, evening: Evening, redis: Redis, port: int) -> None:
        self.evening, self.redis, self.port = evening, redis, port
        self.tokens = Tokens(SECRET)

    def token(self, role: Role, caller_id: str = ZE, *, store: bool = False, scopes: Iterable[Scope] = ()) -> str:
        stores = frozenset({StoreId(self.evening.store_id)}) if store else frozenset[StoreId]()
        return self.tokens.issue(Caller(role=role, id=caller_id, scopes=frozenset(scopes), store_ids=stores))

    @property
    def everybody(self) -> dict[str, str]:
        return {
            "customer": self.token(Role.CUSTOMER),
            "platform": self.token(Role.PLATFORM, "plt_1"),
            "merchant": self.token(Role.MERCHANT, "per_2", store=True),
            "operator": self.token(Role.OPERATOR, "per_1", scopes=[Scope.SUPPORT]),
        }

    async def get(self, order_id: str, token: str) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, verify=False) as client:
            return await client.get(f"/v1/orders/{order_id}/tracking", headers={"Authorization": f"Bearer {token}"})

    @asynccontextmanager
    async def follow(self, order_id: str, token: str, query: str = "") -> AsyncIterator[Watcher]:
        url = f"ws://127.0.0.1:{self.port}/v1/orders/{order_id}/feed{query}"
        headers = {"Authorization": f"Bearer {token}"}
        async with websockets.connect(url, additional_headers=headers, compression=None) as client:
            yield Watcher(client, check=partial(check_told, f"/v1/orders/{order_id}/feed"))

    async def ping(self, rider_id: str, lat: float, *, second: int) -> None:
        """The rider's phone reports, and whoever may see it is told."""
        at = NOON + minutes(second / 60)
        position = RiderPosition(
            Position(to_ms(at), lat, -46.63, 5, 7, 90, None, False, Source.APP, 0, to_ms(at)),
            to_ms(at + minutes(1)),
        )
        await publish_position(self.redis, rider_id, position, at_ms=second * 1000)

    async def heard(self, rider_id: str, *, by_somebody: bool) -> None:
        """Wait until some process listens to this rider, or none does any more."""
        async with asyncio.timeout(3):
            while bool(await self.redis.pubsub_channels(f"position:{rider_id}")) is not by_somebody:  # noqa: ASYNC110  it is Redis that knows
                await asyncio.sleep(0.01)


class LiveEvening(Evening):
    """Here a relay reacts; the test only waits until it has."""

    async def drain(self) -> None:
        async with asyncio.timeout(5):
            while await self.rows("SELECT id FROM events WHERE NOT is_sent"):  # noqa: ASYNC110  it is the database that knows
                await asyncio.sleep(0.01)


@asynccontextmanager
async def a_house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    settings = settings_of(database_url, redis_url)
    async with Database.connect(database_url, pool_size=6) as database, Redis.from_url(redis_url) as redis:
        async with database.begin() as tx:
            await clock.simulate(tx, start_at=NOON, rate=0)
        evening = await LiveEvening(database).begin()
        relay = Relay(
            database,
            database_url,
            DomainClock(database.read),
            consumers=[worker.consumer(STRAIGHT)],
            announcer=RedisAnnouncer(redis),
        )
        wakes = Wakes(database_url)
        wakes.on(["recado_events"], relay.wake)
        loops = [asyncio.create_task(relay.run()), asyncio.create_task(wakes.run())]
        async with serving(an_app(settings)) as port:
            yield House(evening, redis, port)
        await stop(*loops)

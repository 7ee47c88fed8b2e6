"""The worker process: what happens without anybody asking."""

import asyncio
import gc
from contextlib import AsyncExitStack

from fleet.commands.trails import TrailWriter
from fleet.worker import rebuilder, sweep_for_ever
from infra.clock import DomainClock
from infra.db import Database
from infra.live.announcer import RedisAnnouncer
from infra.payments import sandbox_providers
from infra.redis import connect, one_node
from infra.relay import Relay
from infra.timekeeper import Timekeeper
from infra.wakes import Wakes
from places.zones import Zones
from recado import reactions
from recado.background import running
from recado.settings import Settings


async def run(settings: Settings) -> None:
    """Work until cancelled."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            Database.connect(settings.database_url, pool_size=settings.worker_pool_size)
        )
        redis = await stack.enter_async_context(connect(settings.redis_url))
        channels = await stack.enter_async_context(connect(one_node(settings.redis_url)))
        clock = DomainClock(database.read)
        wakes = Wakes(settings.database_direct_url)
        timekeeper = Timekeeper(
            database,
            clock,
            in_transaction=reactions.TIMERS,
            outside=reactions.outside_timers(sandbox_providers(), redis),
        )
        relay = Relay(
            database,
            settings.database_direct_url,
            clock,
            consumers=reactions.consumers(redis),
            announcer=RedisAnnouncer(channels),
        )
        wakes.on(["recado_clock"], clock.forget)
        wakes.on(["recado_clock", "recado_timers"], timekeeper.wake)
        wakes.on(["recado_events"], relay.wake)
        zones = Zones(database.read)
        trails = TrailWriter(redis, database.begin, zones, clock)
        rebuilding = rebuilder(redis, database.read, zones, clock).run()
        sweep = sweep_for_ever(redis, zones, clock)
        async with running(wakes.run(), timekeeper.run(), relay.run(), trails.run(), rebuilding, sweep):
            gc.freeze()  # What is loaded stays: looking through all of it again and again finds nothing.
            await asyncio.Event().wait()

"""The ASGI application: routes and what they are given."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import Scope as ConnectionScope
from redis.asyncio import Redis

from accounts.guards import caller_of
from accounts.model import Caller
from accounts.tokens import Tokens
from fleet.commands.positions import Receiver
from infra import problems
from infra.clock import DomainClock
from infra.db import Begin, Database, Tx
from infra.live.hub import Hub
from infra.live.refusals import remember_refusal, tell_refused_sockets
from infra.live.session import Feeds
from infra.live.source import FeedTables
from infra.wakes import Wakes
from intake.commands import Around
from places.zones import Zones
from recado import document, parts
from recado.background import running
from recado.etags import tag_answers
from recado.settings import Settings
from recado.telemetry import name_and_count

MAX_BODY_BYTES = 256 * 1024  # 500 pings with room


async def _provide_tx(state: State) -> AsyncIterator[Tx]:
    async with state.database.begin() as tx:
        yield tx


def _provide_begin(state: State) -> Begin:
    begin: Begin = state.database.begin
    return begin


async def _provide_now(state: State) -> datetime:
    now: datetime = await state.clock.now()
    return now


def _provide_caller(scope: ConnectionScope, state: State) -> Caller:
    return caller_of(scope, state.tokens)


def _provide_redis(state: State) -> Redis:
    redis: Redis = state.redis
    return redis


def _provide_tokens(state: State) -> Tokens:
    tokens: Tokens = state.tokens
    return tokens


def _provide_zones(state: State) -> Zones:
    zones: Zones = state.zones
    return zones


def _provide_clock(state: State) -> DomainClock:
    clock: DomainClock = state.clock
    return clock


def _provide_feeds(state: State) -> Feeds:
    feeds: Feeds = state.feeds
    return feeds


def _provide_receiver(state: State) -> Receiver:
    receiver: Receiver = state.receiver
    return receiver


async def _provide_around(state: State) -> Around:
    return Around(zones=await state.zones.map(), travel=parts.TRAVEL)


def _provide_rule_kinds() -> Mapping[str, type[msgspec.Struct]]:
    return parts.RULES


def create_app(settings: Settings) -> Litestar:
    """Return the application; it opens its stores when it starts."""

    @asynccontextmanager
    async def open_stores(app: Litestar) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(
                Database.connect(settings.database_url, pool_size=settings.pool_size)
            )
            redis = await stack.enter_async_context(Redis.from_url(settings.redis_url))
            clock = DomainClock(database.read)
            wakes = Wakes(settings.database_direct_url)
            wakes.on(["recado_clock"], clock.forget)
            app.state.database, app.state.redis = database, redis
            app.state.clock, app.state.zones = clock, Zones(database.read)
            app.state.receiver = Receiver(redis, zones=app.state.zones, availability_of=parts.availability_of(database))
            source = FeedTables(database, heads=parts.feed_heads)
            hub = Hub(settings.redis_url, source)
            app.state.feeds = Feeds(hub, source, clock)
            await stack.enter_async_context(running(wakes.run(), hub.run()))
            yield

    return Litestar(
        parts.ROUTES,
        lifespan=[open_stores],
        state=State({"tokens": Tokens(settings.token_secret)}),
        dependencies={
            "tx": Provide(_provide_tx),
            "begin": Provide(_provide_begin, sync_to_thread=False),
            "now": Provide(_provide_now),
            "caller": Provide(_provide_caller, sync_to_thread=False),
            "redis": Provide(_provide_redis, sync_to_thread=False),
            "tokens": Provide(_provide_tokens, sync_to_thread=False),
            "zones": Provide(_provide_zones, sync_to_thread=False),
            "clock": Provide(_provide_clock, sync_to_thread=False),
            "feeds": Provide(_provide_feeds, sync_to_thread=False),
            "receiver": Provide(_provide_receiver, sync_to_thread=False),
            "around": Provide(_provide_around),
            "rule_kinds": Provide(_provide_rule_kinds, sync_to_thread=False),
        },
        middleware=[name_and_count, tag_answers, tell_refused_sockets],
        after_exception=[remember_refusal],
        exception_handlers=problems.HANDLERS,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,  # recado.logs has set it up
        openapi_config=document.config(),
        signature_namespace={"Any": Any},
    )

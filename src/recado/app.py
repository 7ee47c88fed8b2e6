"""The ASGI application: routes and what they are given."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import Scope as ConnectionScope
from redis.asyncio import Redis

from accounts.grants import CHANNEL, Grants
from accounts.guards import caller_of
from accounts.keys import Keys
from accounts.model import Caller
from accounts.phones import Phones
from accounts.tokens import Tokens
from fleet.api.shortcut import PositionsShortcut
from fleet.commands.phone_notes import PhoneNotes
from fleet.commands.positions import Receiver
from infra import problems
from infra.clock import DomainClock
from infra.db import Begin, Database, Tx
from infra.live.centrifuge.serving import Centrifuge
from infra.live.hub import Hub
from infra.live.looking import LookingHub
from infra.live.refusals import remember_refusal, tell_refused_sockets
from infra.live.session import Feeds
from infra.live.source import FeedTables
from infra.redis import connect
from infra.wakes import Wakes
from intake.commands import Around
from places.zones import Zones
from recado import document, parts
from recado.background import running
from recado.caching import keep_private
from recado.channels import ChannelAccess, Sources
from recado.etags import tag_answers
from recado.pages import routes as pages
from recado.roads import TRAVEL
from recado.settings import Settings
from recado.streets.city_map import CityMap, read_streets
from recado.telemetry import count_answer, name_and_count

MAX_BODY_BYTES = 256 * 1024  # 500 pings with room


def _house(scope: ConnectionScope) -> State:
    # Not by a parameter named `state`: Litestar copies it for every dependency of every request.
    state: State = scope["litestar_app"].state
    return state


# What routes ask for together comes one after the other (caller, now, tx): Litestar makes a task for each of those that
# do not name one another, and a transaction that waits for the clock's connection would keep its own from others.


def _provide_caller(scope: ConnectionScope) -> Caller:
    return caller_of(scope, _house(scope).tokens)


async def _provide_now(scope: ConnectionScope, caller: NamedDependency[Caller]) -> datetime:  # noqa: ARG001
    now: datetime = await _house(scope).clock.now()
    return now


async def _provide_tx(scope: ConnectionScope, now: NamedDependency[datetime]) -> AsyncIterator[Tx]:  # noqa: ARG001
    database: Database = _house(scope).database
    # A GET only reads, and each of its statements sees what is committed then, with a transaction around it or without.
    async with database.read() if scope.get("method") == "GET" else database.begin() as tx:
        yield tx


def _provide_begin(scope: ConnectionScope, now: NamedDependency[datetime]) -> Begin:  # noqa: ARG001
    begin: Begin = _house(scope).database.begin
    return begin


def _provide_begin_for_anybody(scope: ConnectionScope) -> Begin:
    # For the few routes that say who somebody is: every other gets no connection before it knows who calls.
    begin: Begin = _house(scope).database.begin
    return begin


def _provide_receiver(scope: ConnectionScope, now: NamedDependency[datetime]) -> Receiver:  # noqa: ARG001
    receiver: Receiver = _house(scope).receiver
    return receiver


def _provide_receiver_for_anybody(scope: ConnectionScope) -> Receiver:
    # For uploads of phones that say by their link who they are, and carry no access token.
    receiver: Receiver = _house(scope).receiver
    return receiver


def _provide_phones(scope: ConnectionScope) -> Phones:
    phones: Phones = _house(scope).phones
    return phones


def _provide_phone_notes(scope: ConnectionScope) -> PhoneNotes:
    notes: PhoneNotes = _house(scope).phone_notes
    return notes


async def _provide_around(scope: ConnectionScope) -> Around:
    return Around(zones=await _house(scope).zones.map(), travel=TRAVEL)


def _provide_redis(scope: ConnectionScope) -> Redis:
    redis: Redis = _house(scope).redis
    return redis


def _provide_tokens(scope: ConnectionScope) -> Tokens:
    tokens: Tokens = _house(scope).tokens
    return tokens


def _provide_keys(scope: ConnectionScope) -> Keys:
    keys: Keys = _house(scope).account_keys
    return keys


def _provide_zones(scope: ConnectionScope) -> Zones:
    zones: Zones = _house(scope).zones
    return zones


def _provide_clock(scope: ConnectionScope) -> DomainClock:
    clock: DomainClock = _house(scope).clock
    return clock


def _provide_feeds(scope: ConnectionScope) -> Feeds:
    feeds: Feeds = _house(scope).feeds
    return feeds


def _provide_city_feeds(scope: ConnectionScope) -> Feeds:
    feeds: Feeds = _house(scope).city_feeds
    return feeds


def _provide_centrifuge(scope: ConnectionScope) -> Centrifuge:
    centrifuge: Centrifuge = _house(scope).centrifuge
    return centrifuge


def _provide_city_map(scope: ConnectionScope) -> CityMap:
    city_map: CityMap = _house(scope).city_map
    return city_map


def _provide_rule_kinds() -> Mapping[str, type[msgspec.Struct]]:
    return parts.RULES


def _missing(request: Request[Any, Any, Any], error: NotFoundException) -> Response[Any]:
    if pages.is_for_a_page(request):
        return pages.missing(request)
    answer: Response[Any] = problems.HANDLERS[HTTPException](request, error)
    return answer


def _city_map(settings: Settings) -> CityMap:
    data = read_streets(settings.streets_file)
    return CityMap(data, tile_url=settings.tile_url, tile_attribution=settings.tile_attribution)


_DEPENDENCIES: Final = {
    "tx": Provide(_provide_tx),
    "begin": Provide(_provide_begin, sync_to_thread=False),
    "begin_for_anybody": Provide(_provide_begin_for_anybody, sync_to_thread=False),
    "now": Provide(_provide_now),
    "caller": Provide(_provide_caller, sync_to_thread=False),
    "redis": Provide(_provide_redis, sync_to_thread=False),
    "tokens": Provide(_provide_tokens, sync_to_thread=False),
    "keys": Provide(_provide_keys, sync_to_thread=False),
    "zones": Provide(_provide_zones, sync_to_thread=False),
    "clock": Provide(_provide_clock, sync_to_thread=False),
    "feeds": Provide(_provide_feeds, sync_to_thread=False),
    "city_feeds": Provide(_provide_city_feeds, sync_to_thread=False),
    "centrifuge": Provide(_provide_centrifuge, sync_to_thread=False),
    "receiver": Provide(_provide_receiver, sync_to_thread=False),
    "receiver_for_anybody": Provide(_provide_receiver_for_anybody, sync_to_thread=False),
    "phones": Provide(_provide_phones, sync_to_thread=False),
    "phone_notes": Provide(_provide_phone_notes, sync_to_thread=False),
    "around": Provide(_provide_around),
    "city_map": Provide(_provide_city_map, sync_to_thread=False),
    "rule_kinds": Provide(_provide_rule_kinds, sync_to_thread=False),
}


@asynccontextmanager
async def _open_house(app: Litestar) -> AsyncIterator[None]:
    """Open the stores and set up what lives as long as the application runs."""
    state = app.state
    settings: Settings = state.settings
    grants = Grants()
    tokens = Tokens(settings.token_secret, grants=grants)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            Database.connect(settings.database_url, pool_size=settings.pool_size)
        )
        redis = await stack.enter_async_context(connect(settings.redis_url))
        clock = DomainClock(database.read)
        wakes = Wakes(settings.database_direct_url)
        wakes.on(["recado_clock"], clock.forget)
        wakes.on([CHANNEL], grants.wake)
        state.database, state.redis, state.tokens = database, redis, tokens
        state.clock, state.zones = clock, Zones(database.read)
        state.receiver = Receiver(
            redis,
            zones=state.zones,
            availability_of=parts.availability_of(database),
            trails=parts.trails_of(database),
            positions_per_s=settings.rider_positions_per_s,
        )
        state.phone_notes = PhoneNotes(redis)
        state.phones = Phones(database.read, grants=grants)
        hub = _open_feeds(state, settings, tokens=tokens, grants=grants)
        await grants.load(database.read)
        keeping = grants.keep(database.read), state.phones.keep()
        await stack.enter_async_context(running(wakes.run(), hub.run(), *keeping))
        stack.enter_context(state.shortcut.opened(state.receiver, clock, tokens))
        yield


def _open_feeds(state: State, settings: Settings, *, tokens: Tokens, grants: Grants) -> Hub:
    """Set up the ways to follow what happens; the hub that this returns must run."""

    def on_access_end(scope: ConnectionScope, ended: Callable[[str], None]) -> Callable[[], None]:
        return grants.on_end(caller_of(scope, tokens).grant, ended)

    database, clock = state.database, state.clock
    source = FeedTables(database, moved=parts.moved_feeds)
    hub = Hub(settings.redis_url, source, clock, check_access=partial(grants.load, database.read))
    looking = LookingHub(hub, parts.look_at_cities(database), clock)
    state.feeds = Feeds(hub, source, clock, on_access_end=on_access_end)
    state.city_feeds = Feeds(looking, source, clock, on_access_end=on_access_end)
    sources = Sources(begin=database.begin, redis=state.redis, feeds=state.feeds, city_feeds=state.city_feeds)
    state.centrifuge = Centrifuge(ChannelAccess(tokens, grants, parts.CHANNELS, sources))
    return hub


def create_app(settings: Settings, *, more: Sequence[Any] = ()) -> Litestar:
    """Return the application; it opens its stores when it starts, and may be started again after it ended.

    `more` are routes beside the house's own, for benches.
    """
    return Litestar(
        [*parts.ROUTES, *more],
        lifespan=[_open_house],
        state=State(
            {
                "settings": settings,
                "tokens": Tokens(settings.token_secret),  # before it starts nothing is known to be revoked
                "account_keys": Keys(settings.token_secret),
                "shortcut": PositionsShortcut(answered=count_answer, max_body_bytes=MAX_BODY_BYTES),
                "tile_url": settings.tile_url,
                "city_map": _city_map(settings),
            }
        ),
        dependencies=_DEPENDENCIES,
        middleware=[name_and_count, keep_private, tag_answers, tell_refused_sockets],
        after_exception=[remember_refusal],
        exception_handlers={**problems.HANDLERS, NotFoundException: _missing},
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,  # recado.logs has set it up
        openapi_config=document.config(),
        signature_namespace={"Any": Any},
    )

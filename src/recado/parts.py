"""What every package brings to the house: routes, rules. The one list of each; `recado.reactions` has the workers'."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

import accounts.api
import fleet.api
import fleet.api.feed
import fleet.commands
import intake.api
import merchant.api
import merchant.api.feed
import orders.api
import orders.queries
import places.api
import support.api
import support.api.feed
import support.queries.board
import tracking.api
import tracking.api.tracking
import tracking.worker
from fleet.commands import positions
from fleet.model.positions import Standing
from fleet.queries.standing import find_standing
from fleet.queries.trails import StoredTrails
from infra.db import Database, Tx
from infra.live.looking import Look
from infra.live.session import Feeds
from infra.live.source import Head, moved_streams
from infra.live.view import Watch
from intake.policy import FeeRules, ManualEntryRules, ReviewRules
from kernel.errors import NotFound
from kernel.ids import CityId, OrderId, RiderId, StoreId
from merchant.messages import AcceptanceRules
from recado import channels, clock_api, health, telemetry
from recado.channels import Asked, Channel, Sources
from recado.pages import routes as pages
from recado.streets import api as streets
from support.model.facts import StuckRules

ROUTES: Final[Sequence[Any]] = [
    health.live,
    health.ready,
    telemetry.metrics,
    *clock_api.ROUTES,
    *channels.ROUTES,
    *streets.ROUTES,
    *accounts.api.ROUTES,
    *places.api.ROUTES,
    *orders.api.ROUTES,
    *intake.api.ROUTES,
    *merchant.api.ROUTES,
    *fleet.api.ROUTES,
    *tracking.api.ROUTES,
    *pages.ROUTES,
    *support.api.ROUTES,
]

RULES: Final[Mapping[str, type[msgspec.Struct]]] = {
    "acceptance": AcceptanceRules,
    "fees": FeeRules,
    "manual_entry": ManualEntryRules,
    "review": ReviewRules,
    support.queries.board.STUCK_RULE: StuckRules,
    **fleet.commands.RULES,
    **tracking.worker.RULES,
}


async def _open_order(of: Sources, asked: Asked) -> tuple[Feeds, Watch]:
    return of.feeds, await tracking.api.tracking.order_watch(
        of.begin, of.redis, OrderId(asked.feed_id), caller=asked.caller, after=asked.after, epoch=asked.epoch
    )


async def _open_store(of: Sources, asked: Asked) -> tuple[Feeds, Watch]:
    return of.feeds, await merchant.api.feed.store_watch(
        of.begin, StoreId(asked.feed_id), caller=asked.caller, after=asked.after, epoch=asked.epoch
    )


async def _open_rider(of: Sources, asked: Asked) -> tuple[Feeds, Watch]:
    if asked.feed_id != asked.caller.id:
        raise NotFound
    return of.feeds, await fleet.api.feed.rider_watch(
        of.begin, of.feeds.clock, RiderId(asked.feed_id), after=asked.after, epoch=asked.epoch
    )


async def _open_city(of: Sources, asked: Asked) -> tuple[Feeds, Watch]:
    # Nobody numbers it, so there is nothing to resume.
    return of.city_feeds, await support.api.feed.city_watch(of.begin, CityId(asked.feed_id), caller=asked.caller)


# By the prefix of the feed's id; `merchant:ord_…` is that order as its store sees it.
CHANNELS: Final[Mapping[str, Channel]] = {
    "ord": Channel(tracking.api.tracking.MAY_TRACK, _open_order),
    "sto": Channel(merchant.api.feed.MAY_FOLLOW_STORE, _open_store),
    "rdr": Channel(fleet.api.feed.MAY_FOLLOW_DAY, _open_rider),
    "cty": Channel(support.api.feed.MAY_FOLLOW_CITY, _open_city),
}


def availability_of(database: Database) -> positions.AvailabilityOf:
    """Return how a rider whom Redis does not know is looked up."""

    async def look_up(rider_id: RiderId) -> Standing | None:
        async with database.read() as tx:
            return await find_standing(tx, rider_id)

    return look_up


def trails_of(database: Database) -> positions.Trails:
    """Return what PostgreSQL has of riders' trails."""
    return StoredTrails(database.read)


def look_at_cities(database: Database) -> Look:
    """Return how a city's map finds out what changed."""

    async def look(city_id: str) -> Mapping[str, int]:
        async with database.read() as tx:
            return await support.queries.board.look(tx, CityId(city_id))

    return look


async def moved_feeds(tx: Tx, known: Mapping[str, Head]) -> Mapping[str, Head]:
    """Return how far those feeds have come that stand elsewhere than known, whoever numbers them."""
    of_orders = {feed_id: head for feed_id, head in known.items() if feed_id.startswith("ord_")}
    others = known if not of_orders else {one: head for one, head in known.items() if one not in of_orders}
    moved = dict(await moved_streams(tx, others)) if others else {}
    return moved | dict(await orders.queries.moved_feeds(tx, of_orders)) if of_orders else moved

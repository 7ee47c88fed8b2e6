"""What every package brings to the house: routes, rules. The one list of each; `recado.reactions` has the workers'."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

import accounts.api
import fleet.api
import fleet.commands
import intake.api
import merchant.api
import orders.api
import orders.queries
import places.api
import support.api
import support.queries
import tracking.api
import tracking.worker
from fleet.commands import positions
from fleet.model.positions import Standing
from fleet.queries.standing import find_standing
from infra.db import Database, Tx
from infra.live.looking import Look
from infra.live.source import Head, stream_heads
from intake.policy import FeeRules, ManualEntryRules, ReviewRules
from kernel.ids import CityId, RiderId, is_id
from merchant.messages import AcceptanceRules
from recado import clock_api, health, telemetry
from recado.pages import routes as pages
from recado.streets import api as streets
from support.model.facts import StuckRules

ROUTES: Final[Sequence[Any]] = [
    health.live,
    health.ready,
    telemetry.metrics,
    *clock_api.ROUTES,
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
    support.queries.STUCK_RULE: StuckRules,
    **fleet.commands.RULES,
    **tracking.worker.RULES,
}


def availability_of(database: Database) -> positions.AvailabilityOf:
    """Return how a rider whom Redis does not know is looked up."""

    async def look_up(rider_id: RiderId) -> Standing | None:
        async with database.read() as tx:
            return await find_standing(tx, rider_id)

    return look_up


def look_at_cities(database: Database) -> Look:
    """Return how a city's map finds out what changed."""

    async def look(city_id: str) -> Mapping[str, int]:
        async with database.read() as tx:
            return await support.queries.look(tx, CityId(city_id))

    return look


async def feed_heads(tx: Tx, feed_ids: Sequence[str]) -> Mapping[str, Head]:
    """Return how far each feed has come, whoever numbers it."""
    order_ids = [feed_id for feed_id in feed_ids if is_id(feed_id, "ord")]
    others = [feed_id for feed_id in feed_ids if not is_id(feed_id, "ord")]
    heads = dict(await stream_heads(tx, others)) if others else {}
    return heads | dict(await orders.queries.feed_heads(tx, order_ids)) if order_ids else heads

"""What every package brings to the house: routes, reactions to facts, deadlines, rules. The one list of each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

import accounts.api
import orders.api
import orders.queries
import orders.worker
import places.api
from infra.db import Tx
from infra.live.source import Head, stream_heads
from infra.payments import Providers
from infra.relay import Consumer
from infra.timekeeper import InTransaction, Outside
from kernel.ids import is_id
from recado import clock_api, health, telemetry

ROUTES: Final[Sequence[Any]] = [
    health.live,
    health.ready,
    telemetry.metrics,
    *clock_api.ROUTES,
    *accounts.api.ROUTES,
    *places.api.ROUTES,
    *orders.api.ROUTES,
]

RULES: Final[Mapping[str, type[msgspec.Struct]]] = {}

CONSUMERS: Final[Sequence[Consumer]] = []

TIMERS: Final[Mapping[str, InTransaction]] = {**orders.worker.TIMERS}


async def feed_heads(tx: Tx, feed_ids: Sequence[str]) -> Mapping[str, Head]:
    """Return how far each feed has come, whoever numbers it."""
    order_ids = [feed_id for feed_id in feed_ids if is_id(feed_id, "ord")]
    others = [feed_id for feed_id in feed_ids if not is_id(feed_id, "ord")]
    heads = dict(await stream_heads(tx, others)) if others else {}
    return heads | dict(await orders.queries.feed_heads(tx, order_ids)) if order_ids else heads


def outside_timers(providers: Providers) -> Mapping[str, Outside]:
    """Return the deadlines that talk to the outside, given what they talk to."""
    return {**orders.worker.outside_timers(providers)}

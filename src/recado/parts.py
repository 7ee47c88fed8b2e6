"""What every package brings to the house: routes, reactions to facts, deadlines, rules. The one list of each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

import accounts.api
import orders.api
import orders.worker
import places.api
from infra.outbox import Recorded
from infra.payments import Providers
from infra.relay import Announcer, Consumer
from infra.timekeeper import InTransaction, Outside
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


class _NobodyWatches:
    async def announce(self, numbered: Sequence[tuple[str, int, Recorded]]) -> None:
        """Tell nobody: no feed is served yet."""


def announcer(redis: Redis) -> Announcer:
    """Return who hands facts to the live feeds."""
    del redis
    return _NobodyWatches()


def outside_timers(providers: Providers) -> Mapping[str, Outside]:
    """Return the deadlines that talk to the outside, given what they talk to."""
    return {**orders.worker.outside_timers(providers)}

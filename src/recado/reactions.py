"""What every package does without being asked: reactions to facts, deadlines. The one list of each, for workers.

Apart from `recado.parts`, as what decides dispatch takes a second to load and no API process needs it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from redis.asyncio import Redis

import fleet.worker
import intake.worker
import merchant.worker
import orders.worker
import tracking.worker
from fleet.commands import positions
from fleet.model.positions import Standing
from infra.payments import Providers
from infra.relay import Consumer
from infra.timekeeper import InTransaction, Outside
from kernel.events import Act
from kernel.ids import RiderId
from recado.roads import TRAVEL

TIMERS: Final[Mapping[str, InTransaction]] = {
    **orders.worker.TIMERS,
    **intake.worker.TIMERS,
    **merchant.worker.TIMERS,
    **fleet.worker.TIMERS,
    **tracking.worker.TIMERS,
}


def consumers(redis: Redis) -> Sequence[Consumer]:
    """Return every package that reacts to facts."""

    async def set_availability(rider_id: RiderId, standing: Standing, act: Act) -> None:
        await positions.set_availability(redis, rider_id, standing, now=act.now)

    return [
        intake.worker.consumer(TRAVEL),
        merchant.worker.CONSUMER,
        fleet.worker.consumer(set_availability),
        tracking.worker.consumer(TRAVEL),
    ]


def outside_timers(providers: Providers, redis: Redis) -> Mapping[str, Outside]:
    """Return the deadlines that talk to the outside, given what they talk to."""
    return {**orders.worker.outside_timers(providers), **fleet.worker.outside_timers(redis)}

"""What the fleet does without anybody asking: reactions to orders' facts, deadlines, availability in Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

import msgspec
import structlog
from asyncpg import InterfaceError, PostgresError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fleet.commands import offers, positions, searching, stops
from fleet.commands.dispatching import Dispatcher
from fleet.commands.engagement import DISPATCH_ROUND
from fleet.commands.rebuilding import Rebuilder
from fleet.commands.rounds import OFFER_EXPIRY
from fleet.model.positions import Standing
from fleet.policy.positions import all_zones
from fleet.queries.standing import find_standing
from fleet.queries.whereabouts import where_are
from infra.db import Begin, Tx
from infra.outbox import Recorded
from infra.relay import Consumer, OutsideReaction, Reaction
from infra.timekeeper import InTransaction, Outside
from infra.timers import Due
from kernel.clock import Clock
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, OfferId, RiderId
from orders.messages import (
    OrderAccepted,
    OrderCancelled,
    OrderExpired,
    OrderReady,
    OrderRejected,
    ReadyByChanged,
    StoreEvent,
)
from places.zones import Zones

log: Final = structlog.get_logger()
SWEEP_EVERY_S: Final = 5.0  # matching asks for freshness itself; this keeps the sets small

SetAvailability: TypeAlias = Callable[[RiderId, Standing, Act], Awaitable[None]]
Fact = TypeVar("Fact", bound=msgspec.Struct)

# Whatever may change how many deliveries a rider has in hand, whether they work, or whether their places are believed.
STANDING_CHANGES: Final = (
    "shift.started",
    "shift.break_started",
    "shift.resumed",
    "shift.ended",
    "order.rider_assigned",
    "order.rider_unassigned",
    "order.delivered",
    "order.returned",
    "delivery.failed",
    "delivery.cancelled",
    "rider.suspected",
    "rider.cleared",
)

# Whatever may make another drop-off the rider's next.
STOP_CHANGES: Final = (
    "order.rider_unassigned",
    "order.picked_up",
    "order.rider_arrived_at_dropoff",
    "order.delivered",
    "delivery.turned_back",
    "delivery.failed",
    "delivery.cancelled",
)


async def _wanted(tx: Tx, fact: Recorded, act: Act) -> None:
    order = _read(fact, OrderAccepted)
    await searching.want_rider(tx, order.order_id, ready_by=order.ready_by, act=act)


async def _time_changed(tx: Tx, fact: Recorded, act: Act) -> None:
    order = _read(fact, ReadyByChanged)
    await searching.want_rider(tx, order.order_id, ready_by=order.ready_by, act=act)


async def _ready(tx: Tx, fact: Recorded, act: Act) -> None:
    await searching.note_ready(tx, _read(fact, OrderReady).order_id, ready_at=fact.occurred_at, act=act)


def _over(kind: type[StoreEvent], reason: str) -> Reaction:
    async def react(tx: Tx, fact: Recorded, act: Act) -> None:
        await searching.cancel_delivery(tx, _read(fact, kind).order_id, reason=reason, act=act)

    return react


class _AboutRider(msgspec.Struct, frozen=True):
    rider_id: RiderId | None = None


async def _stops_changed(tx: Tx, fact: Recorded, act: Act) -> None:
    rider_id = _read(fact, _AboutRider).rider_id
    if rider_id is not None:
        await stops.settle_stops(tx, rider_id, act=act)


REACTIONS: Final[Mapping[str, Reaction]] = {
    "order.accepted": _wanted,
    "order.ready_by_changed": _time_changed,
    "order.ready": _ready,
    "order.cancelled": _over(OrderCancelled, "order_cancelled"),
    "order.expired": _over(OrderExpired, "order_expired"),
    "order.rejected": _over(OrderRejected, "order_rejected"),
    **dict.fromkeys(STOP_CHANGES, _stops_changed),
}


def consumer(set_availability: SetAvailability) -> Consumer:
    """Return fleet's reactions, given how a rider's availability is told to whoever searches by place."""

    async def retell(begin: Begin, fact: Recorded, act: Act) -> None:
        rider_id = _read(fact, _AboutRider).rider_id
        if rider_id is None:
            return
        async with begin() as tx:
            standing = await find_standing(tx, rider_id)
        if standing is not None:
            await set_availability(rider_id, standing, act)

    outside: dict[str, OutsideReaction] = dict.fromkeys(STANDING_CHANGES, retell)
    return Consumer("fleet", REACTIONS, outside)


async def _offer_expired(tx: Tx, due: Due, act: Act) -> str | None:
    return await offers.expire_offer(tx, OfferId(due.subject_id), act=act)


async def _alert_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await searching.alert(tx, DeliveryId(due.subject_id), due_at=due.due_at, act=act)


async def _nobody_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await searching.give_up(tx, DeliveryId(due.subject_id), due_at=due.due_at, act=act)


def outside_timers(redis: Redis) -> Mapping[str, Outside]:
    """Return the deadlines that look at live positions: the rounds of dispatch."""

    async def look(rider_ids: Sequence[RiderId], now: datetime) -> Mapping[RiderId, Point | None]:
        return await where_are(redis, rider_ids, now=now)

    dispatcher = Dispatcher(look)

    async def run_round(begin: Begin, due: Due, act: Act) -> str | None:
        return await dispatcher.run_round(begin, CityId(due.subject_id), act=act)

    return {DISPATCH_ROUND: run_round}


TIMERS: Final[Mapping[str, InTransaction]] = {
    OFFER_EXPIRY: _offer_expired,
    searching.ALERT: _alert_due,
    searching.NOBODY: _nobody_due,
}


def rebuilder(redis: Redis, read: Begin, zones: Zones, clock: Clock) -> Rebuilder:
    """Return who puts riders back into a Redis that lost them."""

    async def availability_of(rider_id: RiderId) -> Standing | None:
        async with read() as tx:
            return await find_standing(tx, rider_id)

    return Rebuilder(redis, read, zones, clock, availability_of=availability_of)


async def sweep_for_ever(redis: Redis, zones: Zones, clock: Clock) -> None:
    """Take riders whose position went stale out of matching, every few seconds of wall time, until cancelled."""
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            await positions.sweep(redis, all_zones(await zones.map()), now=await clock.now())
        except (OSError, RedisError, PostgresError, InterfaceError) as error:
            log.warning("sweep.store_away", error=repr(error))


def _read(fact: Recorded, kind: type[Fact]) -> Fact:
    return msgspec.json.decode(fact.payload, type=kind)

"""What happens to promises and estimates without anybody asking."""

from collections.abc import Mapping
from typing import Final

import msgspec

from fleet.messages import DeliveryOpened, OfferAccepted
from infra.db import Tx
from infra.outbox import Recorded
from infra.relay import Consumer, Reaction
from infra.timekeeper import InTransaction
from infra.timers import Due
from infra.travel.port import TravelTimes
from kernel.events import Act, Event
from kernel.ids import OrderId
from orders.messages import (
    OrderAccepted,
    OrderPickedUp,
    OrderReady,
    ReadyByChanged,
    RiderArrivedAtDropoff,
    RiderArrivedAtPickup,
    RiderAssigned,
    RiderUnassigned,
)
from tracking import commands
from tracking.model import EstimateRules

_MOVING: Final[tuple[type[Event], ...]] = (
    OrderAccepted,
    ReadyByChanged,
    OrderReady,
    OfferAccepted,
    RiderAssigned,
    RiderUnassigned,
    RiderArrivedAtPickup,
    OrderPickedUp,
    RiderArrivedAtDropoff,
)
_STOPPING: Final = (
    "order.rejected",
    "order.expired",
    "order.cancelled",
    "order.returned",
    "delivery.turned_back",
    "delivery.failed",
)
RULES: Final[Mapping[str, type[msgspec.Struct]]] = {commands.ESTIMATE_RULE: EstimateRules}


def consumer(travel: TravelTimes) -> Consumer:
    """Return tracking's reactions to facts about orders, given who knows how long a way takes."""
    reactions: dict[str, Reaction] = {fact.event_type(): _noting(fact, travel) for fact in _MOVING}
    reactions |= dict.fromkeys(_STOPPING, _stop)
    return Consumer("tracking", reactions | {"order.delivered": _deliver, "delivery.opened": _name_delivery})


def _noting(kind: type[Event], travel: TravelTimes) -> Reaction:
    decode = msgspec.json.Decoder(kind).decode

    async def note(tx: Tx, fact: Recorded, act: Act) -> None:
        await commands.note(
            tx, OrderId(fact.stream_id), decode(fact.payload), at=fact.occurred_at, travel=travel, act=act
        )

    return note


async def _deliver(tx: Tx, fact: Recorded, act: Act) -> None:
    await commands.deliver(tx, OrderId(fact.stream_id), at=fact.occurred_at, act=act)


async def _stop(tx: Tx, fact: Recorded, act: Act) -> None:
    await commands.stop(tx, OrderId(fact.stream_id), because=fact.type, act=act)


async def _name_delivery(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    opened = msgspec.json.decode(fact.payload, type=DeliveryOpened)
    await commands.name_delivery(tx, opened.order_id, opened.delivery_id)


async def _look_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await commands.look(tx, OrderId(due.subject_id), act=act)


TIMERS: Final[Mapping[str, InTransaction]] = {commands.WATCHDOG: _look_due}

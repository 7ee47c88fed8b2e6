"""What happens in the kitchen without anybody asking: the ticket follows its order, and deadlines come."""

from collections.abc import Mapping
from typing import Final

import msgspec

from infra.db import Tx
from infra.outbox import Recorded
from infra.relay import Consumer
from infra.timekeeper import InTransaction
from infra.timers import Due
from kernel.events import Act
from kernel.ids import OrderId, TicketId
from merchant.commands import deadlines, following, steps
from orders.messages import (
    CancellationAsked,
    ItemsDisputed,
    OrderCancelled,
    OrderPickedUp,
    OrderReady,
    OrderRejected,
    PreparationStarted,
    RiderArrivedAtPickup,
    RiderAssigned,
    RiderUnassigned,
)
from orders.model import RiderComing


class _Reminder(msgspec.Struct, frozen=True):
    n: int


async def _cancelled(tx: Tx, fact: Recorded, act: Act) -> None:
    await following.withdraw(tx, OrderId(fact.stream_id), reason="cancelled", act=act)


async def _rejected(tx: Tx, fact: Recorded, act: Act) -> None:
    reason = msgspec.json.decode(fact.payload, type=OrderRejected).reason
    await following.withdraw(tx, OrderId(fact.stream_id), reason=reason, act=act)


async def _preparing(tx: Tx, fact: Recorded, act: Act) -> None:
    await following.start(tx, OrderId(fact.stream_id), act=_as_it_happened(fact, act))


async def _ready(tx: Tx, fact: Recorded, act: Act) -> None:
    await following.mark_ready(tx, OrderId(fact.stream_id), act=_as_it_happened(fact, act))


async def _picked_up(tx: Tx, fact: Recorded, act: Act) -> None:
    await following.hand_over(tx, OrderId(fact.stream_id), act=_as_it_happened(fact, act))


async def _cancellation_asked(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    asked = msgspec.json.decode(fact.payload, type=CancellationAsked)
    await following.note_cancellation_asked(tx, asked.order_id, answer_by=asked.answer_by)


async def _rider_assigned(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    assigned = msgspec.json.decode(fact.payload, type=RiderAssigned)
    if assigned.rider_id is None:
        return
    rider = RiderComing(
        rider_id=assigned.rider_id,
        first_name=assigned.rider_first_name,
        vehicle=assigned.vehicle,
        pickup_eta_at=assigned.pickup_eta_at,
    )
    await following.note_rider(tx, assigned.order_id, rider)


async def _rider_arrived(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    await following.note_rider_arrived(tx, OrderId(fact.stream_id), at=fact.occurred_at)


async def _rider_unassigned(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    await following.note_rider(tx, OrderId(fact.stream_id), None)


async def _items_disputed(tx: Tx, fact: Recorded, act: Act) -> None:
    del act
    disputed = msgspec.json.decode(fact.payload, type=ItemsDisputed)
    await following.note_items_disputed(tx, disputed.order_id, disputed.problems, seq=fact.seq)


def _as_it_happened(fact: Recorded, act: Act) -> Act:
    return msgspec.structs.replace(act, occurred_at=fact.occurred_at)


CONSUMER: Final = Consumer(
    "merchant",
    {
        OrderCancelled.event_type(): _cancelled,
        OrderRejected.event_type(): _rejected,
        PreparationStarted.event_type(): _preparing,
        OrderReady.event_type(): _ready,
        OrderPickedUp.event_type(): _picked_up,
        CancellationAsked.event_type(): _cancellation_asked,
        ItemsDisputed.event_type(): _items_disputed,
        RiderArrivedAtPickup.event_type(): _rider_arrived,
        RiderAssigned.event_type(): _rider_assigned,
        RiderUnassigned.event_type(): _rider_unassigned,
    },
)


async def _reminder_due(tx: Tx, due: Due, act: Act) -> str | None:
    n = msgspec.json.decode(due.payload, type=_Reminder).n
    return await deadlines.remind(tx, TicketId(due.subject_id), n=n, act=act)


async def _expiry_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await deadlines.expire(tx, TicketId(due.subject_id), act=act)


async def _ready_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await deadlines.remind_ready(tx, TicketId(due.subject_id), act=act)


async def _ready_escalation_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await deadlines.escalate_ready(tx, TicketId(due.subject_id), act=act)


TIMERS: Final[Mapping[str, InTransaction]] = {
    steps.REMINDER: _reminder_due,
    steps.EXPIRY: _expiry_due,
    steps.READY_DUE: _ready_due,
    steps.READY_ESCALATION: _ready_escalation_due,
}

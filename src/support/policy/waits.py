"""What an order waits for, and why. There is always at least one answer: a flow in order waits for its next step."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from support.model.facts import OpenOrder
from support.model.views import Stuck, Wait
from support.model.views import WaitCode as W
from support.policy.deadlines import COOKING, LOOKING

_IMPORTANCE: Final = {code: place for place, code in enumerate(W)}
_DECIDED: Final = {"nobody": W.NO_RIDER_AVAILABLE, "waits": W.WAITING_ON_PURPOSE}


def waits(order: OpenOrder, *, stuck: Stuck | None, silent_since: datetime | None, now: datetime) -> list[Wait]:
    """Return everything this order waits for, what matters most first."""
    found = [*_exceptions(order, stuck, silent_since), *_order_waits(order, now), *_delivery_waits(order)]
    return sorted(found, key=lambda wait: _IMPORTANCE[wait.code])


def _exceptions(order: OpenOrder, stuck: Stuck | None, silent_since: datetime | None) -> Iterator[Wait]:
    if order.incident_at is not None:
        code = W.SOS if order.incident_kind == "sos" else W.INCIDENT
        yield Wait(code=code, since_at=order.incident_at, about_id=order.incident_id)
    if order.delivery_status == "failed":
        yield Wait(code=W.DELIVERY_FAILED, since_at=order.delivery_ended_at or order.moved_at)
    if stuck is not None:
        yield Wait(code=W.STUCK, since_at=stuck.since_at)
    if order.escalated_at is not None:
        yield Wait(code=W.ESCALATED, since_at=order.escalated_at, about_id=order.escalation_id)
    if order.disputed_at is not None and order.delivery_status == "arrived_at_pickup":
        yield Wait(code=W.ITEMS_DISPUTED, since_at=order.disputed_at)
    if order.cancellation_asked_at is not None:
        yield Wait(code=W.CANCELLATION_ASKED, since_at=order.cancellation_asked_at, about_id=order.cancellation_id)
    if silent_since is not None:
        yield Wait(code=W.RIDER_SILENT, since_at=silent_since)


def _order_waits(order: OpenOrder, now: datetime) -> Iterator[Wait]:
    match order.status:
        case "received":
            is_typed = order.confirm_by is not None
            code = W.WAITING_FOR_CONFIRMATION if is_typed else W.WAITING_FOR_PAYMENT
            yield Wait(code=code, since_at=order.received_at)
        case "held_for_review":
            yield Wait(code=W.HELD_FOR_REVIEW, since_at=order.held_at or order.received_at)
        case "placed":
            yield Wait(code=W.WAITING_FOR_STORE, since_at=order.placed_at or order.received_at)
        case status if status in COOKING:
            yield _kitchen(order, now)
        case "ready" if order.delivery_status != "arrived_at_pickup":
            yield Wait(code=W.FOOD_WAITS, since_at=order.ready_at or order.moved_at)


def _kitchen(order: OpenOrder, now: datetime) -> Wait:
    arrived_at = order.arrived_at_pickup_at if order.delivery_status == "arrived_at_pickup" else None
    overdue_at = order.ready_by if order.ready_by is not None and now >= order.ready_by else None
    late = [instant for instant in (arrived_at, overdue_at) if instant is not None]
    if late:
        return Wait(code=W.FOOD_NOT_READY, since_at=min(late))
    return Wait(code=W.IN_THE_KITCHEN, since_at=order.accepted_at or order.moved_at)


def _delivery_waits(order: OpenOrder) -> Iterator[Wait]:
    match order.delivery_status:
        case status if status in LOOKING and order.wanted_at is not None:
            yield from _search(order, wanted_at=order.wanted_at)
        case "assigned":
            yield Wait(code=W.RIDER_TO_PICKUP, since_at=order.assigned_at or order.moved_at)
        case "arrived_at_pickup":
            yield Wait(code=W.RIDER_AT_PICKUP, since_at=order.arrived_at_pickup_at or order.moved_at)
        case "picked_up":
            yield Wait(code=W.RIDER_TO_DROPOFF, since_at=order.picked_up_at or order.moved_at)
        case "arrived_at_dropoff":
            yield Wait(code=W.RIDER_AT_DROPOFF, since_at=order.arrived_at_dropoff_at or order.moved_at)
        case "returning":
            yield Wait(code=W.RETURNING, since_at=order.turned_back_at or order.moved_at)


def _search(order: OpenOrder, *, wanted_at: datetime) -> Iterator[Wait]:
    if order.alert_due_at is None:  # the clock that alerts the desk ran out
        yield Wait(code=W.NOBODY_TAKES_IT, since_at=wanted_at)
    if order.offered_at is not None:
        yield Wait(code=W.OFFERED, since_at=order.offered_at, about_id=order.offer_id, ladder_round=order.ladder_round)
        return
    code = _DECIDED.get(order.decision_outcome or "", W.LOOKING_FOR_RIDER)
    since_at = order.decided_at if code is not W.LOOKING_FOR_RIDER else None
    yield Wait(code=code, since_at=since_at or wanted_at, ladder_round=order.ladder_round)

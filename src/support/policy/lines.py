"""One order on one line, and which line comes first."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kernel.geo import Point
from support.model.facts import OpenOrder, StuckRules
from support.model.views import Carrier, Deadline, DeskOrder, Owner, Risk, Urgency, Wait, WaitCode
from support.policy.deadlines import COOKING, LOOKING, deadlines
from support.policy.stuck import find_stuck
from support.policy.waits import waits

ON_DUTY: Final = frozenset({"assigned", "arrived_at_pickup", "picked_up", "arrived_at_dropoff", "returning"})
_NOW: Final = frozenset({
    WaitCode.INCIDENT, WaitCode.DELIVERY_FAILED, WaitCode.STUCK, WaitCode.ESCALATED, WaitCode.NOBODY_TAKES_IT,
})  # fmt: skip
_SOON: Final = frozenset({
    WaitCode.ITEMS_DISPUTED, WaitCode.CANCELLATION_ASKED, WaitCode.RIDER_SILENT, WaitCode.HELD_FOR_REVIEW,
    WaitCode.WAITING_FOR_CONFIRMATION,
})  # fmt: skip
_RANKS: Final = {urgency: rank for rank, urgency in enumerate(Urgency)}
_NEVER_MS: Final = 99_999_999_999_999  # no deadline: behind all that have one


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a line depends on besides its order: the city's rules, and the instant."""

    stuck: StuckRules
    review_within: timedelta
    now: datetime


def line(order: OpenOrder, around: Surroundings, *, silent_since: datetime | None) -> DeskOrder:
    """Return an order as the desk reads it. `silent_since`: when its rider's phone was last to be believed."""
    now = around.now
    stuck = find_stuck(order, rules=around.stuck, review_within=around.review_within, now=now)
    found = waits(order, stuck=stuck, silent_since=silent_since, now=now)
    due = deadlines(order, review_within=around.review_within)
    risk = _risk(order, now)
    return DeskOrder(
        order_id=order.order_id,
        short_number=order.short_number,
        seq=order.seq,
        urgency=_urgency(order, found, risk, is_overdue=bool(due) and now >= due[0].due_at),
        status=order.status,
        ticket_id=order.ticket_id,
        ticket_status=order.ticket_status,
        delivery_id=order.delivery_id,
        delivery_status=order.delivery_status,
        store_id=order.store_id,
        store_name=order.store_name or "",
        pickup=None if order.pickup_lat is None else Point(lat=order.pickup_lat, lon=order.pickup_lon or 0.0),
        dropoff=Point(lat=order.dropoff_lat, lon=order.dropoff_lon),
        rider=_carrier(order, is_silent=silent_since is not None),
        received_at=order.received_at,
        placed_at=order.placed_at,
        ready_by=order.ready_by,
        promised_by=order.promised_by,
        eta_at=order.eta_at,
        next_deadline=due[0] if due else None,
        waits=found,
        risk=risk,
        stuck=stuck,
        owner=_owner(order),
    )


def silent_since(order: OpenOrder, *, stale_at: datetime | None, patience: timedelta, now: datetime) -> datetime | None:
    """Return since when nothing is known of whoever carries the order, or None.

    `stale_at` is when the rider's last position stopped being live; None: there never was one.
    """
    if order.delivery_status not in ON_DUTY:
        return None
    since_at = stale_at or (order.assigned_at or order.moved_at) + patience
    return since_at if now >= since_at else None


def place_in_line(order: DeskOrder) -> tuple[int, int, str]:
    """Return where a line stands: the most urgent first, then what is due soonest."""
    due = order.next_deadline
    return _RANKS[order.urgency], _ms(due) if due else _NEVER_MS, order.order_id


def _ms(due: Deadline) -> int:
    return int(due.due_at.timestamp() * 1000)


def _urgency(order: OpenOrder, found: list[Wait], risk: Risk, *, is_overdue: bool) -> Urgency:
    codes = {wait.code for wait in found}
    if order.incident_is_urgent:
        return Urgency.DANGER
    if codes & _NOW or risk.is_breached:
        return Urgency.NOW
    return Urgency.SOON if codes & _SOON or risk.is_at_risk or is_overdue else Urgency.CALM


def _risk(order: OpenOrder, now: datetime) -> Risk:
    if order.promised_by is None:
        return Risk(is_at_risk=False, is_breached=False, behind_s=None, cause=None)
    is_breached = order.promise_outcome == "broken" or now > order.promised_by
    is_at_risk = is_breached or (order.eta_at is not None and order.eta_at > order.promised_by)
    behind = None if order.eta_at is None else round((order.eta_at - order.promised_by).total_seconds())
    cause = _cause(order, now) if is_at_risk else None
    return Risk(is_at_risk=is_at_risk, is_breached=is_breached, behind_s=behind, cause=cause)


def _cause(order: OpenOrder, now: datetime) -> str | None:
    """Return the likely cause: what holds the order up at this moment, or else why the ETA was last revised."""
    if order.status == "placed":
        return "acceptance_awaited"
    if order.status in COOKING and order.ready_by is not None and now >= order.ready_by:
        return "kitchen_late"
    if order.delivery_status in LOOKING and (order.alert_due_at is None or order.decision_outcome == "nobody"):
        return "rider_awaited"
    return "waiting_at_pickup" if order.delivery_status == "arrived_at_pickup" else order.eta_cause


def _carrier(order: OpenOrder, *, is_silent: bool) -> Carrier | None:
    if order.rider_id is None:
        return None
    return Carrier(rider_id=order.rider_id, name=order.rider_name or "", is_silent=is_silent)


def _owner(order: OpenOrder) -> Owner | None:
    if order.owner_id is None or order.owner_since_at is None:
        return None
    return Owner(operator_id=order.owner_id, since_at=order.owner_since_at, note=order.owner_note or "")

"""Which orders do not move: past their expected time, or with lifecycles that contradict one another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from support.model.facts import OpenOrder, StuckRules
from support.model.views import Stuck
from support.model.views import StuckWhy as W
from support.policy.deadlines import COOKING, LOOKING, review_by

_BEFORE_PICKUP: Final = frozenset({"unassigned", "offered", "assigned", "arrived_at_pickup", "failed"})
_ON_THE_ROAD: Final = frozenset({"picked_up", "arrived_at_dropoff", "returning", "failed"})
_NONE: Final = frozenset({None})
# What ticket and delivery may be while the order is what it is; they follow it within a moment.
AGREES: Final[Mapping[str, tuple[frozenset[str | None], frozenset[str | None]]]] = {
    "received": (_NONE, _NONE),
    "held_for_review": (_NONE, _NONE),
    "placed": (frozenset({"offered"}), _BEFORE_PICKUP),
    "accepted": (frozenset({"accepted"}), _BEFORE_PICKUP),
    "preparing": (frozenset({"preparing"}), _BEFORE_PICKUP),
    "ready": (frozenset({"ready"}), _BEFORE_PICKUP),
    "picked_up": (frozenset({"handed_over"}), _ON_THE_ROAD),
}


def find_stuck(order: OpenOrder, *, rules: StuckRules, review_within: timedelta, now: datetime) -> Stuck | None:
    """Return why this order is stuck and since when it should have moved, or None."""
    if order.delivery_status == "failed":
        return Stuck(why=W.DELIVERY_FAILED, since_at=order.delivery_ended_at or order.moved_at)
    if not _agrees(order) and now >= order.moved_at + rules.span("disagree"):
        return Stuck(why=W.LIFECYCLES_DISAGREE, since_at=order.moved_at)
    expected = _expected(order, rules, review_within)
    if expected is None:
        return None
    why, since_at, patience = expected
    return Stuck(why=why, since_at=since_at) if now >= since_at + patience else None


def _agrees(order: OpenOrder) -> bool:
    tickets, deliveries = AGREES.get(order.status, (_NONE, _NONE))
    return order.ticket_status in tickets and order.delivery_status in deliveries


_Expected = tuple[W, datetime, timedelta]
_AT_ONCE: Final = timedelta(0)


def _expected(order: OpenOrder, rules: StuckRules, review_within: timedelta) -> _Expected | None:
    """Return the next step, when it is expected, and how long it may be late."""
    match order.status:
        case "received" if order.confirm_by is not None:
            return W.NOT_CONFIRMED, order.confirm_by, _AT_ONCE
        case "received":
            return W.NOT_PAID, order.received_at, rules.span("payment")
        case "held_for_review":
            return W.NOT_REVIEWED, review_by(order, review_within), _AT_ONCE
        case "placed":
            return (W.NOT_ANSWERED, order.accept_by, rules.span("deadline")) if order.accept_by else None
        case "picked_up":
            return _on_the_road(order, rules)
    return _at_the_store(order, rules)


def _at_the_store(order: OpenOrder, rules: StuckRules) -> _Expected | None:
    if order.delivery_status in LOOKING and order.wanted_at and not (order.alert_due_at or order.nobody_due_at):
        return W.NO_RIDER, order.wanted_at, _AT_ONCE
    waits: list[_Expected] = []
    if order.status in COOKING and order.ready_by:
        waits.append((W.NOT_READY, order.ready_by, rules.span("late")))
    if order.delivery_status == "assigned" and order.pickup_eta_at:
        waits.append((W.NOT_AT_PICKUP, order.pickup_eta_at, rules.span("late")))
    if order.delivery_status == "arrived_at_pickup" and order.arrived_at_pickup_at:
        waits.append((W.NOT_PICKED_UP, order.arrived_at_pickup_at, rules.span("counter")))
    return min(waits, key=lambda wait: wait[1] + wait[2], default=None)


def _on_the_road(order: OpenOrder, rules: StuckRules) -> _Expected | None:
    match order.delivery_status:
        case "returning":
            return W.NOT_BROUGHT_BACK, order.turned_back_at or order.moved_at, rules.span("return")
        case "arrived_at_dropoff" if order.arrived_at_dropoff_at:
            return W.NOT_HANDED_OVER, order.arrived_at_dropoff_at, rules.span("door")
    left_at = order.picked_up_at or order.moved_at
    expected_at = left_at + rules.span("road")
    return W.NOT_AT_DROPOFF, max(expected_at, order.promised_by or expected_at), _AT_ONCE

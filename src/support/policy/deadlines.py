"""What is due of an order, and when. A deadline that was met is not listed; one that passed is, until it is met."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from support.model.facts import OpenOrder
from support.model.views import Deadline
from support.model.views import DeadlineKind as K

COOKING: Final = frozenset({"accepted", "preparing"})
LOOKING: Final = frozenset({"unassigned", "offered"})


def deadlines(order: OpenOrder, *, review_within: timedelta) -> list[Deadline]:
    """Return everything that is due, the soonest first."""
    found = [Deadline(kind=kind, due_at=due_at) for kind, due_at in _due(order, review_within) if due_at is not None]
    return sorted(found, key=lambda deadline: (deadline.due_at, deadline.kind))


def review_by(order: OpenOrder, review_within: timedelta) -> datetime:
    """Return until when a held order should be reviewed."""
    return (order.held_at or order.received_at) + review_within


def _due(order: OpenOrder, review_within: timedelta) -> Iterator[tuple[K, datetime | None]]:
    yield K.ANSWER_BY, order.answer_by
    yield K.PROMISED_BY, order.promised_by
    match order.status:
        case "received":
            yield K.CONFIRM_BY, order.confirm_by
        case "held_for_review":
            yield K.REVIEW_BY, review_by(order, review_within)
        case "placed":
            yield K.ACCEPT_BY, order.accept_by
        case status if status in COOKING:
            yield K.READY_BY, order.ready_by
    if order.delivery_status in LOOKING:
        yield K.OFFER_EXPIRES, order.offer_expires_at
        yield K.FIND_RIDER_BY, order.alert_due_at
    elif order.delivery_status == "assigned":
        yield K.PICKUP_ETA, order.pickup_eta_at

"""The customer's words for an order's way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tracking.model import Stage, Standing, Trouble

# fmt: off
STAGE_OF: Final[Mapping[str, Stage]] = {
    "received":        Stage.WAITING,
    "held_for_review": Stage.WAITING,
    "placed":          Stage.WAITING,
    "accepted":        Stage.ACCEPTED,
    "preparing":       Stage.PREPARING,
    "ready":           Stage.PREPARING,
    "picked_up":       Stage.ON_THE_WAY,
    "delivered":       Stage.DELIVERED,
    "completed":       Stage.COMPLETED,
    "rejected":        Stage.CANCELLED,
    "expired":         Stage.CANCELLED,
    "cancelled":       Stage.CANCELLED,
    "returned":        Stage.CANCELLED,
}
# The events that bring an order to another stage; all others leave it where it is.
STAGE_AFTER: Final[Mapping[str, Stage]] = {
    "order.received":            Stage.WAITING,
    "order.accepted":            Stage.ACCEPTED,
    "order.preparation_started": Stage.PREPARING,
    "order.ready":               Stage.PREPARING,
    "order.picked_up":           Stage.ON_THE_WAY,
    "order.delivered":           Stage.DELIVERED,
    "order.completed":           Stage.COMPLETED,
    "order.rejected":            Stage.CANCELLED,
    "order.expired":             Stage.CANCELLED,
    "order.cancelled":           Stage.CANCELLED,
    "order.returned":            Stage.CANCELLED,
}
# fmt: on
OVER: Final = frozenset({Stage.DELIVERED, Stage.COMPLETED, Stage.CANCELLED})


def is_over(status: str) -> bool:
    """Tell whether an order of this status needs no estimate any more."""
    return STAGE_OF[status] in OVER


ARRIVED: Final = "order.rider_arrived_at_dropoff"
_TROUBLE_OF: Final[Mapping[str, Trouble]] = {
    "delivery.nobody_found": Trouble.NOBODY_FOUND,
    "delivery.turned_back": Trouble.TURNED_BACK,
    "delivery.failed": Trouble.FAILED,
}
# Each of these says by itself how the order stands from then on: the last one counts.
STANDING_FACTS: Final = (*_TROUBLE_OF, ARRIVED, "order.rider_assigned", "order.picked_up", "order.delivered")


def standing_after(event_type: str, *, at: datetime) -> Standing:
    """Return how an order stands whose last telling fact is this one."""
    if event_type == ARRIVED:
        return Standing(arrived_at=at)
    return Standing(trouble=_TROUBLE_OF.get(event_type))

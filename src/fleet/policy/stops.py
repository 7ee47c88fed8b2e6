"""Whose drop-off a rider makes next: the one place where that is decided."""

from collections.abc import Sequence
from typing import Final

from fleet.model.deliveries import DeliveryStatus, StopAhead
from kernel.ids import DeliveryId

CARRIED: Final = frozenset({DeliveryStatus.PICKED_UP, DeliveryStatus.ARRIVED_AT_DROPOFF})


def next_dropoff(route: Sequence[StopAhead]) -> DeliveryId | None:
    """Return the delivery at whose door the rider stands, or else the first drop-off of the route.

    One that is not picked up yet counts: the route leads by its door first. Food that goes back has no door any more.
    """
    doors = [stop for stop in route if stop.status is not DeliveryStatus.RETURNING]
    reached = [(stop.arrived_at_dropoff_at, stop) for stop in doors if stop.arrived_at_dropoff_at is not None]
    if reached:
        return max(reached, key=lambda one: one[0])[1].delivery_id
    return doors[0].delivery_id if doors else None


def to_be_told(route: Sequence[StopAhead]) -> list[StopAhead]:
    """Return what is carried and for which no longer holds what its order was told last."""
    next_id = next_dropoff(route)
    return [stop for stop in route if stop.status in CARRIED and stop.is_next_stop is not (stop.delivery_id == next_id)]

"""Ways and times, in seconds from now, on the flat earth around one place."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import hypot

import msgspec

from fleet.model.riders import Vehicle
from fleet.policy.dispatch.facts import BASIS, DispatchRules, Working
from kernel.geo import Point, flat_m


class Spot(msgspec.Struct, frozen=True):
    """A place in metres."""

    x: float
    y: float

    def metres_to(self, other: "Spot") -> float:
        """Return the straight distance."""
        return hypot(self.x - other.x, self.y - other.y)


class Ground:
    """The flat earth around an origin: good to 0.1 % within 50 km."""

    def __init__(self, origin: Point, rules: DispatchRules) -> None:
        self._origin = origin
        self.rules = rules

    def spot(self, place: Point) -> Spot:
        """Return a place in metres."""
        return Spot(*flat_m(self._origin, place))

    def way_s(self, start: Spot, end: Spot, vehicle: Vehicle) -> float:
        """Return how long the way takes."""
        return start.metres_to(end) / self.rules.speed_mps(vehicle)

    def road_m(self, spots: Sequence[Spot]) -> int:
        """Return the length of a route along roads."""
        straight = sum(start.metres_to(end) for start, end in pairwise(spots))
        return round(straight * self.rules.detour_bp / BASIS)


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """When (seconds from now) and where a rider has nothing in hand any more."""

    at_s: float
    spot: Spot


def when_free(rider: Working, ground: Ground, *, now: datetime) -> Freed:
    """Play what a rider has in hand to its end: each pickup once, then its doors in order."""
    rules = ground.rules
    at_s, spot = 0.0, ground.spot(rider.here)
    for task in rider.in_hand:
        if not task.is_picked_up:
            store = ground.spot(task.pickup)
            if not task.is_at_pickup:
                at_s += ground.way_s(spot, store, rider.vehicle) + rules.pickup_service_s / 2
            ready_s = (task.ready_at - now).total_seconds() if task.ready_at else 0.0
            at_s = max(at_s, ready_s) + rules.pickup_service_s / 2
            spot = store
        door = ground.spot(task.dropoff)
        if task.is_at_dropoff:
            at_s, spot = at_s + rules.dropoff_service_s / 2, door
            continue
        at_s += ground.way_s(spot, door, rider.vehicle) + rules.dropoff_service_s
        spot = door
    return Freed(at_s=at_s, spot=spot)

"""What a simulated day holds: who is where, who orders what when, and how people behave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from kernel.geo import Point, flat_m, offset

PLAY_AROUND_M = 3_000  # the zone reaches so far beyond the outermost door


class Vehicle(StrEnum):
    """What a rider rides; the speeds of the day apply to all of them."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"


class StorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A kitchen and where it stands."""

    name: str
    place: Point


class RiderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A rider, where the shift starts, and from when to when."""

    name: str
    place: Point
    on_at: datetime
    off_at: datetime
    vehicle: Vehicle = Vehicle.MOTORCYCLE
    capacity: int = 3


class KitchenPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a kitchen treats one order."""

    answers_after: timedelta | None  # None: nobody looks at the tablet
    cooks_for: timedelta  # from placement to ready, as it will really be
    starts_after: timedelta = timedelta(0)  # from acceptance
    is_refused: bool = False
    says_late: timedelta = timedelta(0)  # announced as an extension; part of `cooks_for`


class OrderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One order: who cooks it, where it goes, when it is placed and what becomes of it."""

    name: str
    store: str
    dropoff: Point
    placed_at: datetime
    kitchen: KitchenPlan
    payment: str = "prepaid"
    quantity: int = 1
    cancels_after: timedelta | None = None  # from placement

    @property
    def ready_at(self) -> datetime:
        """When the food will really be ready."""
        return self.placed_at + self.kitchen.cooks_for


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast riders are in the saddle and at doors."""

    speed_mps: float
    in_whole_minutes: bool  # the benchmark rounds every ride up
    pickup_service: timedelta
    dropoff_service: timedelta


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How riders answer offers; shares in basis points."""

    answers_from: timedelta
    answers_until: timedelta
    declines_bp: int = 0
    misses_bp: int = 0


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A whole day. Names are the day's own; the API's ids come when the city is set up."""

    name: str
    seed: int
    starts_at: datetime
    centre: Point
    pace: Pace
    manners: Manners
    stores: Sequence[StorePlan]
    riders: Sequence[RiderPlan]
    orders: Sequence[OrderPlan]

    @property
    def ends_at(self) -> datetime:
        """When the last shift is over and the last order was placed."""
        return max([rider.off_at for rider in self.riders] + [order.placed_at for order in self.orders])

    def zone(self) -> list[Point]:
        """Return a rectangle around everything that happens."""
        places = [store.place for store in self.stores] + [rider.place for rider in self.riders]
        places += [order.dropoff for order in self.orders]
        easts, norths = zip(*(flat_m(self.centre, place) for place in places), strict=True)
        west, east = min(easts) - PLAY_AROUND_M, max(easts) + PLAY_AROUND_M
        south, north = min(norths) - PLAY_AROUND_M, max(norths) + PLAY_AROUND_M
        corners = ((west, south), (east, south), (east, north), (west, north))
        return [offset(self.centre, east_m=east_m, north_m=north_m) for east_m, north_m in corners]

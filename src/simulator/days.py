"""What a simulated day holds: who is where, who orders what when, and how people behave."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kernel.geo import Point, flat_distance_m, flat_m, offset

PLAY_AROUND_M = 3_000  # the zone reaches so far beyond the outermost door


class Vehicle(StrEnum):
    """What a rider rides; the speeds of the day apply to all of them."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"


class ItemPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Something on a menu; `ref` is the store's own name for it."""

    ref: str
    name: str
    price_minor: int


DISH_OF_THE_DAY: Final = (ItemPlan(ref="prato", name="Prato do dia", price_minor=3_490),)


class StorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A kitchen, where it stands and what it sells; `title` is the name over its door, if it has one."""

    name: str
    place: Point
    title: str = ""
    address: str = ""
    menu: Sequence[ItemPlan] = DISH_OF_THE_DAY
    prep_minutes: int | None = None  # what it says it usually takes; None: as the API presumes


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time, its end not included."""

    from_at: datetime
    until_at: datetime

    def holds(self, instant: datetime) -> bool:
        """Tell whether an instant lies in it."""
        return self.from_at <= instant < self.until_at


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A circle on the ground."""

    place: Point
    radius_m: float

    def holds(self, place: Point) -> bool:
        """Tell whether a place lies in it."""
        return flat_distance_m(self.place, place) <= self.radius_m


class Air(msgspec.Struct, frozen=True, kw_only=True):
    """Where over the city no network is, and where tall houses throw the satellites' signals about."""

    dead_spots: Sequence[Area] = ()
    tall_houses: Sequence[Area] = ()

    def is_dead(self, place: Point) -> bool:
        """Tell whether a phone has no network here."""
        return any(area.holds(place) for area in self.dead_spots)

    def is_between_tall_houses(self, place: Point) -> bool:
        """Tell whether positions are poor here."""
        return any(area.holds(place) for area in self.tall_houses)


class PhonePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's phone: how often it looks where it is, how often it tells, and how wrong it is about place and time.

    What is measured between two uploads goes out as one batch. The defaults are a phone that is never wrong.
    """

    moving_every: timedelta = timedelta(seconds=30)
    standing_every: timedelta = timedelta(seconds=30)
    uploads_every: timedelta = timedelta(seconds=30)
    is_on_socket: bool = False  # pings go over the rider's feed instead of requests of their own
    sigma_m: float = 0.0  # of the position, along each axis
    ahead: timedelta = timedelta(0)  # of its clock; negative: behind
    away: Sequence[Span] = ()  # no network wherever it is: operator's trouble, a battery, a lift


class RiderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A rider, where the shift starts, from when to when, and how they ride and rest."""

    name: str
    place: Point
    on_at: datetime
    off_at: datetime
    vehicle: Vehicle = Vehicle.MOTORCYCLE
    capacity: int = 3
    title: str = ""
    pace: float = 1.0  # of the vehicle's usual speed
    corner: Point | None = None  # where they wait for work; None: wherever they are
    breaks: Sequence[Span] = ()
    phone: PhonePlan = PhonePlan()


class KitchenPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a kitchen treats one order."""

    answers_after: timedelta | None  # None: nobody looks at the tablet
    cooks_for: timedelta  # from placement to ready, as it will really be
    starts_after: timedelta = timedelta(0)  # from acceptance
    is_refused: bool = False
    lacks: str | None = None  # the item that is not there, by its `ref`: refused for it
    says_late: timedelta = timedelta(0)  # announced as an extension; part of `cooks_for`
    misjudges: timedelta = timedelta(0)  # longer (or shorter) than it thought, and never announced; part of `cooks_for`
    counter_takes: timedelta | None = None  # None: the day's usual


class LinePlan(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one item, by its `ref`."""

    ref: str
    quantity: int


class DoorPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rider meets at a door."""

    address: str = ""
    note: str = ""
    takes: timedelta | None = None  # None: the day's usual
    opens_after: timedelta | None = timedelta(0)  # from the bell; None: nobody is there
    is_misheard: bool = False  # the code, the first time


class OrderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One order: who cooks it, where it goes, when it is placed and what becomes of it."""

    name: str
    store: str
    dropoff: Point
    placed_at: datetime
    kitchen: KitchenPlan
    payment: str = "prepaid"
    quantity: int = 1  # of the first item on the menu, where no lines are given
    lines: Sequence[LinePlan] = ()
    customer: str = ""
    door: DoorPlan = DoorPlan()
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
    by_vehicle_mps: Mapping[Vehicle, float] | None = None  # along the road; None: all as fast as `speed_mps`
    detour_bp: int = 10_000  # what roads make of straight lines


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
    air: Air = Air()
    is_lived_in: bool = False  # with a desk that picks up the telephone, and with orders that nobody planned

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

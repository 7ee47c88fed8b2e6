"""A city with streets: doors with addresses, and riders who ride along them, each at their own pace."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from math import ceil
from random import Random
from typing import Final

from kernel.geo import Point, flat_distance_m
from kernel.streets import Door, Streets, Way
from simulator.days import Pace, RiderPlan, Vehicle
from simulator.grounds import NEAR_M, Place
from simulator.movement import Passing

# What is left of the streets' own speeds, by the hour of São Paulo: the evening rush ends at eight.
LOCAL: Final = timezone(timedelta(hours=-3))  # no summer time
TRAFFIC: Final = ((7, 10, 0.85), (11, 14, 0.95), (17, 19, 0.85), (19, 20, 0.92), (20, 21, 0.97))
LUCK: Final = 0.15  # standard deviation of the logarithm of one trip's time: lights, lorries, rain
# What an operator who measured would tell dispatch: speeds along the road, and how much longer roads are than lines.
DETOUR: Final = 1.4
USUAL_MPS: Final = {Vehicle.FOOT: 1.3, Vehicle.BICYCLE: 3.9, Vehicle.MOTORCYCLE: 6.8, Vehicle.CAR: 5.6}
STREET_PACE: Final = Pace(
    speed_mps=USUAL_MPS[Vehicle.MOTORCYCLE],
    in_whole_minutes=False,
    pickup_service=timedelta(minutes=2),
    dropoff_service=timedelta(seconds=156),
    by_vehicle_mps=USUAL_MPS,
    detour_bp=round(DETOUR * 10_000),
)
DOORS_LOOKED_AT: Final = 8
AROUND_M: Final = (50, 600)


class Quarter:
    """Streets as a ground for stores and doors."""

    def __init__(self, streets: Streets) -> None:
        self._streets = streets

    def somewhere(self, chance: Random) -> Place:
        """Return a place where a store might be."""
        return _place(self._streets.door(chance))

    def near(self, chance: Random, store: Point) -> Place:
        """Return the door of somebody who orders at a store."""
        return self._about(chance, store, away_m=chance.triangular(*NEAR_M))

    def around(self, chance: Random, store: Point) -> Place:
        """Return a place within some minutes of a store, where a rider might wait."""
        return self._about(chance, store, away_m=chance.uniform(*AROUND_M))

    def _about(self, chance: Random, store: Point, *, away_m: float) -> Place:
        doors = [self._streets.door(chance) for _ in range(DOORS_LOOKED_AT)]
        return _place(min(doors, key=lambda door: abs(flat_distance_m(store, door.point) - away_m)))


class StreetLeg:
    """A ride along streets: a way of so many seconds, ridden at its rider's own pace."""

    def __init__(self, way: Way, *, starts_at: datetime, factor: float) -> None:
        self._way, self._factor = way, factor
        self.starts_at = starts_at
        self.ends_at = starts_at + timedelta(seconds=ceil(way.duration_s / factor))
        self.end = way.points[-1]

    def place_at(self, now: datetime) -> Point:
        """Return where the rider is."""
        return self.passing_at(now).place

    def passing_at(self, now: datetime) -> Passing:
        """Return where the rider is, how fast and which way."""
        if now >= self.ends_at:
            return Passing(place=self.end)
        after_s = (now - self.starts_at).total_seconds()
        if after_s < 0:
            return Passing(place=self._way.points[0])
        found = self._way.passing(after_s * self._factor)
        return Passing(
            place=found.point,
            speed_mps=found.speed_mps * self._factor,
            bearing_deg=found.bearing_deg,
            is_in_tunnel=found.is_in_tunnel,
        )


class StreetWays:
    """The quickest ways along the streets, in the hour's traffic and with each trip's luck."""

    def __init__(self, streets: Streets, *, seed: int, traffic: Callable[[datetime], float] | None = None) -> None:
        self._streets, self._seed = streets, seed
        self._traffic = traffic or usual_traffic
        self._lucks: dict[str, Random] = {}

    def ride(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> StreetLeg:
        """Return the ride."""
        way = self._streets.way(start, end, vehicle=rider.vehicle)
        luck = self._lucks.setdefault(rider.name, Random(f"{self._seed}/{rider.name}/luck"))
        factor = rider.pace * self._traffic(starts_at) / luck.lognormvariate(0, LUCK)
        return StreetLeg(way, starts_at=starts_at, factor=factor)

    def expect(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> datetime:
        """Return when the rider thinks to arrive: riders know their city, and do not look up every way."""
        usual_mps = USUAL_MPS[rider.vehicle] * rider.pace
        return starts_at + timedelta(seconds=round(flat_distance_m(start, end) * DETOUR / usual_mps))


def usual_traffic(instant: datetime) -> float:
    """Return what is left of the streets' speeds at this hour."""
    hour = instant.astimezone(LOCAL).hour
    return next((share for since, until, share in TRAFFIC if since <= hour < until), 1.0)


def _place(door: Door) -> Place:
    return Place(point=door.point, address=door.address)

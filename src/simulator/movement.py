"""How riders go, as a port, and one way of it: straight lines at the day's speed, as the benchmark wants it."""

from bisect import bisect_right
from datetime import datetime, timedelta
from math import atan2, ceil, degrees, hypot
from typing import Final, Protocol

import msgspec

from kernel.geo import Point, between, flat_m
from simulator.days import Pace, RiderPlan

ROUNDING_M = 0.01  # degrees and back cost less than a centimetre; a ride of exactly 3 minutes must not become 4
REMEMBERED_LEGS: Final = 64  # a phone without network for half an hour still knows all of its way


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rider is at one instant, how fast and which way; `is_in_tunnel` where neither sky nor network is."""

    place: Point
    speed_mps: float = 0.0
    bearing_deg: float | None = None
    is_in_tunnel: bool = False

    @property
    def is_moving(self) -> bool:
        """Tell whether the rider is under way."""
        return self.speed_mps > 0


class Going(Protocol):
    """One ride from door to door; before it the rider stands at its start, afterwards at its end."""

    @property
    def starts_at(self) -> datetime:
        """When the rider sets out."""
        ...

    @property
    def ends_at(self) -> datetime:
        """When the rider arrives."""
        ...

    @property
    def end(self) -> Point:
        """Where it leads."""
        ...

    def place_at(self, now: datetime) -> Point:
        """Return where the rider is."""
        ...

    def passing_at(self, now: datetime) -> Passing:
        """Return where the rider is, how fast and which way."""
        ...


class Ways(Protocol):
    """How riders get from one place to another."""

    def ride(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> Going:
        """Return the ride."""
        ...

    def expect(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> datetime:
        """Return when the rider thinks to arrive."""
        ...


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """A straight ride, or a stay."""

    start: Point
    end: Point
    starts_at: datetime
    ends_at: datetime

    def place_at(self, now: datetime) -> Point:
        """Return where the rider is."""
        if now >= self.ends_at:
            return self.end
        if now <= self.starts_at:
            return self.start
        return between(self.start, self.end, share=(now - self.starts_at) / (self.ends_at - self.starts_at))

    def passing_at(self, now: datetime) -> Passing:
        """Return where the rider is, how fast and which way."""
        if not self.starts_at < now < self.ends_at:
            return Passing(place=self.place_at(now))
        east_m, north_m = flat_m(self.start, self.end)
        took_s = (self.ends_at - self.starts_at).total_seconds()
        bearing_deg = degrees(atan2(east_m, north_m)) % 360
        return Passing(place=self.place_at(now), speed_mps=hypot(east_m, north_m) / took_s, bearing_deg=bearing_deg)


def standing(place: Point, *, since: datetime) -> Leg:
    """Return the leg of a rider who stays."""
    return Leg(start=place, end=place, starts_at=since, ends_at=since)


def ride(start: Point, end: Point, *, starts_at: datetime, pace: Pace, centre: Point) -> Leg:
    """Return the straight ride, measured on the flat earth around the city's centre, as the day was laid out."""
    took = travel_time(distance_m(start, end, centre=centre), pace=pace)
    return Leg(start=start, end=end, starts_at=starts_at, ends_at=starts_at + took)


def distance_m(start: Point, end: Point, *, centre: Point) -> float:
    """Return the straight distance in the plane around `centre`."""
    (from_east, from_north), (to_east, to_north) = flat_m(centre, start), flat_m(centre, end)
    return hypot(to_east - from_east, to_north - from_north)


def travel_time(metres_m: float, *, pace: Pace) -> timedelta:
    """Return how long a ride takes; in whole minutes rounded up where the day says so, else in whole seconds."""
    grain_s = 60 if pace.in_whole_minutes else 1
    grains = ceil(max(0.0, metres_m - ROUNDING_M) / (pace.speed_mps * grain_s))
    return timedelta(seconds=grains * grain_s)


class StraightWays:
    """Straight lines at the day's speed, whoever rides."""

    def __init__(self, *, pace: Pace, centre: Point) -> None:
        self._pace, self._centre = pace, centre

    def ride(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> Leg:
        """Return the ride."""
        del rider
        return ride(start, end, starts_at=starts_at, pace=self._pace, centre=self._centre)

    def expect(self, start: Point, end: Point, *, starts_at: datetime, rider: RiderPlan) -> datetime:
        """Return when the rider thinks to arrive, and will."""
        return self.ride(start, end, starts_at=starts_at, rider=rider).ends_at


class Trace:
    """Where a rider has been lately: one going after another."""

    def __init__(self, first: Going) -> None:
        self._goings: list[tuple[datetime, Going]] = [(first.starts_at, first)]

    @property
    def last(self) -> Going:
        """What the rider is doing now."""
        return self._goings[-1][1]

    def go(self, going: Going, *, since: datetime) -> None:
        """Do something else from now on."""
        self._goings = [*self._goings[-REMEMBERED_LEGS:], (since, going)]

    def passing_at(self, instant: datetime) -> Passing:
        """Return where the rider was or is; before all that is remembered, at the first."""
        index = bisect_right(self._goings, instant, key=lambda known: known[0]) - 1
        return self._goings[max(index, 0)][1].passing_at(instant)

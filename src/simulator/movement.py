"""Riders go in straight lines at the day's speed."""

from datetime import datetime, timedelta
from math import ceil, hypot

import msgspec

from kernel.geo import Point, between, flat_m
from simulator.days import Pace

ROUNDING_M = 0.01  # degrees and back cost less than a centimetre; a ride of exactly 3 minutes must not become 4


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One ride from door to door; before it the rider stands at `start`, afterwards at `end`."""

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

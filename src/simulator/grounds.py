"""Where stores and doors may lie."""

from math import cos, pi, sin
from random import Random
from typing import Final, Protocol

import msgspec

from kernel.geo import Point, flat_m, offset

STORES_SPREAD_M: Final = 2_200
NEAR_M: Final = (300, 3_800, 1_500)  # nearest, farthest, likeliest: from a store to its customers


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place people can find; without an address where there are no streets."""

    point: Point
    address: str = ""


class Ground(Protocol):
    """What a city offers."""

    def somewhere(self, chance: Random) -> Place:
        """Return a place where a store might be."""
        ...

    def near(self, chance: Random, store: Point) -> Place:
        """Return the door of somebody who orders at a store."""
        ...

    def around(self, chance: Random, store: Point) -> Place:
        """Return a place within some minutes of a store, where a rider might wait."""
        ...


class Plain:
    """A city without streets."""

    def __init__(self, centre: Point) -> None:
        self._centre = centre

    def somewhere(self, chance: Random) -> Place:
        """Return a place where a store might be."""
        return Place(point=_around(chance, self._centre, STORES_SPREAD_M))

    def near(self, chance: Random, store: Point) -> Place:
        """Return the door of somebody who orders at a store."""
        distance_m, bearing = chance.triangular(*NEAR_M), chance.uniform(0, 2 * pi)
        return Place(point=offset(store, east_m=distance_m * cos(bearing), north_m=distance_m * sin(bearing)))

    def around(self, chance: Random, store: Point) -> Place:
        """Return a place within some minutes of a store, where a rider might wait."""
        return Place(point=_around(chance, store, 500))


def _around(chance: Random, middle: Point, spread_m: float) -> Point:
    place = offset(middle, east_m=chance.gauss(0, spread_m), north_m=chance.gauss(0, spread_m))
    east_m, north_m = flat_m(middle, place)
    reach = max(1.0, max(abs(east_m), abs(north_m)) / (2.5 * spread_m))  # Nobody lives beyond the last bus stop.
    return offset(middle, east_m=east_m / reach, north_m=north_m / reach)

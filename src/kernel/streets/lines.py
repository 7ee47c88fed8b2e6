"""Streets as lines on a flat earth around the middle of the map: metres east and north, to 0.1 % within a city."""

from bisect import bisect_right
from itertools import accumulate, pairwise
from math import hypot

import msgspec

from kernel.geo import Point, flat_m, offset
from kernel.streets.model import Bounds, Edge, StreetPlan

Spot2 = tuple[float, float]  # metres east, metres north


class Line(msgspec.Struct, frozen=True):
    """An edge from end to end, and how many metres of it lie before each of its corners."""

    corners: tuple[Spot2, ...]
    along_m: tuple[float, ...]

    @property
    def length_m(self) -> float:
        """How long it is."""
        return self.along_m[-1]

    def at(self, along_m: float) -> Spot2:
        """Return the spot so many metres from its start."""
        corner = max(1, min(bisect_right(self.along_m, along_m), len(self.corners) - 1))
        before_m, after_m = self.along_m[corner - 1], self.along_m[corner]
        share = (along_m - before_m) / (after_m - before_m) if after_m > before_m else 0.0
        (from_east, from_north), (to_east, to_north) = self.corners[corner - 1], self.corners[corner]
        return from_east + (to_east - from_east) * share, from_north + (to_north - from_north) * share

    def between(self, from_m: float, to_m: float) -> list[Spot2]:
        """Return its piece from here to there, backwards where `to_m` comes first."""
        low_m, high_m = min(from_m, to_m), max(from_m, to_m)
        inner = [spot for spot, at_m in zip(self.corners, self.along_m, strict=True) if low_m < at_m < high_m]
        return [self.at(from_m), *(inner if from_m <= to_m else reversed(inner)), self.at(to_m)]


class Lines:
    """All edges of a plan as lines."""

    def __init__(self, plan: StreetPlan) -> None:
        lats, lons = [lat for lat, _ in plan.nodes], [lon for _, lon in plan.nodes]
        self.bounds = Bounds.of([plan.place((min(lats), min(lons))), plan.place((max(lats), max(lons)))])
        self._origin = self.bounds.centre
        self._plan = plan
        self.lines = [self._line(edge) for edge in plan.edges]

    def spot(self, place: Point) -> Spot2:
        """Return a place on the flat earth."""
        return flat_m(self._origin, place)

    def place(self, spot: Spot2) -> Point:
        """Return a spot as a place on earth."""
        return offset(self._origin, east_m=spot[0], north_m=spot[1])

    def _line(self, edge: Edge) -> Line:
        corners = tuple(self.spot(self._plan.place(cell)) for cell in self._plan.line(edge))
        steps = (hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(corners))
        return Line(corners, tuple(accumulate(steps, initial=0.0)))

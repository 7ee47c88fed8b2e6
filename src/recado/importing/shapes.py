"""The shapes of zones: a circle, and everything within some distance of several places, each as one simple ring."""

from collections.abc import Sequence
from itertools import pairwise
from math import acos, atan2, ceil, cos, hypot, pi, sin
from typing import Final

from kernel.geo import Point, flat_m, offset

FULL_TURN: Final = 2 * pi
CORNERS: Final = 64  # of a circle: it loses at most 0.12 % of its radius
SAME_PLACE_M: Final = 1.0

Xy = tuple[float, float]
Arc = tuple[int, float, float]  # of which circle, from which angle to which, against the clock


def circle(centre: Point, *, radius_m: float) -> list[Point]:
    """Return the ring around a place."""
    return [_on(centre, (0.0, 0.0), radius_m, FULL_TURN * n / CORNERS) for n in range(CORNERS)]


def around(places: Sequence[Point], *, radius_m: float) -> list[Point] | None:
    """Return the outer ring of everything within the radius of any of the places; None when that is in pieces.

    Holes between the circles are filled.
    """
    origin = places[0]
    centres = _apart([flat_m(origin, place) for place in places])
    if not _hang_together(centres, radius_m):
        return None
    if len(centres) == 1:
        return circle(places[0], radius_m=radius_m)
    rings = _link([arc for n in range(len(centres)) for arc in _free_arcs(n, centres, radius_m)], centres, radius_m)
    outlines = [
        [_on(origin, centres[n], radius_m, angle) for n, begin, end in ring for angle in _steps(begin, end)]
        for ring in rings
    ]
    return max(outlines, key=lambda outline: _area(origin, outline))


def _apart(centres: Sequence[Xy]) -> list[Xy]:
    kept: list[Xy] = []
    for centre in centres:
        if all(_away(centre, other) > SAME_PLACE_M for other in kept):
            kept.append(centre)
    return kept


def _hang_together(centres: Sequence[Xy], radius_m: float) -> bool:
    reached, waiting = {0}, [0]
    while waiting:
        here = waiting.pop()
        for n, other in enumerate(centres):
            if n not in reached and _away(centres[here], other) < 2 * radius_m - SAME_PLACE_M:
                reached.add(n)
                waiting.append(n)
    return len(reached) == len(centres)


def _free_arcs(n: int, centres: Sequence[Xy], radius_m: float) -> list[Arc]:
    """Return the parts of one circle's line that lie in no other circle."""
    covered: list[tuple[float, float]] = []
    for other in centres:
        away = _away(centres[n], other)
        if not SAME_PLACE_M < away < 2 * radius_m:
            continue
        towards = atan2(other[1] - centres[n][1], other[0] - centres[n][0])
        half = acos(away / (2 * radius_m))
        begin = (towards - half) % FULL_TURN
        end = begin + 2 * half
        covered.append((begin, min(end, FULL_TURN)))
        if end > FULL_TURN:
            covered.append((0.0, end - FULL_TURN))
    free, reached = [], 0.0
    for begin, end in sorted(covered):
        if begin > reached:
            free.append((reached, begin))
        reached = max(reached, end)
    if reached < FULL_TURN:
        free.append((reached, FULL_TURN))
    if len(free) > 1 and free[0][0] == 0.0 and free[-1][1] == FULL_TURN:  # one arc, cut where counting begins
        free[-1] = (free[-1][0], FULL_TURN + free.pop(0)[1])
    return [(n, begin, end) for begin, end in free]


def _link(arcs: Sequence[Arc], centres: Sequence[Xy], radius_m: float) -> list[list[Arc]]:
    """Put the arcs together to rings: where one ends, the nearest that is left begins."""
    left, rings = list(arcs), []
    while left:
        ring = [left.pop()]
        start = _at(ring[0], centres, radius_m, is_end=False)
        while left:
            end = _at(ring[-1], centres, radius_m, is_end=True)
            following = min(left, key=lambda arc: _away(end, _at(arc, centres, radius_m, is_end=False)))
            if _away(end, start) <= _away(end, _at(following, centres, radius_m, is_end=False)):
                break
            left.remove(following)
            ring.append(following)
        rings.append(ring)
    return rings


def _steps(begin: float, end: float) -> list[float]:
    """Return the angles of an arc's corners, without its end, where the next arc begins."""
    n = max(1, ceil((end - begin) / FULL_TURN * CORNERS))
    return [begin + (end - begin) * step / n for step in range(n)]


def _at(arc: Arc, centres: Sequence[Xy], radius_m: float, *, is_end: bool) -> Xy:
    n, begin, end = arc
    angle = end if is_end else begin
    return centres[n][0] + radius_m * cos(angle), centres[n][1] + radius_m * sin(angle)


def _on(origin: Point, centre: Xy, radius_m: float, angle: float) -> Point:
    place = offset(origin, east_m=centre[0] + radius_m * cos(angle), north_m=centre[1] + radius_m * sin(angle))
    return Point(lat=round(place.lat, 6), lon=round(place.lon, 6))  # a hand's breadth


def _area(origin: Point, outline: Sequence[Point]) -> float:
    corners = [flat_m(origin, corner) for corner in outline]
    return abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in pairwise([*corners, corners[0]]))) / 2


def _away(a: Xy, b: Xy) -> float:
    return hypot(a[0] - b[0], a[1] - b[1])

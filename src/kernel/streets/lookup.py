"""A typed street, found among the names; its house number placed where the map allows it honestly."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby
from math import hypot
from typing import Final

import msgspec

from kernel.geo import Point
from kernel.streets.index import Grid
from kernel.streets.lines import Lines, Spot2
from kernel.streets.model import KnownDoor, StreetPlan
from kernel.streets.words import SMALL, slips, street_and_number, words_of

_ONE_STREET_M: Final = 200.0  # a street goes on behind a square; further away it is another of the same name
_DOORS_APART_M: Final = 250.0  # between known doors further apart than this a number is not placed
_SAME, _BEGINS, _SLIPPED, _SMALL = 4.0, 3.0, 1.5, 0.25  # what a word of each kind is worth
_TYPED_TOO_MUCH: Final = 2.0  # what a word costs that the name does not have
_LONG, _LONGER = 4, 8  # letters of a word in which one slip, or two, may be


class Precision(StrEnum):
    """How exactly a found place is the one that was typed."""

    DOOR = "door"  # the map knows this number
    BETWEEN_DOORS = "between_doors"  # between two known numbers of this street, near each other
    STREET = "street"  # the middle of the street


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A street that may have been meant."""

    street: str
    number: int | None  # as it was typed
    point: Point
    precision: Precision


class Names:
    """All streets by their names."""

    def __init__(self, plan: StreetPlan, lines: Lines, grid: Grid) -> None:
        self._plan, self._lines, self._grid = plan, lines, grid
        self._words = [words_of(name) for name in plan.names]
        self._edges: dict[int, list[int]] = defaultdict(list)
        for number, edge in enumerate(plan.edges):
            self._edges[edge.name].append(number)
        self._doors = {name: list(doors) for name, doors in groupby(plan.doors, key=lambda door: door.name)}

    def find(self, typed: str, *, near: Point, limit: int) -> list[Found]:
        """Return the streets that may be meant, the likeliest first, and of equals the nearest."""
        words, number = street_and_number(typed)
        ranked = sorted(self._ranked(words), reverse=True)[: 4 * limit]
        here = self._lines.spot(near)
        found = [
            (-worth, hypot(spot[0] - here[0], spot[1] - here[1]), name, edges, spot)
            for worth, name in ranked
            for edges, spot in self._streets(name, here)
        ]
        found.sort(key=lambda one: one[:3])
        return [self._found(name, number, edges, spot) for _, _, name, edges, spot in found[:limit]]

    def _ranked(self, typed: Sequence[str]) -> Iterable[tuple[float, int]]:
        telling = {word for word in typed if word not in SMALL}
        for name in self._edges:
            worth = _worth(typed, telling, self._words[name]) if name else 0.0
            if worth > 0:
                yield worth, name

    def _streets(self, name: int, here: Spot2) -> Iterable[tuple[frozenset[int], Spot2]]:
        """Return each street of this name: its edges, and the spot on it nearest to its middle."""
        for edges in self._apart(self._edges[name]):
            lines = [self._lines.lines[edge] for edge in edges]
            whole_m = sum(line.length_m for line in lines) or 1.0
            middles = [(line.at(line.length_m / 2), line.length_m / whole_m) for line in lines]
            middle = sum(spot[0] * share for spot, share in middles), sum(spot[1] * share for spot, share in middles)
            near = self._grid.nearest(middle, edges)
            yield edges, here if near is None else self._lines.lines[near.edge].at(near.along_m)

    def _apart(self, edges: Sequence[int]) -> list[frozenset[int]]:
        groups: list[tuple[set[int], list[Spot2]]] = []
        for edge in edges:
            ends = [self._lines.lines[edge].corners[0], self._lines.lines[edge].corners[-1]]
            joined, apart = ({edge}, ends), []
            for group in groups:
                if _are_near(group[1], ends):
                    joined = group[0] | joined[0], group[1] + joined[1]
                else:
                    apart.append(group)
            groups = [*apart, joined]
        return [frozenset(group) for group, _ in groups]

    def _found(self, name: int, number: int | None, edges: frozenset[int], middle: Spot2) -> Found:
        spot, precision = middle, Precision.STREET
        if number is not None:
            spot, precision = self._numbered(name, number, edges) or (spot, precision)
        point = self._lines.place(spot)
        return Found(street=self._plan.names[name], number=number, point=point, precision=precision)

    def _numbered(self, name: int, number: int, edges: frozenset[int]) -> tuple[Spot2, Precision] | None:
        corners = [corner for edge in edges for corner in self._lines.lines[edge].corners]
        doors = [door for door in self._doors.get(name, []) if _are_near([self._spot(door)], corners)]
        place = bisect_left([door.number for door in doors], number)
        if place < len(doors) and doors[place].number == number:
            return self._spot(doors[place]), Precision.DOOR
        if not 0 < place < len(doors):
            return None
        (ax, ay), (bx, by) = self._spot(doors[place - 1]), self._spot(doors[place])
        if hypot(bx - ax, by - ay) > _DOORS_APART_M:
            return None
        share = (number - doors[place - 1].number) / (doors[place].number - doors[place - 1].number)
        return (ax + (bx - ax) * share, ay + (by - ay) * share), Precision.BETWEEN_DOORS

    def _spot(self, door: KnownDoor) -> Spot2:
        return self._lines.spot(self._plan.place(door.cell))


def _are_near(ones: Iterable[Spot2], others: Sequence[Spot2]) -> bool:
    return any(hypot(b[0] - a[0], b[1] - a[1]) <= _ONE_STREET_M for a in ones for b in others)


def _worth(typed: Sequence[str], telling: Iterable[str], name: Sequence[str]) -> float:
    """Return how well a name fits what was typed; nothing where no telling word fits, or too few do."""
    own = [word for word in name if word not in SMALL] or list(name)
    fits = {word: max((_fit(word, other) for other in own), default=0.0) for word in telling}
    missed = sum(not worth for worth in fits.values())
    if fits and (missed == len(fits) or missed > len(fits) / 2):
        return 0.0
    small = sum(_SMALL for word in typed if word in SMALL and word in name)
    if not fits and not small:
        return 0.0
    unsaid = max(0, len(own) - len(fits) + missed)
    return sum(fits.values()) + small - missed * _TYPED_TOO_MUCH - 0.5 * unsaid / (1 + len(own))


def _fit(typed: str, word: str) -> float:
    if typed == word:
        return _SAME
    if word.startswith(typed):
        return _BEGINS
    allowed = (len(typed) >= _LONG) + (len(typed) >= _LONGER)
    return _SLIPPED if allowed and slips(typed, word, at_most=allowed) else 0.0

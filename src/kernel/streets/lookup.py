"""A typed street, found among the names; its house number placed where the map allows it honestly."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
_SAME, _BEGINS, _SLIPPED, _SMALL = 4.0, 1.5, 1.5, 0.25  # what a word is worth; one begun, more the less is missing
_TYPED_TOO_MUCH: Final = 2.0  # what a word costs that the name does not have
_UNSAID: Final = 0.5  # and what those cost, together, that were not typed
_LIKELY: Final = 0.6  # of the best one's worth; below it a candidate only distracts
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


class _Street(msgspec.Struct, frozen=True):
    """All that bears one name, however it is spelt."""

    words: tuple[str, ...]
    names: tuple[int, ...]  # its spellings, the most used first
    edges: tuple[int, ...]


class Names:
    """All streets by their names."""

    def __init__(self, plan: StreetPlan, lines: Lines, grid: Grid) -> None:
        self._plan, self._lines, self._grid = plan, lines, grid
        self._streets = list(_spelt(plan, lines))
        self._vocabulary = sorted({word for street in self._streets for word in street.words})
        self._doors = {name: list(doors) for name, doors in groupby(plan.doors, key=lambda door: door.name)}

    def find(self, typed: str, *, near: Point, limit: int) -> list[Found]:
        """Return the streets that may be meant, the likeliest first, and of equals the nearest."""
        words, number = street_and_number(typed)
        here = self._lines.spot(near)
        ranked = sorted(self._ranked(words), key=lambda one: -one[0])
        likely = [(worth, street) for worth, street in ranked if worth >= _LIKELY * ranked[0][0]][: 4 * limit]
        found = [
            (-worth, hypot(spot[0] - here[0], spot[1] - here[1]), street.words, street, edges, spot)
            for worth, street in likely
            for edges, spot in self._places(street, here)
        ]
        found.sort(key=lambda one: one[:3])
        return [self._found(street, number, edges, spot) for _, _, _, street, edges, spot in found[:limit]]

    def _ranked(self, typed: Sequence[str]) -> Iterable[tuple[float, _Street]]:
        telling = sorted({word for word in typed if word not in SMALL})
        fits = {word: self._fits(word) for word in telling}
        for street in self._streets:
            worth = _worth(typed, fits, street.words)
            if worth > 0:
                yield worth, street

    def _fits(self, typed: str) -> dict[str, float]:
        found = ((word, _fit(typed, word)) for word in self._vocabulary)
        return {word: fit for word, fit in found if fit}

    def _places(self, street: _Street, here: Spot2) -> Iterable[tuple[frozenset[int], Spot2]]:
        """Return each place where there is such a street: its edges, and the spot on them nearest to their middle."""
        for edges in self._apart(street.edges):
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

    def _found(self, street: _Street, number: int | None, edges: frozenset[int], middle: Spot2) -> Found:
        spot, precision = middle, Precision.STREET
        if number is not None:
            spot, precision = self._numbered(street, number, edges) or (spot, precision)
        here = {self._plan.edges[edge].name for edge in edges}
        name = next(name for name in street.names if name in here)
        point = self._lines.place(spot)
        return Found(street=self._plan.names[name], number=number, point=point, precision=precision)

    def _numbered(self, street: _Street, number: int, edges: frozenset[int]) -> tuple[Spot2, Precision] | None:
        corners = [corner for edge in edges for corner in self._lines.lines[edge].corners]
        known = sorted(
            (door for name in street.names for door in self._doors.get(name, [])), key=lambda one: one.number
        )
        doors = [door for door in known if _are_near([self._spot(door)], corners)]
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


def _spelt(plan: StreetPlan, lines: Lines) -> Iterable[_Street]:
    edges: dict[tuple[str, ...], list[int]] = defaultdict(list)
    metres: Counter[int] = Counter()
    for number, edge in enumerate(plan.edges):
        if edge.name:
            edges[words_of(plan.names[edge.name])].append(number)
            metres[edge.name] += round(lines.lines[number].length_m)
    for words, numbers in sorted(edges.items()):
        names = sorted({plan.edges[number].name for number in numbers}, key=lambda name: (-metres[name], name))
        yield _Street(words, tuple(names), tuple(numbers))


def _worth(typed: Sequence[str], fits: Mapping[str, Mapping[str, float]], name: Sequence[str]) -> float:
    """Return how well a name fits what was typed; nothing where no telling word fits, or too few do."""
    own = [word for word in name if word not in SMALL] or list(name)
    best = [max((known.get(word, 0.0) for word in own), default=0.0) for known in fits.values()]
    missed = sum(not worth for worth in best)
    small = sum(_SMALL for word in typed if word in SMALL and word in name)
    if missed > len(best) / 2 or not (sum(best) or (small and not best)):
        return 0.0
    unsaid = max(0, len(own) - len(best) + missed)
    return sum(best) + small - missed * _TYPED_TOO_MUCH - _UNSAID * unsaid / (1 + len(own))


def _fit(typed: str, word: str) -> float:
    if typed == word:
        return _SAME
    if word.startswith(typed):
        return _BEGINS * (1 + len(typed) / len(word))
    allowed = (len(typed) >= _LONG) + (len(typed) >= _LONGER)
    return _SLIPPED if allowed and slips(typed, word, at_most=allowed) else 0.0

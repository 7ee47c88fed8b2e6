"""Doors to send somebody to: invented, but where such a house would stand, and numbered as its city would."""

from bisect import bisect_right
from collections import defaultdict
from heapq import heappop, heappush
from itertools import accumulate
from math import hypot, inf
from typing import Final

import msgspec

from kernel.geo import Point
from kernel.streets.lines import Lines, Spot2
from kernel.streets.model import Access, Chance, StreetPlan
from kernel.streets.model import StreetClass as C

_WITH_HOUSES: Final = frozenset({C.PRIMARY, C.SECONDARY, C.TERTIARY, C.RESIDENTIAL, C.LIVING_STREET, C.PEDESTRIAN})
_SETBACK_M: Final = 9.0  # from the middle of the street to the door


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A likely address. The house may not exist, the street does."""

    point: Point
    street: str
    number: int

    @property
    def address(self) -> str:
        """Return it as people write it."""
        return f"{self.street}, {self.number}"


class Doors:
    """Where houses stand, and how they are numbered.

    São Paulo counts metres from the end that is nearer to the centre, even on the right: so does this.
    """

    def __init__(self, plan: StreetPlan, lines: Lines, *, centre: Spot2 = (0.0, 0.0)) -> None:
        self._plan, self._lines, self._centre = plan, lines, centre
        self._edges = [
            number
            for number, edge in enumerate(plan.edges)
            if edge.name and edge.street_class in _WITH_HOUSES and not edge.is_tunnel and edge.access & Access.FOOT
        ]
        self._until_m = list(accumulate(lines.lines[number].length_m for number in self._edges))
        self._named: dict[int, list[int]] = defaultdict(list)
        for number in self._edges:
            self._named[plan.edges[number].name].append(number)
        self._counted: dict[int, dict[int, float]] = {}  # by name: metres from the street's beginning to each node

    def any(self, chance: Chance) -> Door:
        """Return a door, every metre of street as likely as any other; raises LookupError where no street has any."""
        if not self._edges:
            raise LookupError("there is no named street with houses")
        at_m = chance.random() * self._until_m[-1]
        place = min(bisect_right(self._until_m, at_m), len(self._edges) - 1)
        number = self._edges[place]
        along_m = max(0.0, at_m - (self._until_m[place] - self._lines.lines[number].length_m))
        return self._door(number, along_m, is_right=chance.random() < 0.5)  # noqa: PLR2004  either side

    def _door(self, number: int, along_m: float, *, is_right: bool) -> Door:
        edge, line = self._plan.edges[number], self._lines.lines[number]
        counted = self._counted_from_the_beginning(edge.name)
        from_start_m, from_end_m = counted[edge.start] + along_m, counted[edge.end] + line.length_m - along_m
        east, north = line.at(along_m)
        ahead, behind = line.at(min(line.length_m, along_m + 1)), line.at(max(0.0, along_m - 1))
        length_m = hypot(ahead[0] - behind[0], ahead[1] - behind[1]) or 1.0
        aside = _SETBACK_M / length_m * (1 if is_right is (from_start_m <= from_end_m) else -1)
        spot = east + (ahead[1] - behind[1]) * aside, north - (ahead[0] - behind[0]) * aside
        metres = round(min(from_start_m, from_end_m))
        house = max(metres - metres % 2, 2) if is_right else metres | 1
        return Door(point=self._lines.place(spot), street=self._plan.names[edge.name], number=house)

    def _counted_from_the_beginning(self, name: int) -> dict[int, float]:
        if name not in self._counted:
            self._counted[name] = self._count(name)
        return self._counted[name]

    def _count(self, name: int) -> dict[int, float]:
        steps: dict[int, list[tuple[int, float]]] = defaultdict(list)
        spots: dict[int, Spot2] = {}
        for number in self._named[name]:
            edge, line = self._plan.edges[number], self._lines.lines[number]
            steps[edge.start].append((edge.end, line.length_m))
            steps[edge.end].append((edge.start, line.length_m))
            spots |= {edge.start: line.corners[0], edge.end: line.corners[-1]}
        beginning = min(spots, key=lambda node: (_apart_m(spots[node], self._centre), node))
        counted: dict[int, float] = {}
        # What is cut off from the beginning, behind a square or a bridge, goes on counting in a straight line.
        for node in sorted(spots, key=lambda node: (_apart_m(spots[node], spots[beginning]), node)):
            if node not in counted:
                _spread(node, _apart_m(spots[node], spots[beginning]), steps, counted)
        return counted


def _apart_m(a: Spot2, b: Spot2) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _spread(start: int, at_m: float, steps: dict[int, list[tuple[int, float]]], counted: dict[int, float]) -> None:
    """Note for every node that is joined to this one how far it is along the street: Dijkstra."""
    open_nodes = [(at_m, start)]
    while open_nodes:
        now_m, node = heappop(open_nodes)
        if now_m >= counted.get(node, inf):
            continue
        counted[node] = now_m
        for to, length_m in steps[node]:
            heappush(open_nodes, (now_m + length_m, to))

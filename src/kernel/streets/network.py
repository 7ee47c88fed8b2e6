"""The streets as one vehicle sees them, and the quickest way through them."""

from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

import msgspec

from kernel.streets.index import Near
from kernel.streets.landmarks import Landmarks, Step
from kernel.streets.lines import Lines
from kernel.streets.model import ALONG, StreetPlan, Vehicle
from kernel.streets.speeds import SPEEDS_MPS

_NOWHERE: Final = -1
_CORNER_M: Final = 0.5  # who is so near to a crossing is at it, whichever street may be used in which direction


class Stretch(msgspec.Struct, frozen=True):
    """A piece of one edge that is ridden: in metres from the edge's start, backwards where `to_m` is less."""

    edge: int
    from_m: float
    to_m: float


class Network:
    """The edges open to one vehicle, with what each takes in either direction."""

    def __init__(self, plan: StreetPlan, lines: Lines, vehicle: Vehicle) -> None:
        along = int(ALONG[vehicle])
        self._along, self._against = along, along << 1
        self._edges, self._lines = plan.edges, lines.lines
        self.edges = frozenset(number for number, edge in enumerate(plan.edges) if edge.access & (along | along << 1))
        self.speeds_mps = [SPEEDS_MPS[vehicle][edge.street_class] for edge in plan.edges]
        self._steps = self._all_steps(len(plan.nodes))
        self._landmarks = Landmarks([lines.spot(plan.place(cell)) for cell in plan.nodes], self._steps)

    def _all_steps(self, nodes_count: int) -> list[list[Step]]:
        steps: list[list[Step]] = [[] for _ in range(nodes_count)]
        for number in sorted(self.edges):
            edge, takes_s = self._edges[number], self._lines[number].length_m / self.speeds_mps[number]
            if edge.access & self._along:
                steps[edge.start].append((edge.end, takes_s, number))
            if edge.access & self._against:
                steps[edge.end].append((edge.start, takes_s, number))
        return steps

    def way(self, start: Near, end: Near) -> list[Stretch]:
        """Return the quickest way from one spot to another; raises LookupError where there is none.

        In a file that was built none is missing: of each vehicle it keeps the strongly connected streets.
        """
        direct = self._direct(start, end)
        first, last = self._leaving(start), self._arriving(end)
        last_node, came = self._search(first, last, self.takes_s(direct) if direct else inf)
        if last_node != _NOWHERE:
            return self._followed(last_node, came, first, last)
        if direct is None:
            raise LookupError("no way leads there")
        return [direct]

    def takes_s(self, stretch: Stretch) -> float:
        """Return how long a stretch takes."""
        return abs(stretch.to_m - stretch.from_m) / self.speeds_mps[stretch.edge]

    def _direct(self, start: Near, end: Near) -> Stretch | None:
        if start.edge != end.edge:
            return None
        is_open = self._along if start.along_m <= end.along_m else self._against
        if abs(start.along_m - end.along_m) > _CORNER_M and not self._edges[start.edge].access & is_open:
            return None
        return Stretch(start.edge, start.along_m, end.along_m)

    def _leaving(self, start: Near) -> dict[int, Stretch]:
        edge, at_m, length_m = self._edges[start.edge], start.along_m, self._lines[start.edge].length_m
        ways = []
        if edge.access & self._along or length_m - at_m <= _CORNER_M:
            ways.append((edge.end, Stretch(start.edge, at_m, length_m)))
        if edge.access & self._against or at_m <= _CORNER_M:
            ways.append((edge.start, Stretch(start.edge, at_m, 0.0)))
        return self._quickest(ways)

    def _arriving(self, end: Near) -> dict[int, Stretch]:
        edge, at_m, length_m = self._edges[end.edge], end.along_m, self._lines[end.edge].length_m
        ways = []
        if edge.access & self._along or at_m <= _CORNER_M:
            ways.append((edge.start, Stretch(end.edge, 0.0, at_m)))
        if edge.access & self._against or length_m - at_m <= _CORNER_M:
            ways.append((edge.end, Stretch(end.edge, length_m, at_m)))
        return self._quickest(ways)

    def _quickest(self, stretches: list[tuple[int, Stretch]]) -> dict[int, Stretch]:
        # Of a loop both ends are the same node: the shorter side counts.
        return dict(sorted(stretches, key=lambda one: self.takes_s(one[1]), reverse=True))

    def _search(
        self, first: dict[int, Stretch], last: dict[int, Stretch], best_s: float
    ) -> tuple[int, dict[int, tuple[int, int]]]:
        """Return the node before the last stretch of a way quicker than `best_s`, and how each node was reached: A*."""
        last_s = {node: self.takes_s(stretch) for node, stretch in last.items()}
        reached_s = {node: self.takes_s(stretch) for node, stretch in first.items()}
        (a, a_s), (b, b_s), (c, c_s) = self._landmarks.towards(last_s, next(iter(first), 0))
        steps, best_node, came = self._steps, _NOWHERE, dict[int, tuple[int, int]]()
        open_nodes = [(at_s, at_s, node) for node, at_s in reached_s.items()]
        heapify(open_nodes)
        while open_nodes:
            at_least_s, at_s, node = heappop(open_nodes)
            if at_least_s >= best_s:
                break
            if at_s > reached_s[node]:
                continue  # A quicker way here was found meanwhile.
            if node in last_s and at_s + last_s[node] < best_s:
                best_s, best_node = at_s + last_s[node], node
            for to, takes_s, edge in steps[node]:
                then_s = at_s + takes_s
                if then_s < reached_s.get(to, inf):
                    reached_s[to] = then_s
                    came[to] = node, edge
                    still_s = max(a[to] - a_s, b[to] - b_s, c[to] - c_s)
                    heappush(open_nodes, (then_s + still_s, then_s, to))
        return best_node, came

    def _followed(
        self, node: int, came: dict[int, tuple[int, int]], first: dict[int, Stretch], last: dict[int, Stretch]
    ) -> list[Stretch]:
        stretches = [last[node]]
        while node in came:
            before, number = came[node]
            length_m = self._lines[number].length_m
            is_along = self._edges[number].start == before
            stretches.append(Stretch(number, 0.0, length_m) if is_along else Stretch(number, length_m, 0.0))
            node = before
        return [first[node], *reversed(stretches)]

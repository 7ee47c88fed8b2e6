"""How long it takes at least: known ways to and from a few crossings at the rim bound every other way (ALT).

Goldberg and Harrelson, "Computing the shortest path: A* search meets graph theory" (2005). Whoever is nearer to a
landmark than the goal is has at least the difference still to go, and whoever a landmark reaches later likewise.
"""

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from math import cos, inf, isfinite, radians, sin
from typing import Final

from kernel.streets.lines import Spot2

Step = tuple[int, float, int]  # to which node, in how many seconds, over which edge
Bound = tuple[Sequence[float], float]  # from a node at least its number less this are still to go
_DIRECTIONS_DEG: Final = range(0, 360, 60)
_USED: Final = 3  # of all bounds, for one way


class Landmarks:
    """Seconds to and from each landmark, for every node."""

    def __init__(self, nodes: Sequence[Spot2], steps: Sequence[Sequence[Step]]) -> None:
        back: list[list[Step]] = [[] for _ in steps]
        for node, leads_to in enumerate(steps):
            for to, takes_s, edge in leads_to:
                back[to].append((node, takes_s, edge))
        rim = sorted({_furthest(nodes, steps, direction_deg) for direction_deg in _DIRECTIONS_DEG})
        self._to_s = [_all_from(landmark, back) for landmark in rim]
        self._from_s = [[-takes_s for takes_s in _all_from(landmark, steps)] for landmark in rim]
        self._nothing = [0.0] * len(nodes)

    def towards(self, last_s: Mapping[int, float], start: int) -> list[Bound]:
        """Return the bounds that say most at the start, on the way to a goal so many seconds behind each last node."""
        bounds: list[Bound] = [(self._nothing, 0.0)] * _USED
        bounds += [(to_s, max(to_s[node] - takes_s for node, takes_s in last_s.items())) for to_s in self._to_s]
        bounds += [(from_s, max(from_s[node] - takes_s for node, takes_s in last_s.items())) for from_s in self._from_s]
        known = [(numbers, less) for numbers, less in bounds if isfinite(less)]
        return sorted(known, key=lambda bound: bound[1] - bound[0][start])[:_USED]


def _furthest(nodes: Sequence[Spot2], steps: Sequence[Sequence[Step]], direction_deg: int) -> int:
    east, north = sin(radians(direction_deg)), cos(radians(direction_deg))
    connected = [node for node, leads_to in enumerate(steps) if leads_to]
    return max(connected, key=lambda node: (nodes[node][0] * east + nodes[node][1] * north, node), default=0)


def _all_from(start: int, steps: Sequence[Sequence[Step]]) -> list[float]:
    """Return how many seconds it takes from one node to each: Dijkstra."""
    reached_s = [inf] * len(steps)
    reached_s[start] = 0.0
    open_nodes = [(0.0, start)]
    while open_nodes:
        at_s, node = heappop(open_nodes)
        if at_s > reached_s[node]:
            continue
        for to, takes_s, _ in steps[node]:
            then_s = at_s + takes_s
            if then_s < reached_s[to]:
                reached_s[to] = then_s
                heappush(open_nodes, (then_s, to))
    return reached_s

"""Which street is nearest: the pieces of all lines in a grid, searched in rings around the place."""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise
from math import hypot
from typing import Final

import msgspec

from kernel.streets.lines import Line, Spot2

CELL_M: Final = 120.0  # about a block


class Near(msgspec.Struct, frozen=True):
    """The nearest spot of one edge."""

    away_m: float
    edge: int
    along_m: float


class Grid:
    """The pieces of lines by the cells they touch."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._cells: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for edge, line in enumerate(lines):
            for piece, (a, b) in enumerate(pairwise(line.corners)):
                for cell in _touched(a, b):
                    self._cells[cell].append((edge, piece))
        columns, rows = [column for column, _ in self._cells], [row for _, row in self._cells]
        self._west, self._east = min(columns), max(columns)
        self._south, self._north = min(rows), max(rows)

    def nearest(self, spot: Spot2, among: Container[int]) -> Near | None:
        """Return the nearest spot on one of these edges."""
        column, row = _cell(spot)
        middle = (min(max(column, self._west), self._east), min(max(row, self._south), self._north))
        best: Near | None = None
        for ring in range(max(self._east - self._west, self._north - self._south) + 1):
            # Whatever lies in this ring or further out is at least so far away: a place outside the grid is further
            # from everything in it than the grid's own nearest cell.
            if best is not None and best.away_m <= (ring - 1) * CELL_M:
                break
            for cell in _ring(middle, ring):
                for edge, piece in self._cells.get(cell, ()):
                    if edge in among:
                        near = self._near(spot, edge, piece)
                        best = near if best is None or _order(near) < _order(best) else best
        return best

    def _near(self, spot: Spot2, edge: int, piece: int) -> Near:
        line = self._lines[edge]
        (ax, ay), (bx, by) = line.corners[piece], line.corners[piece + 1]
        dx, dy = bx - ax, by - ay
        squared = dx * dx + dy * dy
        share = ((spot[0] - ax) * dx + (spot[1] - ay) * dy) / squared if squared else 0.0
        share = max(0.0, min(1.0, share))
        along_m = line.along_m[piece] + share * (line.along_m[piece + 1] - line.along_m[piece])
        return Near(hypot(ax + share * dx - spot[0], ay + share * dy - spot[1]), edge, along_m)


def _order(near: Near) -> tuple[float, int, float]:
    return near.away_m, near.edge, near.along_m


def _cell(spot: Spot2) -> tuple[int, int]:
    return int(spot[0] // CELL_M), int(spot[1] // CELL_M)


def _touched(a: Spot2, b: Spot2) -> Iterator[tuple[int, int]]:
    # The rectangle around the piece: pieces are short, so little is noted in vain.
    (from_column, from_row), (to_column, to_row) = _cell(a), _cell(b)
    for column in range(min(from_column, to_column), max(from_column, to_column) + 1):
        for row in range(min(from_row, to_row), max(from_row, to_row) + 1):
            yield column, row


def _ring(middle: tuple[int, int], ring: int) -> Iterator[tuple[int, int]]:
    column, row = middle
    if ring == 0:
        yield middle
        return
    for step in range(-ring, ring + 1):
        yield column + step, row - ring
        yield column + step, row + ring
    for step in range(1 - ring, ring):
        yield column - ring, row + step
        yield column + ring, row + step

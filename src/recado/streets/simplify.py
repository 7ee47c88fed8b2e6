from collections.abc import Sequence
from math import hypot

Spot = tuple[float, float]


def corners_that_matter(spots: Sequence[Spot], tolerance_m: float) -> list[int]:
    """Return which corners of a line to keep so that none left out is further from it: Douglas and Peucker."""
    kept = {0, len(spots) - 1}
    open_pieces = [(0, len(spots) - 1)]
    while open_pieces:
        first, last = open_pieces.pop()
        furthest_m, corner = max(
            ((_away_m(spots[i], spots[first], spots[last]), -i) for i in range(first + 1, last)), default=(0.0, 0)
        )
        if furthest_m > tolerance_m:
            kept.add(-corner)
            open_pieces += [(first, -corner), (-corner, last)]
    return sorted(kept)


def _away_m(spot: Spot, a: Spot, b: Spot) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    squared = dx * dx + dy * dy
    share = ((spot[0] - a[0]) * dx + (spot[1] - a[1]) * dy) / squared if squared else 0.0
    share = max(0.0, min(1.0, share))
    return hypot(spot[0] - a[0] - share * dx, spot[1] - a[1] - share * dy)

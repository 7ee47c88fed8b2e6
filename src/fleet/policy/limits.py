"""How much one phone may send: a leaky bucket told by one number, so that it can travel with the rider's track.

The generic cell rate algorithm (ITU-T I.371): what was sent is paid for until an instant; whoever would be paid too
far ahead waits.
"""

from math import ceil
from typing import Final

from fleet.errors import TooManyPositions

POSITION_COSTS_MS: Final = 10  # a hundred a second, for as long as anybody likes
REQUEST_COSTS_MS: Final = 10  # beside what is in it: an empty one is work too
BURST_MS: Final = 60_000  # 6,000 positions at once: a night without a network at one every five seconds


def spend(paid_until_ms: int, *, positions: int, wall_ms: int) -> int:
    """Return up to when the rider has paid once this upload is taken; raises `TooManyPositions`. All in wall time."""
    until_ms = max(paid_until_ms, wall_ms) + REQUEST_COSTS_MS + positions * POSITION_COSTS_MS
    over_ms = until_ms - wall_ms - BURST_MS
    if over_ms > 0:
        raise TooManyPositions(retry_after_s=ceil(over_ms / 1000))
    return until_ms

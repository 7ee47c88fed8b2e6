"""How much one phone may send: a leaky bucket told by one number, so that it can travel with the rider's track.

The generic cell rate algorithm (ITU-T I.371): what was sent is paid for until an instant; whoever would be paid too
far ahead waits.
"""

from math import ceil
from typing import Final

import msgspec

from fleet.errors import TooManyPositions

BURST_US: Final = 120_000_000  # at a hundred a second 12,000 positions at once: more than any app sends in one request


class Allowance(msgspec.Struct, frozen=True):
    """What one phone may send for as long as it likes; a request counts as a position, as an empty one is work too."""

    positions_per_s: int = 100

    def spend(self, paid_until_us: int, *, positions: int, wall_us: int) -> int:
        """Return up to when a phone has paid once this upload is taken, in wall time; raises `TooManyPositions`."""
        until_us = max(paid_until_us, wall_us) + (positions + 1) * 1_000_000 // self.positions_per_s
        over_us = until_us - wall_us - BURST_US
        if over_us > 0:
            raise TooManyPositions(retry_after_s=ceil(over_us / 1_000_000))
        return until_us

"""A way as a line with what has been ridden, and when, at each point."""

from bisect import bisect_right
from collections.abc import Sequence
from math import atan2, degrees, hypot
from typing import Final

import msgspec

from kernel.geo import Point, between, flat_m
from kernel.streets.lines import Spot2

_LEAST_M: Final = 0.01  # what is nearer to the point before adds nothing but rounding


class Passing(msgspec.Struct, frozen=True, kw_only=True):
    """Where one is at some moment of a way."""

    point: Point
    along_m: float
    bearing_deg: float  # clockwise from north, 0 to 360
    speed_mps: float
    is_in_tunnel: bool


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How one gets from one place to another; the first point is where it begins, the last where it ends."""

    points: tuple[Point, ...]
    along_m: tuple[float, ...]  # from its beginning, at each point
    after_s: tuple[float, ...]  # from leaving, at each point
    tunnels: tuple[bool, ...]  # whether the stretch that begins at each point lies in one; the last never does

    @property
    def length_m(self) -> float:
        """How long it is."""
        return self.along_m[-1]

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.after_s[-1]

    def passing(self, after_s: float) -> Passing:
        """Return where one is so many seconds after leaving: the beginning before 0, the end once it is over."""
        if len(self.points) == 1:
            return Passing(point=self.points[0], along_m=0.0, bearing_deg=0.0, speed_mps=0.0, is_in_tunnel=False)
        i = max(0, min(bisect_right(self.after_s, after_s) - 1, len(self.points) - 2))
        takes_s, length_m = self.after_s[i + 1] - self.after_s[i], self.along_m[i + 1] - self.along_m[i]
        share = max(0.0, min(1.0, (after_s - self.after_s[i]) / takes_s))
        is_moving = 0 <= after_s < self.duration_s
        east_m, north_m = flat_m(self.points[i], self.points[i + 1])
        return Passing(
            point=between(self.points[i], self.points[i + 1], share=share),
            along_m=self.along_m[i] + length_m * share,
            bearing_deg=degrees(atan2(east_m, north_m)) % 360,
            speed_mps=length_m / takes_s if is_moving else 0.0,
            is_in_tunnel=is_moving and self.tunnels[i],
        )


class Piece(msgspec.Struct, frozen=True):
    """A part of a way at one speed."""

    spots: list[Spot2]
    speed_mps: float
    is_tunnel: bool = False


def joined(pieces: Sequence[Piece]) -> tuple[list[Spot2], list[float], list[float], list[bool]]:
    """Return spots, metres, seconds and tunnels of pieces that each begin where the one before ended."""
    spots = [pieces[0].spots[0]]
    along_m, after_s, tunnels = [0.0], [0.0], []
    for piece in pieces:
        for spot in piece.spots:
            length_m = hypot(spot[0] - spots[-1][0], spot[1] - spots[-1][1])
            if length_m >= _LEAST_M:
                spots.append(spot)
                along_m.append(along_m[-1] + length_m)
                after_s.append(after_s[-1] + length_m / piece.speed_mps)
                tunnels.append(piece.is_tunnel)
    return spots, along_m, after_s, [*tunnels, False]

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Final

from kernel.geo import Point, haversine_m

DETOUR: Final = 1.3  # streets against the straight line: between a grid's mean of 1.27 and old towns' 1.4
SPEEDS_MPS: Final[Mapping[str, float]] = {
    "foot": 1.4,
    "bicycle": 4.2,
    "motorcycle": 7.0,  # in traffic, lights and parking included; with the detour 323 m of straight line a minute
    "car": 6.0,
}
USUAL_VEHICLE: Final = "motorcycle"


class StraightLine:
    """Straight line times a detour, at one speed per vehicle; the same at every hour."""

    def __init__(self, *, detour: float = DETOUR, speeds_mps: Mapping[str, float] = SPEEDS_MPS) -> None:
        self._detour = detour
        self._speeds_mps = speeds_mps

    async def travel_s(self, start: Point, end: Point, *, vehicle: str, at: datetime) -> int:
        """Return whole seconds, rounded up; a vehicle nobody knows goes like the usual one."""
        del at
        speed_mps = self._speeds_mps.get(vehicle, self._speeds_mps[USUAL_VEHICLE])
        return ceil(haversine_m(start, end) * self._detour / speed_mps)

"""What a phone's receiver makes of where it is: some metres beside it, and far beside it between tall houses."""

from datetime import datetime
from random import Random
from typing import Final

import msgspec

from kernel.geo import Point, offset
from simulator.days import Air, PhonePlan
from simulator.movement import Passing

EXACTLY_M: Final = 8.0  # what a phone that is never wrong says of itself
POOR_SHARE: Final = 0.3  # of the positions between tall houses
POOR_SIGMA_M: Final = (20.0, 40.0)  # along each axis: 30 to 60 m beside the place, mostly
CIRCLE: Final = 1.51  # 68 % of a round normal distribution lie within so many sigmas: what phones call their accuracy
GUESSED: Final = (0.85, 1.25)  # the receiver does not know its own error exactly
WORST_M: Final = 99.0


class Fix(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One position as the phone reports it, by its own clock."""

    device_at: datetime
    lat: float
    lon: float
    accuracy_m: float
    speed_mps: float | None = None
    bearing_deg: float | None = None


class Receiver:
    """One phone's satellite receiver; its errors are its own dice's."""

    def __init__(self, phone: PhonePlan, air: Air, chance: Random) -> None:
        self._phone, self._air, self._chance = phone, air, chance

    def fix(self, passing: Passing, *, at: datetime) -> Fix | None:
        """Return what the phone makes of being here at this instant; nothing in a tunnel."""
        if passing.is_in_tunnel:
            return None
        device_at = at + self._phone.ahead
        if not self._phone.sigma_m:
            return Fix(device_at=device_at, lat=passing.place.lat, lon=passing.place.lon, accuracy_m=EXACTLY_M)
        sigma_m = self._sigma_m(passing.place)
        east_m, north_m = self._chance.gauss(0, sigma_m), self._chance.gauss(0, sigma_m)
        place = offset(passing.place, east_m=east_m, north_m=north_m)
        accuracy_m = min(WORST_M, sigma_m * CIRCLE * self._chance.uniform(*GUESSED))
        return Fix(
            device_at=device_at,
            lat=round(place.lat, 6),
            lon=round(place.lon, 6),
            accuracy_m=round(accuracy_m, 1),
            speed_mps=round(passing.speed_mps, 1),
            bearing_deg=None if passing.bearing_deg is None else round(passing.bearing_deg),
        )

    def next_at(self, passing: Passing, *, last_at: datetime) -> datetime:
        """Return when it looks again: often on the road, seldom at rest."""
        return last_at + (self._phone.moving_every if passing.is_moving else self._phone.standing_every)

    def _sigma_m(self, place: Point) -> float:
        is_poor = self._chance.random() < POOR_SHARE
        if is_poor and self._air.is_between_tall_houses(place):
            return self._chance.uniform(*POOR_SIGMA_M)
        return self._phone.sigma_m

"""Riders whose places are made up, each by one of four ways, seeded. Each rides honestly first.

What else an app may do is not tried here: places of somebody else's way with new noise are not told from real ones.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import cos, hypot, pi, sin
from typing import Final

import msgspec

from fleet.model.positions import Ping
from kernel.geo import Point, flat_distance_m, flat_m, offset
from recado.benches.truth.phones import EVERY_S, a_ping, tell
from recado.benches.truth.rides import Ride

REPLAYED_M: Final = 500
TURNS: Final = (-pi / 2, 0.0, pi / 2)


def teleport(chance: random.Random) -> list[Ping]:
    """Ride, and be somewhere else in the next moment: 1 to 6 km away, moving on from there with a phone's noise."""
    pings = _honest(chance)
    at = chance.randrange(len(pings) // 3, 2 * len(pings) // 3)
    angle, far_m = chance.uniform(0, 2 * pi), chance.uniform(1_000, 6_000)
    east_m, north_m = far_m * cos(angle), far_m * sin(angle)
    return pings[:at] + [_shifted(ping, east_m, north_m) for ping in pings[at:]]


def mock_flag(chance: random.Random) -> list[Ping]:
    """Ride with an app that puts places in the phone's stead, some minutes long; the phone says so."""
    pings = _honest(chance)
    at = chance.randrange(len(pings) // 2)
    until = at + chance.randrange(12, 90)
    return [msgspec.structs.replace(ping, is_mock=at <= number < until) for number, ping in enumerate(pings)]


def playback(chance: random.Random) -> list[Ping]:
    """Play a way of straight lines at one speed, without noise; accuracy is made up, too."""
    pings = _honest(chance)[:60]
    at_ms, place = pings[-1].device_at_ms, pings[-1].place
    mps, angle = chance.uniform(4, 14), chance.uniform(0, 2 * pi)
    left_m, is_accuracy_fixed = 0.0, chance.random() < 0.5
    decimals = chance.choice((6, 7, 8))
    for _ in range(chance.randrange(24, 120)):
        way_m = mps * EVERY_S
        while left_m < way_m:  # around the corner within this step
            place = offset(place, east_m=left_m * cos(angle), north_m=left_m * sin(angle))
            way_m -= left_m
            left_m, angle = chance.uniform(150, 1_200), angle + chance.choice(TURNS)
        place, left_m = offset(place, east_m=way_m * cos(angle), north_m=way_m * sin(angle)), left_m - way_m
        at_ms += EVERY_S * 1000
        accuracy_m = 5.0 if is_accuracy_fixed else round(chance.uniform(4, 15), 1)
        rounded = Point(lat=round(place.lat, decimals), lon=round(place.lon, decimals))
        pings.append(a_ping(at_ms, rounded, accuracy_m=accuracy_m, speed_mps=mps))
    return pings


def replay(chance: random.Random) -> list[Ping]:
    """Ride, and later send three to ten minutes of it again, all moved by one and the same jitter."""
    pings = _honest(chance)
    stretch = _stretch(pings, chance)
    east_m, north_m = chance.uniform(-15, 15), chance.uniform(-15, 15)
    back_m = hypot(*flat_m(pings[-1].place, stretch[0].place))  # time to be there honestly
    later_ms = pings[-1].device_at_ms - stretch[0].device_at_ms + round(1000 * (30 + back_m / 6))
    return pings + [
        msgspec.structs.replace(_shifted(ping, east_m, north_m), device_at_ms=ping.device_at_ms + later_ms)
        for ping in stretch
    ]


SPOOFS: Final[Mapping[str, Callable[[random.Random], Sequence[Ping]]]] = {
    "teleport": teleport,
    "mock flag": mock_flag,
    "straight-line play-back": playback,
    "replay with fixed jitter": replay,
}


def _honest(chance: random.Random) -> list[Ping]:
    ride = Ride(chance, start=(0.0, 0.0)).shift(1)
    return tell(ride, chance)


def _stretch(pings: Sequence[Ping], chance: random.Random) -> Sequence[Ping]:
    """Return a stretch that goes somewhere: standing again where one stood is no use to anybody."""
    while True:
        length = chance.randrange(36, 120)
        begin = chance.randrange(max(1, len(pings) - length))
        stretch = pings[begin : begin + length]
        if sum(flat_distance_m(a.place, b.place) for a, b in pairwise(stretch)) >= REPLAYED_M:
            return stretch


def _shifted(ping: Ping, east_m: float, north_m: float) -> Ping:
    place = offset(ping.place, east_m=east_m, north_m=north_m)
    return msgspec.structs.replace(ping, lat=round(place.lat, 7), lon=round(place.lon, 7))

"""How phones tell of a way: with noise, echoes, bad spells and tunnels, late and the wrong way round.

What they upload goes through `fleet.policy.positions.judge` as in the house; what is left is the trail.
"""

import random
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from fleet.model.positions import Kept, Ping, Position, PositionRules, Track, from_ms
from fleet.model.riders import Vehicle
from fleet.policy.positions import judge
from kernel.geo import Point, offset
from recado.benches.truth.rides import Ride, Spot
from recado.benches.truth.traces import CENTRE

BEGIN_MS: Final = 1_772_463_600_000  # a day in March at noon
EVERY_S: Final = 5
_RULES: Final = PositionRules()


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What one phone is like: its slow drift and its jitter in metres, and what else happens to it."""

    drift_m: float
    jitter_m: float
    accuracy_step_m: float  # it tells its accuracy in steps of so much; 0 is exactly
    repeats_when_still: bool  # the last fix again, to the last digit
    says_speed: bool


class Spell(NamedTuple):
    """A stretch of seconds."""

    from_s: int
    until_s: int

    def holds(self, at_s: float) -> bool:
        """Tell whether an instant lies in it."""
        return self.from_s <= at_s < self.until_s


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What arrives together."""

    at_s: float
    pings: Sequence[Ping]


def habits(chance: random.Random) -> Habits:
    """Return some phone."""
    return Habits(
        drift_m=chance.uniform(2, 7),
        jitter_m=chance.uniform(0.2, 1.5),
        accuracy_step_m=chance.choice((0.0, 0.0, 0.0, 1.0, 5.0)),
        repeats_when_still=chance.random() < 0.5,
        says_speed=chance.random() < 0.7,
    )


def spells(chance: random.Random, length_s: int, *, per_hour: float, seconds: tuple[float, float]) -> list[Spell]:
    """Return stretches of a way in which something is different."""
    found: list[Spell] = []
    at_s = chance.expovariate(per_hour / 3600)
    while at_s < length_s:
        lasts_s = chance.uniform(*seconds)
        found.append(Spell(round(at_s), round(at_s + lasts_s)))
        at_s += lasts_s + chance.expovariate(per_hour / 3600)
    return found


def tell(ride: Ride, chance: random.Random, *, phone: Habits | None = None) -> list[Ping]:
    """Return the pings of a way, in device time, without those of tunnels."""
    phone = phone or habits(chance)
    tunnels = spells(chance, ride.now_s, per_hour=2, seconds=(30, 180))
    bad = spells(chance, ride.now_s, per_hour=2, seconds=(30, 240))
    pings: list[Ping] = []
    east_m = north_m = 0.0
    stood: Spot | None = None
    for at_s in range(0, ride.now_s, EVERY_S):
        is_bad = any(spell.holds(at_s) for spell in bad)
        drift_m = 25.0 if is_bad else phone.drift_m
        east_m, north_m = (0.85 * was_m + 0.53 * chance.gauss(0, drift_m) for was_m in (east_m, north_m))
        if any(spell.holds(at_s) for spell in tunnels):
            continue
        place = ride.places[at_s]
        if phone.repeats_when_still and place == stood and pings:
            pings.append(msgspec.structs.replace(pings[-1], device_at_ms=_device_ms(at_s, chance)))
            continue
        stood = place
        echo_m = chance.uniform(80, 300) if chance.random() < 0.003 else 0.0
        error = (east_m + chance.gauss(0, phone.jitter_m) + echo_m, north_m + chance.gauss(0, phone.jitter_m))
        accuracy_m = _accuracy_m(chance, drift_m, phone.accuracy_step_m)
        moved_m = _moved_m(ride, at_s)
        pings.append(
            a_ping(
                _device_ms(at_s, chance),
                offset(CENTRE, east_m=place[0] + error[0], north_m=place[1] + error[1]),
                accuracy_m=accuracy_m,
                speed_mps=max(0.0, round(moved_m + chance.gauss(0, 0.3), 2)) if phone.says_speed else None,
            )
        )
    return pings


def send(pings: Sequence[Ping], chance: random.Random) -> list[Upload]:
    """Return how pings arrive: mostly at once, now and then late in a batch, of which some tell the newest first."""
    length_s = (pings[-1].device_at_ms - BEGIN_MS) // 1000 if pings else 0
    offline = spells(chance, length_s, per_hour=3, seconds=(20, 420))
    uploads: list[Upload] = []
    waiting: list[Ping] = []
    for ping in pings:
        at_s = (ping.device_at_ms - BEGIN_MS) / 1000
        if any(spell.holds(at_s) for spell in offline):
            waiting.append(ping)
            continue
        backlog = [Upload(at_s=at_s + 1, pings=waiting)] if waiting else []
        now = [Upload(at_s=at_s + 1, pings=[ping])]
        uploads += now + backlog if chance.random() < 0.3 else backlog + now
        waiting = []
    return uploads + ([Upload(at_s=length_s + 1, pings=waiting)] if waiting else [])


def receive(uploads: Sequence[Upload], *, vehicle: Vehicle = Vehicle.MOTORCYCLE) -> list[list[Position]]:
    """Judge uploads one after the other; returns what each brings to the trail, in device time."""
    track, trails = Track(), list[list[Position]]()
    for upload in uploads:
        now = from_ms(BEGIN_MS + round(upload.at_s * 1000))
        judgement = judge(upload.pings, track, rules=_RULES, now=now, vehicle=vehicle)
        track = judgement.track
        trails.append(Kept(judgement.skew_ms, judgement.received_at_ms, judgement.trail).positions())
    return trails


def a_ping(at_ms: int, place: Point, *, accuracy_m: float, speed_mps: float | None, is_mock: bool = False) -> Ping:
    """Return a ping with seven decimals of a degree, as phones have."""
    lat, lon = round(place.lat, 7), round(place.lon, 7)
    return Ping(device_at_ms=at_ms, lat=lat, lon=lon, accuracy_m=accuracy_m, speed_mps=speed_mps, is_mock=is_mock)


def _device_ms(at_s: float, chance: random.Random) -> int:
    return BEGIN_MS + round(at_s * 1000) + chance.randrange(0, 40)


def _accuracy_m(chance: random.Random, drift_m: float, step_m: float) -> float:
    accuracy_m = min(99.0, 1.5 * drift_m * chance.lognormvariate(0, 0.25))
    return max(step_m, step_m * round(accuracy_m / step_m)) if step_m else round(accuracy_m, 3)


def _moved_m(ride: Ride, at_s: int) -> float:
    if at_s == 0:
        return 0.0
    (east_m, north_m), (was_east_m, was_north_m) = ride.places[at_s], ride.places[at_s - 1]
    return float(((east_m - was_east_m) ** 2 + (north_m - was_north_m) ** 2) ** 0.5)

"""The single signs of a place that is not real, position by position. What they weigh together is `spoofing`'s.

A GPS receiver is never quite still and never quite regular: what is too smooth, or the same twice, was made up.
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from math import hypot, log
from typing import Final

import msgspec

from fleet.model.positions import Position, PositionRules
from fleet.model.truth import Fence, Fix, Sign, fix_of
from kernel.geo import flat_distance_m, flat_m, offset

POSSIBLE: Final = PositionRules()  # what lets a position into the trail: a jump is seen there as a gap and a long step

JUMP_M: Final = 500  # beyond twice both accuracies: further than echoes between tall houses throw, and the ride on
RETURN_M: Final = 200  # back so near to where it jumped from, it was an echo
SETTLED: Final = 3  # positions after a jump that must stay away
NEAR_M: Final = 60  # of a stop's place: arrived
APPROACH_M: Final = 400
APPROACH_SHARE: Final = 0.5  # of the speed of a teleport: so fast nobody rides to a door

RIDING_M: Final = 8.0  # a step shorter than this says nothing of how somebody rides: drift makes such, too
EVERY_MS: Final = 4_000  # positions sooner than this after the last are not steps: too close for noise to show
GAP_MS: Final = 20_000
SMOOTH_M: Final = 0.35  # three times what six decimals of a degree leave
SMOOTH_WINS: Final = log(0.6 / 0.03)  # shares of smooth steps: of a player with its corners, and of an honest phone
SMOOTH_LOSES: Final = log(0.4 / 0.97)
SMOOTH_AT: Final = 12.0  # four smooth steps more than an honest ride has, at odds of e^12 against chance

REMEMBERED: Final = 600  # steps, fifty minutes of riding
STEP_MOST_DM: Final = 32_000
ALIKE_DM: Final = 4
ALIKE_STEPS: Final = 6
ALIKE_BEND_DM: Final = 150  # a straight road at one speed repeats itself; bends and lights do not

FROZEN_MPS: Final = 2.0  # the phone says so, and its place stays the same to the last digit
FROZEN_TIMES: Final = 12
SAME_ACCURACY_TIMES: Final = 60  # steps ridden, five minutes and more


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A sign and, for people, what was seen."""

    code: Sign
    reason: str


class Jump(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step nobody rides, from where, and how many positions have stayed away since."""

    start: Fix
    stayed: int
    reason: str


class SignState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the next position is held against. `ridden` are steps in decimetres, east and north, two bytes each."""

    last: Fix | None = None
    jump: Jump | None = None
    corner: Fix | None = None  # the last end of a step
    pace_mps: tuple[float, float] | None = None  # east and north, of that step
    smooth: float = 0.0
    ridden: bytes = b""
    frozen_times: int = 0
    same_accuracy_times: int = 0


def look(
    state: SignState, position: Position, *, teleport_mps: float, fences: Sequence[Fence]
) -> tuple[SignState, tuple[Found, ...]]:
    """Hold one position against those before; one that is not newer than the last changes nothing."""
    fix, last = fix_of(position), state.last
    if last is not None and fix.at_ms <= last.at_ms:
        return state, ()
    found = [Found(code=Sign.MOCK_FLAG, reason="the phone says that an app makes its places up")] * position.is_mock
    if last is None:
        return SignState(last=fix, corner=fix), tuple(found)
    state, jumped = _jumping(state, last, fix, teleport_mps)
    found += [*jumped, *_not_approached(last, fix, teleport_mps, fences)]
    state, stuck = _frozen(state, last, fix, position.speed_mps)
    state, ridden = _riding(state, fix)
    return msgspec.structs.replace(state, last=fix), (*found, *stuck, *ridden)


def _jumping(state: SignState, last: Fix, fix: Fix, teleport_mps: float) -> tuple[SignState, list[Found]]:
    """Take a jump for a teleport once it has lasted; an echo comes back."""
    jump = state.jump
    if jump is not None:
        if flat_distance_m(jump.start.place, fix.place) <= RETURN_M + 2 * fix.accuracy_m:
            return msgspec.structs.replace(state, jump=None), []
        if jump.stayed + 1 >= SETTLED:
            return msgspec.structs.replace(state, jump=None), [Found(code=Sign.TELEPORT, reason=jump.reason)]
        return msgspec.structs.replace(state, jump=msgspec.structs.replace(jump, stayed=jump.stayed + 1)), []
    far_m, mps = _pace(last, fix)
    if far_m <= JUMP_M or mps < teleport_mps:
        return state, []
    reason = f"{far_m / 1000:.1f} km in {(fix.at_ms - last.at_ms) / 1000:.0f} s, {mps:.0f} m/s, and stayed there"
    return msgspec.structs.replace(state, jump=Jump(start=last, stayed=0, reason=reason)), []


def _not_approached(last: Fix, fix: Fix, teleport_mps: float, fences: Sequence[Fence]) -> list[Found]:
    far_m, mps = _pace(last, fix)
    if far_m <= APPROACH_M or mps < APPROACH_SHARE * teleport_mps:
        return []
    near = next((fence for fence in fences if flat_distance_m(fence.place, fix.place) <= NEAR_M), None)
    if near is None:
        return []
    reason = f"at the {near.stop} from {far_m:.0f} m away within {(fix.at_ms - last.at_ms) / 1000:.0f} s"
    return [Found(code=Sign.NO_APPROACH, reason=reason)]


def _pace(last: Fix, fix: Fix) -> tuple[float, float]:
    """Return how far two fixes are surely apart, and how fast that is by the measure of who let them in."""
    away_m, unsure_m = flat_distance_m(last.place, fix.place), last.accuracy_m + fix.accuracy_m
    return max(0.0, away_m - 2 * unsure_m), max(0.0, away_m - unsure_m) / (fix.at_ms - last.at_ms) * 1000


def _frozen(state: SignState, last: Fix, fix: Fix, speed_mps: float | None) -> tuple[SignState, list[Found]]:
    is_frozen = (fix.lat, fix.lon) == (last.lat, last.lon) and speed_mps is not None and speed_mps >= FROZEN_MPS
    times = state.frozen_times + 1 if is_frozen else 0
    if times < FROZEN_TIMES:
        return msgspec.structs.replace(state, frozen_times=times), []
    reason = f"{times} times the same place to the last digit, at {speed_mps:.0f} m/s by its own word"
    return msgspec.structs.replace(state, frozen_times=0), [Found(code=Sign.FROZEN_PLACE, reason=reason)]


def _riding(state: SignState, fix: Fix) -> tuple[SignState, list[Found]]:
    """Look at the step that ends here, if one does."""
    corner = state.corner
    assert corner is not None  # set with the first position
    since_ms = fix.at_ms - corner.at_ms
    if since_ms < EVERY_MS:
        return state, []
    east_m, north_m = flat_m(corner.place, fix.place)
    if since_ms > GAP_MS or hypot(east_m, north_m) < RIDING_M:
        return msgspec.structs.replace(state, corner=fix, pace_mps=None), []
    state, same = _same_accuracy(state, corner, fix)
    state, smooth = _smooth(state, corner, fix)
    state, alike = _repeated(state, (round(east_m * 10), round(north_m * 10)))
    pace_mps = (east_m / since_ms * 1000, north_m / since_ms * 1000)
    return msgspec.structs.replace(state, corner=fix, pace_mps=pace_mps), [*same, *smooth, *alike]


def _same_accuracy(state: SignState, corner: Fix, fix: Fix) -> tuple[SignState, list[Found]]:
    times = state.same_accuracy_times + 1 if fix.accuracy_m == corner.accuracy_m else 0
    if times < SAME_ACCURACY_TIMES:
        return msgspec.structs.replace(state, same_accuracy_times=times), []
    reason = f"accurate to {fix.accuracy_m:g} m {times} times in a row while riding"
    return msgspec.structs.replace(state, same_accuracy_times=0), [Found(code=Sign.FROZEN_ACCURACY, reason=reason)]


def _smooth(state: SignState, corner: Fix, fix: Fix) -> tuple[SignState, list[Found]]:
    """Weigh whether this step goes on exactly as the one before, against the odds that an honest one does."""
    if state.pace_mps is None:
        return state, []
    pace_mps, since_ms = state.pace_mps, fix.at_ms - corner.at_ms
    expected = offset(corner.place, east_m=pace_mps[0] * since_ms / 1000, north_m=pace_mps[1] * since_ms / 1000)
    is_smooth = flat_distance_m(expected, fix.place) <= SMOOTH_M
    smooth = max(0.0, state.smooth + (SMOOTH_WINS if is_smooth else SMOOTH_LOSES))
    if smooth < SMOOTH_AT:
        return msgspec.structs.replace(state, smooth=smooth), []
    reason = f"straight on at {hypot(*pace_mps):.1f} m/s to {SMOOTH_M} m, again and again"
    return msgspec.structs.replace(state, smooth=0.0), [Found(code=Sign.PLAYBACK, reason=reason)]


def _repeated(state: SignState, newest: tuple[int, int]) -> tuple[SignState, list[Found]]:
    """Look whether the last steps are those of a former stretch, wherever that was."""
    ridden = array("h", state.ridden)
    ridden.extend(max(-STEP_MOST_DM, min(STEP_MOST_DM, along_dm)) for along_dm in newest)
    ridden = ridden[-2 * REMEMBERED :]
    state = msgspec.structs.replace(state, ridden=ridden.tobytes())
    latest = ridden[-2 * ALIKE_STEPS :]
    if len(latest) < 2 * ALIKE_STEPS or not _is_telling(latest):
        return state, []
    last = len(ridden) - 2 * ALIKE_STEPS  # a stretch is not its own earlier one
    near = [end for end in range(2 * ALIKE_STEPS, last + 1, 2) if abs(ridden[end - 1] - latest[-1]) <= ALIKE_DM]
    if not any(_is_alike(ridden, end, latest) for end in near):
        return state, []
    way_m = sum(hypot(*step) for step in _pairs(latest)) / 10
    return state, [Found(code=Sign.REPLAY, reason=f"the last {way_m:.0f} m are the very steps of an earlier stretch")]


def _is_telling(steps: Sequence[int]) -> bool:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(_pairs(steps))) >= ALIKE_BEND_DM


def _is_alike(ridden: Sequence[int], end: int, latest: Sequence[int]) -> bool:
    """Tell whether the steps up to this end are the latest ones."""
    return all(abs(ridden[end - back] - latest[-back]) <= ALIKE_DM for back in range(1, len(latest) + 1))


def _pairs(steps: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(steps[::2], steps[1::2], strict=True))

"""Is a rider on foot or with the vehicle? A small logistic over speeds, at most fifteen seconds behind the phone.

What comes up to `LAG_MS` after an instant is waited for, as a step from the saddle shows only by what follows.
"""

from math import exp, hypot, tanh
from typing import Final

import msgspec

from fleet.model.positions import Position
from fleet.model.truth import Fix, Motion, MotionReading, fix_of
from kernel.geo import flat_m

LAG_MS: Final = 15_000
BEFORE_MS: Final = 20_000  # what is looked back at
STEP_MS: Final = 5_000  # places are taken every so often, between fixes on the straight line
THIN_MS: Final = 2_000  # phones that report every second say nothing more
FORGET_MS: Final = 120_000  # a fix this much older than the next says nothing of how it was reached
WALKING_MPS: Final = 1.1
STANDING_MPS: Final = 0.7  # a vehicle slower than this over ten seconds waits
ON_FOOT_BP: Final = 4_500  # from here on; best F1 within the traces fitted on, nearly flat from 0.40 to 0.50
SENSORS: Final = 2.0  # what the phone's own word weighs; a guess, as the traces fitted on have none

# Fitted on the fit half of Amazon's GOAL traces (CC-BY-4.0) by `recado.benches.truth.fitting`; docs/benchmarks.md.
WEIGHTS: Final = (5.735, -5.762, -3.317, 0.743, -1.357, -1.399)


class MotionState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fixes of the last half minute, oldest first."""

    fixes: tuple[Fix, ...] = ()


def step(state: MotionState, position: Position) -> MotionState:
    """Take one position; one that is not newer than the last changes nothing."""
    fix = fix_of(position)
    if not state.fixes:
        return MotionState(fixes=(fix,))
    since_ms = fix.at_ms - state.fixes[-1].at_ms
    if since_ms < THIN_MS:
        return state
    if since_ms > FORGET_MS:
        return MotionState(fixes=(fix,))
    oldest_ms = fix.at_ms - LAG_MS - BEFORE_MS
    fixes = (*state.fixes, fix)
    kept = next(index for index in range(len(fixes)) if index + 1 == len(fixes) or fixes[index + 1].at_ms > oldest_ms)
    return MotionState(fixes=fixes[kept:])


def read(state: MotionState) -> tuple[MotionReading, ...]:
    """Return how the rider moved at each fix of the last fifteen seconds, oldest first; the oldest is final."""
    return tuple(_reading(state, fix) for fix in _latest(state))


def settled(state: MotionState) -> MotionReading | None:
    """Return the oldest of these readings: how the rider moved, as far as that is final."""
    return next((_reading(state, fix) for fix in _latest(state)), None)


def features(state: MotionState, at_ms: int) -> tuple[float, ...]:
    """Return what the weights are for, each from 0 to 1 or so; a rider of whom nothing else is known stands still.

    How far in the twenty seconds around, the fastest of all steps, the step before, and how far from walking pace.
    """
    places = [_place(state.fixes, at_ms + ahead_ms) for ahead_ms in range(-BEFORE_MS, LAG_MS + 1, STEP_MS)]
    here = BEFORE_MS // STEP_MS
    steps = [_mps(places, index, index + 1) for index in range(len(places) - 1)]
    return (
        1.0,
        tanh(_mps(places, here - 2, here + 2) / 3),
        tanh(max(steps) / 4),
        tanh(steps[here - 3]),
        tanh(abs(_mps(places, here - 3, here) - WALKING_MPS)),
        tanh(abs(_mps(places, here, here + 3) - WALKING_MPS)),
    )


def _latest(state: MotionState) -> list[Fix]:
    return [fix for fix in state.fixes if fix.at_ms >= state.fixes[-1].at_ms - LAG_MS]


def _reading(state: MotionState, fix: Fix) -> MotionReading:
    found = features(state, fix.at_ms)
    logit = sum(weight * value for weight, value in zip(WEIGHTS, found, strict=True)) + SENSORS * fix.walking
    on_foot_bp = round(10_000 / (1 + exp(-logit)))
    return MotionReading(at_ms=fix.at_ms, motion=_motion(state, fix, on_foot_bp), on_foot_bp=on_foot_bp)


def _motion(state: MotionState, fix: Fix, on_foot_bp: int) -> Motion:
    if on_foot_bp >= ON_FOOT_BP:
        return Motion.ON_FOOT
    places = [_place(state.fixes, fix.at_ms + ahead_ms) for ahead_ms in (-STEP_MS, STEP_MS)]
    east_m, north_m = places[1][0] - places[0][0], places[1][1] - places[0][1]
    return Motion.STOPPED if hypot(east_m, north_m) < STANDING_MPS * 2 * STEP_MS / 1000 else Motion.MOVING


def _place(fixes: tuple[Fix, ...], at_ms: int) -> tuple[float, float]:
    """Return metres east and north of the first fix at an instant, between fixes on the straight line."""
    after = next((index for index, fix in enumerate(fixes) if fix.at_ms >= at_ms), len(fixes) - 1)
    east_m, north_m = flat_m(fixes[0].place, fixes[after].place)
    if after == 0 or fixes[after].at_ms <= at_ms:
        return east_m, north_m
    before = fixes[after - 1]
    share = (at_ms - before.at_ms) / (fixes[after].at_ms - before.at_ms)
    east_before_m, north_before_m = flat_m(fixes[0].place, before.place)
    return east_before_m + share * (east_m - east_before_m), north_before_m + share * (north_m - north_before_m)


def _mps(places: list[tuple[float, float]], start: int, end: int) -> float:
    metres = hypot(places[end][0] - places[start][0], places[end][1] - places[start][1])
    return metres / ((end - start) * STEP_MS / 1000)

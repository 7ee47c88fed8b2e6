"""On foot or with the vehicle: the policy against the traces' truth, beside one threshold on the last step's speed."""

from collections.abc import Sequence
from typing import Final

from fleet.model.truth import Motion
from fleet.policy import motion
from kernel.geo import flat_distance_m
from recado.benches.truth.counts import Counts, compare
from recado.benches.truth.traces import Trace

THRESHOLDS_MPS: Final = tuple(count / 4 for count in range(2, 21))


def score(traces: Sequence[Trace]) -> Counts:
    """Count, position by position, what the policy said last of it within fifteen seconds."""
    return sum((_score(trace) for trace in traces), Counts())


def score_baseline(traces: Sequence[Trace], threshold_mps: float) -> Counts:
    """Count what "slower than this is on foot" says."""
    return sum((_score_baseline(trace, threshold_mps) for trace in traces), Counts())


def fit_baseline(traces: Sequence[Trace]) -> float:
    """Return the threshold that does best on these."""
    return max(THRESHOLDS_MPS, key=lambda threshold_mps: score_baseline(traces, threshold_mps).f1)


def _score(trace: Trace) -> Counts:
    state, said = motion.MotionState(), dict[int, bool]()
    for position in trace.positions:
        state = motion.step(state, position)
        # Each reading replaces the one before: what is said last of a position is said within the lag.
        said.update((reading.at_ms, reading.motion is Motion.ON_FOOT) for reading in motion.read(state))
    counts, is_on_foot = Counts(), False
    for position, truth in zip(trace.positions, trace.on_foot, strict=True):
        is_on_foot = said.get(position.device_at_ms, is_on_foot)  # so soon after the last that it was not looked at
        counts += compare(is_on_foot, truth=truth)
    return counts


def _score_baseline(trace: Trace, threshold_mps: float) -> Counts:
    positions, counts = trace.positions, Counts()
    for index, truth in enumerate(trace.on_foot):
        before, here = positions[max(0, index - 1)], positions[max(1, index)]  # the first has a step only after it
        since_s = (here.device_at_ms - before.device_at_ms) / 1000
        counts += compare(flat_distance_m(before.place, here.place) / since_s < threshold_mps, truth=truth)
    return counts

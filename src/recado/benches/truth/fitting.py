"""Where the weights of `fleet.policy.motion` come from: a logistic fitted by Newton's method, held down a little.

    python -m recado.benches.truth.fitting PATH

prints them; a person commits them. Only the fit half of the traces is ever looked at.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fleet.policy import motion
from recado.benches.truth.traces import Trace, load, split

RIDGE: Final = 1.0
ROUNDS: Final = 25


def examples(traces: Sequence[Trace]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return features as the policy sees them once it is final about a position, and whether that was on foot."""
    rows: list[tuple[float, ...]] = []
    truths: list[bool] = []
    for trace in traces:
        states = [motion.MotionState()]
        for position in trace.positions:
            states.append(motion.step(states[-1], position))
        times = [position.device_at_ms for position in trace.positions]
        for index, at_ms in enumerate(times):
            last = max(later for later in range(index, len(times)) if times[later] <= at_ms + motion.LAG_MS)
            rows.append(motion.features(states[last + 1], at_ms))
            truths.append(trace.on_foot[index])
    return np.array(rows), np.array(truths, dtype=np.float64)


def fit(features: NDArray[np.float64], truths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights with the likeliest truths."""
    weights = np.zeros(features.shape[1])
    held_down = RIDGE * np.eye(features.shape[1])
    for _ in range(ROUNDS):
        shares = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (truths - shares) - held_down @ weights
        curve = (features * (shares * (1 - shares))[:, None]).T @ features + held_down
        weights += np.linalg.solve(curve, slope)
    return weights


def main(path: Path) -> None:
    """Fit on the fit half and print."""
    weights = fit(*examples(split(load(path))[0]))
    print(", ".join(f"{weight:.3f}" for weight in weights))  # noqa: T201  its only purpose


if __name__ == "__main__":
    main(Path(sys.argv[1]))

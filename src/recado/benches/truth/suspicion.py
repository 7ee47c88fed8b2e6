"""Made-up places that were seen through, and honest ones that were not believed."""

import random
from collections.abc import Iterable, Sequence
from typing import Final

from fleet.model.positions import Position
from fleet.model.riders import Vehicle
from fleet.model.truth import Fence
from fleet.policy import spoofing
from recado.benches.truth.arrivals import a_shift
from recado.benches.truth.phones import receive, send
from recado.benches.truth.spoofs import SPOOFS
from recado.benches.truth.traces import Trace

RULES: Final = spoofing.SuspicionRules()


def is_flagged(trail: Iterable[Position], fences: Sequence[Fence] = ()) -> bool:
    """Tell whether a rider is suspected at any moment of a way."""
    state = spoofing.SpoofState()
    for position in trail:
        state, found = spoofing.step(state, position, vehicle=Vehicle.MOTORCYCLE, rules=RULES, fences=fences)
        score_bp = spoofing.score_bp(state, at_ms=position.device_at_ms, rules=RULES) if found else 0
        if spoofing.is_suspected(score_bp, was_suspected=False, rules=RULES):
            return True
    return False


def is_caught(kind: str, seed: int) -> bool:
    """Tell whether the spoof of this kind and seed is suspected at any moment."""
    chance = random.Random(seed)
    trails = receive(send(SPOOFS[kind](chance), chance))
    return is_flagged(position for trail in trails for position in trail)


def is_honest_shift_flagged(seed: int) -> bool:
    """Tell whether the honest shift of this seed is suspected at any moment."""
    shift = a_shift(seed)
    fences = [fence for _, fence in shift.stays]
    return is_flagged((position for trail in shift.trails for position in trail), fences)


def is_trace_flagged(trace: Trace) -> bool:
    """Tell whether a real trace is suspected at any moment."""
    return is_flagged(trace.positions)

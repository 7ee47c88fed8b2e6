"""Is a rider where the phone says? A score with evidence that fades; nothing is ever dropped for it.

Signs of one kind make one piece of evidence: the first weighs most, each further one adds less. A score is the chance
that not all evidence is an accident, in basis points.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from fleet.model.positions import Position
from fleet.model.riders import Vehicle
from fleet.model.truth import Evidence, Fence, Sign, Trust
from fleet.policy import spoof_signs as signs
from fleet.policy.spoof_signs import Found, SignState
from kernel.quantities import SecondsAtLeastOne

BASIS: Final = 10_000
FORGOTTEN_BP: Final = 100  # evidence that faded below this is gone
ScoreBp = Annotated[int, msgspec.Meta(ge=1, le=BASIS)]

# What one sign weighs, and what all of its kind may come to. What may be an honest phone's doing stays below the
# threshold however often it is seen, also two kinds of it together. Chosen on tuning seeds and the fit half of GOAL;
# docs/benchmarks.md.
WEIGHTS_BP: Final = {
    Sign.MOCK_FLAG: (3_500, 9_800),
    Sign.TELEPORT: (7_500, 9_800),
    Sign.FROZEN_PLACE: (2_500, 4_000),
    Sign.FROZEN_ACCURACY: (2_500, 4_000),
    Sign.PLAYBACK: (7_500, 9_800),
    Sign.REPLAY: (4_500, 9_800),
    Sign.NO_APPROACH: (3_000, 4_500),
}


class SuspicionRules(msgspec.Struct, frozen=True, kw_only=True):
    """When a rider leaves matching, when they come back, and how evidence fades.

    `teleport_share_bp` is of what `PositionRules` holds to be possible with the vehicle: faster is no ride.
    """

    suspect_bp: ScoreBp = 7_000
    clear_bp: ScoreBp = 3_500
    half_life_s: SecondsAtLeastOne = 3_600
    trust_s: SecondsAtLeastOne = 86_400
    teleport_share_bp: Annotated[int, msgspec.Meta(ge=1_000, le=BASIS)] = 7_500

    def teleport_mps(self, vehicle: Vehicle) -> float:
        """Return from which speed on a jump is no ride."""
        return signs.POSSIBLE.max_mps(vehicle) * self.teleport_share_bp / BASIS


class SpoofState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What speaks against a rider, and what the next position is held against.

    `behind` is where the last gap began, up to `behind_until_ms`: phones that come back tell the newest first.
    """

    signs: SignState = SignState()
    behind: SignState | None = None
    behind_until_ms: int = 0
    evidence: tuple[Evidence, ...] = ()
    trust: Trust | None = None


def step(
    state: SpoofState, position: Position, *, vehicle: Vehicle, rules: SuspicionRules, fences: Sequence[Fence] = ()
) -> tuple[SpoofState, tuple[Found, ...]]:
    """Take one position; returns what it showed. A repeat changes nothing, a late one counts within the last gap."""
    at_ms, last = position.device_at_ms, state.signs.last
    if last is not None and at_ms <= last.at_ms:
        return _catch_up(state, position, vehicle=vehicle, rules=rules)
    if last is not None and at_ms - last.at_ms > signs.GAP_MS:
        behind = msgspec.structs.replace(state.signs, ridden=b"")
        state = msgspec.structs.replace(state, behind=behind, behind_until_ms=at_ms)
    seen, found = signs.look(state.signs, position, teleport_mps=rules.teleport_mps(vehicle), fences=fences)
    return _weigh(msgspec.structs.replace(state, signs=seen), found, at_ms=at_ms, rules=rules), found


def score_bp(state: SpoofState, *, at_ms: int, rules: SuspicionRules) -> int:
    """Return the suspicion at a device time, 0 to 10,000; what an operator excused does not count."""
    counted = (one for one in state.evidence if state.trust is None or not state.trust.excuses(one))
    return BASIS - round(BASIS * _product(1 - faded_bp(one, at_ms=at_ms, rules=rules) / BASIS for one in counted))


def faded_bp(evidence: Evidence, *, at_ms: int, rules: SuspicionRules) -> float:
    """Return what evidence still weighs."""
    age_s = max(0, at_ms - evidence.at_ms) / 1000
    return float(evidence.weight_bp * 0.5 ** (age_s / rules.half_life_s))


def is_suspected(score: int, *, was_suspected: bool, rules: SuspicionRules) -> bool:
    """Tell whether the rider is to be out of matching: from one threshold on, until the score is below the other."""
    return score >= (min(rules.clear_bp, rules.suspect_bp) if was_suspected else rules.suspect_bp)


def clear(state: SpoofState, trust: Trust) -> SpoofState:
    """Believe the rider for a while, as an operator says; the evidence stays to be read."""
    return msgspec.structs.replace(state, trust=trust)


def trust_of(state: SpoofState, *, at_ms: int, by_id: str, reason: str, rules: SuspicionRules) -> Trust:
    """Return what an operator's word excuses: everything so far, and these kinds of evidence until the day is over."""
    codes = tuple(sorted({one.code for one in state.evidence}))
    return Trust(at_ms=at_ms, until_ms=at_ms + rules.trust_s * 1000, codes=codes, by_id=by_id, reason=reason)


def _catch_up(
    state: SpoofState, position: Position, *, vehicle: Vehicle, rules: SuspicionRules
) -> tuple[SpoofState, tuple[Found, ...]]:
    if state.behind is None or position.device_at_ms >= state.behind_until_ms:
        return state, ()
    seen, found = signs.look(state.behind, position, teleport_mps=rules.teleport_mps(vehicle), fences=())
    caught_up = msgspec.structs.replace(state, behind=seen)
    return _weigh(caught_up, found, at_ms=position.device_at_ms, rules=rules), found


def _weigh(state: SpoofState, found: Iterable[Found], *, at_ms: int, rules: SuspicionRules) -> SpoofState:
    evidence = state.evidence
    for sign in found:
        evidence = _with(evidence, sign, at_ms, state.trust, rules)
    return state if evidence is state.evidence else msgspec.structs.replace(state, evidence=evidence)


def _with(
    evidence: tuple[Evidence, ...], found: Found, at_ms: int, trust: Trust | None, rules: SuspicionRules
) -> tuple[Evidence, ...]:
    """Return the evidence with one sign more; what an operator excused is no ground to build on."""
    weight_bp, most_bp = WEIGHTS_BP[found.code]
    before = next((one for one in evidence if one.code is found.code), None)
    is_fresh = before is None or (trust is not None and before.at_ms <= trust.at_ms)
    old_bp = 0.0 if before is None or is_fresh else faded_bp(before, at_ms=at_ms, rules=rules)
    sum_bp = BASIS - (BASIS - old_bp) * (BASIS - weight_bp) / BASIS
    newest = Evidence(
        code=found.code,
        weight_bp=round(min(sum_bp, most_bp)),
        at_ms=at_ms,
        count=1 if before is None or is_fresh else before.count + 1,
        reason=found.reason,
    )
    others = (one for one in evidence if one.code is not found.code)
    kept = (one for one in others if faded_bp(one, at_ms=at_ms, rules=rules) >= FORGOTTEN_BP)
    return (*kept, newest)


def _product(shares: Iterable[float]) -> float:
    product = 1.0
    for share in shares:
        product *= share
    return product

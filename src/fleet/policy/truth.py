"""All that is made of one rider's new positions at once, purely: suspicion, motion, stops reached."""

from collections.abc import Sequence

import msgspec

from fleet.model.phones import PhoneState
from fleet.model.positions import Position
from fleet.model.riders import Vehicle
from fleet.model.truth import Evidence, Fence, MotionReading, Trust, Visit
from fleet.policy import arrival, motion, spoofing
from fleet.policy.arrival import ArrivalState
from fleet.policy.motion import MotionState
from fleet.policy.spoofing import SpoofState, SuspicionRules


class TruthState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is carried from batch to batch of a rider, as JSON; without defaults it is small."""

    last: Position | None = None  # the newest by the phone's clock
    spoof: SpoofState = SpoofState()
    motion: MotionState = MotionState()
    arrival: ArrivalState = ArrivalState()


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a rider before a batch, or after it."""

    suspicion_bp: int = 0
    is_suspected: bool = False
    phone: PhoneState | None = None
    state: TruthState = TruthState()

    @property
    def reading(self) -> MotionReading | None:
        """How the rider moves, as far as that is settled: up to fifteen seconds before the last position."""
        return motion.settled(self.state.motion)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What speaks against the rider's places and is not excused."""
        trust = self.state.spoof.trust
        return tuple(one for one in self.state.spoof.evidence if trust is None or not trust.excuses(one))


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What a batch came to."""

    known: Known
    visits: tuple[Visit, ...]


def learn(
    known: Known,
    positions: Sequence[Position],
    *,
    phone: PhoneState | None = None,
    vehicle: Vehicle,
    rules: SuspicionRules,
    fences: Sequence[Fence] = (),
) -> Learned:
    """Take a batch of one rider's positions. The same batch again changes nothing."""
    state, visits = _watching(known.state, fences), dict[str, Visit]()
    for position in positions:
        state, found = _step(state, position, vehicle=vehicle, rules=rules, fences=fences)
        for visit in found:
            key = f"{visit.delivery_id}:{visit.stop}:{visit.entered_at_ms}"
            is_new = visit.is_new or (key in visits and visits[key].is_new)
            visits[key] = msgspec.structs.replace(visit, is_new=is_new)
    after = judge(known, state, rules=rules)
    return Learned(
        known=msgspec.structs.replace(after, phone=_newer(known.phone, phone)), visits=tuple(visits.values())
    )


def judge(known: Known, state: TruthState, *, rules: SuspicionRules) -> Known:
    """Return what is known with this state: the score as of the last position, and whether that is suspicious."""
    at_ms = 0 if state.last is None else state.last.device_at_ms
    score_bp = spoofing.score_bp(state.spoof, at_ms=at_ms, rules=rules)
    is_suspected = spoofing.is_suspected(score_bp, was_suspected=known.is_suspected, rules=rules)
    return msgspec.structs.replace(known, suspicion_bp=score_bp, is_suspected=is_suspected, state=state)


def trusting(known: Known, trust: Trust, *, rules: SuspicionRules) -> Known:
    """Return what is known once an operator believes the rider."""
    state = msgspec.structs.replace(known.state, spoof=spoofing.clear(known.state.spoof, trust))
    return judge(known, state, rules=rules)


def _watching(state: TruthState, fences: Sequence[Fence]) -> TruthState:
    return msgspec.structs.replace(state, arrival=arrival.watch(state.arrival, fences))


def _step(
    state: TruthState, position: Position, *, vehicle: Vehicle, rules: SuspicionRules, fences: Sequence[Fence]
) -> tuple[TruthState, tuple[Visit, ...]]:
    is_newer = state.last is None or position.device_at_ms > state.last.device_at_ms
    spoof, _ = spoofing.step(state.spoof, position, vehicle=vehicle, rules=rules, fences=fences)
    arrived, visits = arrival.step(state.arrival, position, fences)
    after = TruthState(
        last=position if is_newer else state.last,
        spoof=spoof,
        motion=motion.step(state.motion, position),
        arrival=arrived,
    )
    return after, visits


def _newer(known: PhoneState | None, said: PhoneState | None) -> PhoneState | None:
    if known is None or said is None:
        return said or known
    return said if said.at_ms >= known.at_ms else known

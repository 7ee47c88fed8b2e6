"""Stops reached on simulated shifts: whether they were told, and each once."""

import random
from typing import Final

import msgspec

from fleet.model.positions import Position
from fleet.model.truth import Fence, StopKind
from fleet.policy import arrival
from kernel.geo import offset
from kernel.ids import DeliveryId
from recado.benches.truth.counts import Counts
from recado.benches.truth.phones import BEGIN_MS, receive, send, tell
from recado.benches.truth.rides import Ride, Stay
from recado.benches.truth.traces import CENTRE

EARLY_S: Final = 60  # told of an entry so long before the rider got off, it is still that visit: they rode up to it


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated shift: the stops with what really happened at each, and what the phone's uploads brought."""

    stays: list[tuple[Stay, Fence]]
    trails: list[list[Position]]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the visits."""

    counts: Counts = Counts()
    again: int = 0  # told of a visit that was told before

    def __add__(self, other: "Told") -> "Told":
        """Count both together."""
        return Told(counts=self.counts + other.counts, again=self.again + other.again)


def a_shift(seed: int) -> Shift:
    """Return the shift of this seed: one to three deliveries with waits, lights, tunnels, and late batches."""
    chance = random.Random(seed)
    ride = Ride(chance).shift(chance.choice((1, 2, 3)))
    trails = receive(send(tell(ride, chance), chance))
    return Shift(stays=[(stay, _fence(stay)) for stay in ride.stays], trails=trails)


def score(seed: int) -> Told:
    """Count the visits of one shift; a second event of one visit is a false one too."""
    shift = a_shift(seed)
    fences, state = [fence for _, fence in shift.stays], arrival.ArrivalState()
    entered: dict[str, list[float]] = {fence.key: [] for fence in fences}
    for position in (position for trail in shift.trails for position in trail):
        state, visits = arrival.step(state, position, fences)
        for visit in visits:
            if visit.is_new:
                entered[f"{visit.delivery_id}:{visit.stop}"].append((visit.entered_at_ms - BEGIN_MS) / 1000)
    return sum((_count(stay, entered[fence.key]) for stay, fence in shift.stays), Told())


def _count(stay: Stay, entered_s: list[float]) -> Told:
    right = [at_s for at_s in entered_s if stay.entered_s - EARLY_S <= at_s <= stay.left_s]
    counts = Counts(hits=min(1, len(right)), false=len(entered_s) - min(1, len(right)), missed=int(not right))
    return Told(counts=counts, again=max(0, len(right) - 1))


def _fence(stay: Stay) -> Fence:
    return Fence(
        delivery_id=DeliveryId(str(stay.number)),
        stop=StopKind.PICKUP if stay.is_store else StopKind.DROPOFF,
        place=offset(CENTRE, east_m=stay.spot[0], north_m=stay.spot[1]),
        since_ms=BEGIN_MS + 1000 * stay.since_s,
    )

"""Which batch goes to which rider: one assignment of least cost, lateness first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from fleet.policy.dispatch.batches import Batch, doors_s
from fleet.policy.dispatch.facts import Working
from fleet.policy.dispatch.travel import Freed, Ground

UNSERVED_S: Final = 1e6  # of a delivery that nobody gets, so that as many as possible are served
IMPOSSIBLE: Final = 1e12


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A rider who can be given something within the horizon."""

    rider: Working
    freed: Freed
    room: int


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What giving a batch to a rider means, in seconds from now; `why_not` where it cannot be done."""

    why_not: str | None = None
    cost: float = IMPOSSIBLE
    leaves_s: float = 0.0
    arrives_s: float = 0.0
    pickup_s: float = 0.0
    doors_s: tuple[float, ...] = ()


def fit(batch: Batch, seat: Seat, ground: Ground, *, now: datetime) -> Fit:
    """Say what it would cost to give this batch to this rider."""
    rules, rider = ground.rules, seat.rider
    leaves_s = max(seat.freed.at_s, rules.answer_s)
    way_s = ground.way_s(seat.freed.spot, batch.parcels[0].store, rider.vehicle)
    arrives_s = leaves_s + way_s
    pickup_s = max(arrives_s + rules.pickup_service_s / 2, batch.ready_s)
    doors = tuple(pickup_s + reached_s for reached_s in doors_s(batch.parcels, ground, rider.vehicle))
    why_not = _why_not(batch, seat, ground, way_s=way_s, pickup_s=pickup_s, now=now)
    delay_s = sum(door_s - one.ready_s for door_s, one in zip(doors, batch.parcels, strict=True))
    late_s = sum(max(0.0, door_s - one.target_s) for door_s, one in zip(doors, batch.parcels, strict=True))
    cost = delay_s + rules.late_weight * late_s + rules.way_weight * way_s
    return Fit(why_not=why_not, cost=cost, leaves_s=leaves_s, arrives_s=arrives_s, pickup_s=pickup_s, doors_s=doors)


def match(fits: Sequence[Sequence[Fit]], batches: Sequence[Batch]) -> dict[int, int]:
    """Return for each batch that is served the index of its rider."""
    if not fits or not fits[0]:
        return {}
    import numpy as np  # noqa: PLC0415  both take longer to load than all else of a worker
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    served = np.array(
        [
            [one.cost - _gain(batch) if one.why_not is None else IMPOSSIBLE for one in row]
            for row, batch in zip(fits, batches, strict=True)
        ]
    )
    # A column of its own lets each batch stay unserved, at no gain.
    unserved = np.full((len(batches), len(batches)), IMPOSSIBLE)
    np.fill_diagonal(unserved, 0.0)
    rows, columns = linear_sum_assignment(np.hstack([served, unserved]))
    riders = len(fits[0])
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if column < riders}


def _gain(batch: Batch) -> float:
    """Return what serving a batch is worth: what has waited longest first."""
    return sum(UNSERVED_S + one.overdue_s for one in batch.parcels)


def _why_not(batch: Batch, seat: Seat, ground: Ground, *, way_s: float, pickup_s: float, now: datetime) -> str | None:
    rider = seat.rider
    if any(rider.rider_id in one.wanted.excluded for one in batch.parcels):
        return "was asked before"
    if seat.room < len(batch.parcels):
        return "has no room for it"
    if rider.planned_end_at is not None and pickup_s > (rider.planned_end_at - now).total_seconds():
        return "shift ends before the pickup"
    reach = ground.rules.reach(min(one.wanted.ladder_round for one in batch.parcels))
    if reach is not None and way_s > reach.total_seconds():
        return "too far in this round"
    return None

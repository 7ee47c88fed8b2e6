"""Promise and estimate: a chain of the steps that are left, each where it is known or expected, never in the past."""

from datetime import datetime, timedelta
from typing import Final

from tracking.model import Estimate, EstimateRules, Progress, Revision, RevisionCause, Told, Window

BASIS: Final = 10_000
ALMOST_A_MINUTE: Final = timedelta(minutes=1, microseconds=-1)


def estimate(progress: Progress, *, rules: EstimateRules, now: datetime) -> Estimate:
    """Estimate when the order is at the door."""
    pickup_at = _pickup_at(progress, rules=rules, now=now)
    door_at = progress.arrived_at_dropoff_at or _expected(
        pickup_at + timedelta(seconds=progress.travel_s), rules=rules, now=now
    )
    eta_at = _expected(door_at + timedelta(seconds=rules.dropoff_s), rules=rules, now=now)
    left_s = (eta_at - now).total_seconds()
    low_s = max(rules.band_least_s, left_s * rules.band_low_bp / BASIS)
    high_s = max(rules.band_least_s, left_s * rules.band_high_bp / BASIS)
    return Estimate(
        eta_at=eta_at,
        low_at=max(now, eta_at - timedelta(seconds=round(low_s))),
        high_at=eta_at + timedelta(seconds=round(high_s)),
        look_at=_look_at(progress, pickup_at=pickup_at, eta_at=eta_at, rules=rules, now=now),
    )


def promise(first: Estimate, *, rules: EstimateRules) -> Window:
    """Return the window around a first estimate, in whole minutes."""
    return Window(
        promised_from=_minute(first.eta_at - timedelta(seconds=rules.promise_early_s)),
        promised_by=_minute(first.eta_at + timedelta(seconds=rules.promise_late_s) + ALMOST_A_MINUTE),
    )


def revise(
    told: Told, found: Estimate, cause: RevisionCause, *, rules: EstimateRules, now: datetime
) -> Revision | None:
    """Decide whether the customer is told: moved by more than a minute, or what was told is over."""
    was_at = told.eta_at
    if abs(found.eta_at - was_at) <= rules.revise_beyond and was_at > now:
        return None
    return Revision(
        revision_no=told.revision_no + 1,
        was_at=was_at,
        eta_at=found.eta_at,
        cause=cause,
        breaks_promise=found.eta_at > told.window.promised_by,
        revised_at=now,
    )


def overdue_cause(progress: Progress, *, now: datetime) -> RevisionCause:
    """Say what an order waits for whose next step did not come when it was expected."""
    if progress.picked_up_at is not None:
        return RevisionCause.TRAFFIC
    if progress.accepted_at is None:
        return RevisionCause.ACCEPTANCE_AWAITED
    if progress.arrived_at_pickup_at is not None:
        return RevisionCause.WAITING_AT_PICKUP
    if progress.ready_at is None and progress.ready_by is not None and progress.ready_by <= now:
        return RevisionCause.KITCHEN_LATE
    return RevisionCause.RIDER_AWAITED if progress.assigned_at is None else RevisionCause.TRAFFIC


def _pickup_at(progress: Progress, *, rules: EstimateRules, now: datetime) -> datetime:
    if progress.picked_up_at is not None:
        return progress.picked_up_at
    food_at = _food_at(progress, rules=rules, now=now)
    both_at = max(food_at, _rider_at(progress, food_at=food_at, rules=rules, now=now))
    return _expected(both_at + timedelta(seconds=rules.pickup_s), rules=rules, now=now)


def _food_at(progress: Progress, *, rules: EstimateRules, now: datetime) -> datetime:
    if progress.ready_at is not None:
        return progress.ready_at
    if progress.ready_by is not None:
        return _expected(progress.ready_by, rules=rules, now=now)
    return _accepted_at(progress, rules=rules, now=now) + timedelta(seconds=progress.prep_s)


def _accepted_at(progress: Progress, *, rules: EstimateRules, now: datetime) -> datetime:
    expected_at = progress.placed_at + timedelta(seconds=rules.accept_s)
    return progress.accepted_at or _expected(expected_at, rules=rules, now=now)


def _rider_at(progress: Progress, *, food_at: datetime, rules: EstimateRules, now: datetime) -> datetime:
    approach = timedelta(seconds=rules.approach_s)
    if progress.arrived_at_pickup_at is not None:
        return progress.arrived_at_pickup_at
    if progress.assigned_at is not None:
        return _expected(progress.pickup_eta_at or progress.assigned_at + approach, rules=rules, now=now)
    # Riders are sent to meet the food, not to wait for it.
    return max(food_at, now + approach)


def _look_at(
    progress: Progress, *, pickup_at: datetime, eta_at: datetime, rules: EstimateRules, now: datetime
) -> datetime:
    if progress.picked_up_at is not None:
        return eta_at
    if progress.accepted_at is None:
        return min(pickup_at, _accepted_at(progress, rules=rules, now=now))
    return pickup_at


def _expected(at: datetime, *, rules: EstimateRules, now: datetime) -> datetime:
    """Return an expected instant, or, once it has passed without its step, one ahead: the later it is, the further."""
    if at > now:
        return at
    overdue_s = (now - at).total_seconds()
    return now + timedelta(seconds=min(max(rules.overdue_push_s, round(overdue_s)), rules.overdue_push_most_s))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)

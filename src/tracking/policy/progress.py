"""What a fact means for an order's progress, and what to call the change it brings."""

from datetime import datetime

import msgspec

from fleet.messages import OfferAccepted
from kernel.events import Event
from orders.messages import (
    OrderAccepted,
    OrderPickedUp,
    OrderReady,
    ReadyByChanged,
    RiderArrivedAtDropoff,
    RiderArrivedAtPickup,
    RiderAssigned,
    RiderUnassigned,
)
from tracking.model import Progress, RevisionCause

replace = msgspec.structs.replace


def after(progress: Progress, fact: Event, *, at: datetime) -> tuple[Progress, RevisionCause]:
    """Return the progress after a fact that happened at this instant, and the cause of what it changes."""
    match fact:
        case OrderAccepted() | ReadyByChanged() | OrderReady():
            return _after_kitchen(progress, fact, at=at)
        case OfferAccepted() | RiderAssigned() | RiderUnassigned():
            return _after_dispatch(progress, fact, at=at)
        case RiderArrivedAtPickup():
            return replace(progress, arrived_at_pickup_at=at), RevisionCause.TRAFFIC
        case OrderPickedUp():
            cause = RevisionCause.OTHER_STOP_FIRST if progress.before else RevisionCause.PICKED_UP
            return replace(progress, picked_up_at=at), cause
        case RiderArrivedAtDropoff():
            return replace(progress, arrived_at_dropoff_at=at), RevisionCause.ARRIVED
    raise TypeError(f"{fact.event_type()} says nothing about progress")


def _after_kitchen(
    progress: Progress, fact: OrderAccepted | ReadyByChanged | OrderReady, *, at: datetime
) -> tuple[Progress, RevisionCause]:
    match fact:
        case OrderAccepted():
            return replace(progress, accepted_at=at, ready_by=fact.ready_by), RevisionCause.KITCHEN_ESTIMATE
        case ReadyByChanged():
            return replace(progress, ready_by=fact.ready_by), RevisionCause.PREP_EXTENDED
    return replace(progress, ready_at=at), RevisionCause.FOOD_READY


def _after_dispatch(
    progress: Progress, fact: OfferAccepted | RiderAssigned | RiderUnassigned, *, at: datetime
) -> tuple[Progress, RevisionCause]:
    match fact:
        case OfferAccepted():
            before = tuple(fact.delivery_ids[: fact.delivery_ids.index(fact.delivery_id)])
            return replace(progress, before=before), RevisionCause.OTHER_STOP_FIRST
        case RiderAssigned():
            assigned = replace(progress, assigned_at=at, pickup_eta_at=fact.pickup_eta_at, arrived_at_pickup_at=None)
            return assigned, _cause_of_assignment(progress)
    alone = replace(
        progress,
        assigned_at=None,
        pickup_eta_at=None,
        arrived_at_pickup_at=None,
        before=(),
        was_reassigned=True,
    )
    return alone, RevisionCause.RIDER_REASSIGNED


def _cause_of_assignment(progress: Progress) -> RevisionCause:
    if progress.was_reassigned:
        return RevisionCause.RIDER_REASSIGNED
    return RevisionCause.OTHER_STOP_FIRST if progress.before else RevisionCause.RIDER_ASSIGNED

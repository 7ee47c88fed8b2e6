from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from fleet.messages import OfferAccepted
from kernel.geo import Point
from kernel.ids import DeliveryId, OfferId, OrderId, RiderId, StoreId
from orders.messages import (
    OrderAccepted,
    OrderPickedUp,
    OrderReady,
    PreparationStarted,
    ReadyByChanged,
    RiderArrivedAtDropoff,
    RiderArrivedAtPickup,
    RiderAssigned,
    RiderUnassigned,
)
from tracking.model import Progress, RevisionCause
from tracking.policy.progress import after

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SOON, LATER = NOON + timedelta(minutes=5), NOON + timedelta(minutes=20)
OF = {"order_id": OrderId("ord_1"), "store_id": StoreId("sto_1")}
OURS = {**OF, "rider_id": RiderId("rdr_1")}
ONE, TWO = DeliveryId("dlv_1"), DeliveryId("dlv_2")
PLACED = Progress(
    order_id=OrderId("ord_1"),
    store=Point(lat=0, lon=0),
    dropoff=Point(lat=0, lon=0),
    placed_at=NOON,
    prep_s=900,
    vehicle="motorcycle",
    travel_s=600,
)


def offer_of(*route: DeliveryId) -> OfferAccepted:
    return OfferAccepted(
        order_id=OF["order_id"],
        rider_id=RiderId("rdr_1"),
        delivery_id=TWO,
        offer_id=OfferId("off_1"),
        delivery_ids=list(route),
        assignment_no=1,
    )


def given(progress: Progress, **steps: object) -> Progress:
    return msgspec.structs.replace(progress, **steps)


def assigned(pickup_eta_at: datetime | None = LATER) -> RiderAssigned:
    return RiderAssigned(**OURS, delivery_id=TWO, assignment_no=1, pickup_eta_at=pickup_eta_at)


CARRIED = given(PLACED, assigned_at=NOON, pickup_eta_at=SOON, arrived_at_pickup_at=SOON, before=(ONE,))


@pytest.mark.parametrize(
    ("before", "fact", "changes", "cause"),
    [
        (
            PLACED,
            OrderAccepted(**OF, prep_minutes=15, ready_by=LATER),
            {"accepted_at": SOON, "ready_by": LATER},
            "kitchen_estimate",
        ),
        (
            PLACED,
            ReadyByChanged(**OURS, ready_by=LATER, extended_minutes=5, reason="oven"),
            {"ready_by": LATER},
            "prep_extended",
        ),
        (PLACED, OrderReady(**OURS), {"ready_at": SOON}, "food_ready"),
        (PLACED, offer_of(ONE, TWO), {"before": (ONE,)}, "other_stop_first"),
        (PLACED, assigned(), {"assigned_at": SOON, "pickup_eta_at": LATER}, "rider_assigned"),
        (
            given(PLACED, was_reassigned=True),
            assigned(None),
            {"assigned_at": SOON, "pickup_eta_at": None},
            "rider_reassigned",
        ),
        (given(PLACED, before=(ONE,)), assigned(), {"assigned_at": SOON, "pickup_eta_at": LATER}, "other_stop_first"),
        (
            CARRIED,
            RiderUnassigned(**OURS, delivery_id=TWO, assignment_no=1, reason="flat tyre"),
            {
                "assigned_at": None,
                "pickup_eta_at": None,
                "arrived_at_pickup_at": None,
                "before": (),
                "was_reassigned": True,
            },
            "rider_reassigned",
        ),
        (PLACED, RiderArrivedAtPickup(**OURS), {"arrived_at_pickup_at": SOON}, "traffic"),
        (PLACED, OrderPickedUp(**OURS), {"picked_up_at": SOON}, "picked_up"),
        (CARRIED, OrderPickedUp(**OURS), {"picked_up_at": SOON}, "other_stop_first"),
        (PLACED, RiderArrivedAtDropoff(**OURS), {"arrived_at_dropoff_at": SOON}, "arrived"),
    ],
    ids=lambda value: value.event_type() if hasattr(value, "event_type") else "",
)
def test_each_fact_changes_what_it_says_and_names_the_cause(before, fact, changes, cause):
    assert after(before, fact, at=SOON) == (given(before, **changes), RevisionCause(cause))


def test_a_new_rider_is_not_at_the_store_because_the_one_before_was():
    progress, _ = after(CARRIED, assigned(), at=SOON)

    assert progress.arrived_at_pickup_at is None


def test_a_fact_that_says_nothing_about_progress_is_a_bug():
    with pytest.raises(TypeError, match=r"order\.preparation_started"):
        after(PLACED, PreparationStarted(**OF), at=SOON)

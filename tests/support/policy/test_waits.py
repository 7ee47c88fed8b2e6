import pytest
from tests.support.builders import REVIEW, after, an_open_order, on_the_road, placed, received, searching

from support.model.views import DeadlineKind, Stuck, StuckWhy, WaitCode
from support.policy.deadlines import deadlines
from support.policy.waits import waits

READY = {"status": "ready", "ticket_status": "ready", "ready_at": after(18)}
AT_PICKUP = {"delivery_status": "arrived_at_pickup", "arrived_at_pickup_at": after(17)}


def codes(order, minute=10, **known):
    found = waits(order, stuck=known.get("stuck"), silent_since=known.get("silent_since"), now=after(minute))
    return [(wait.code.value, wait.since_at) for wait in found]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (received(), [("waiting_for_payment", 0)]),
        (received(confirm_by=after(5)), [("waiting_for_confirmation", 0)]),
        (received(status="held_for_review"), [("held_for_review", 0)]),
        (placed(), [("waiting_for_store", 0)]),
        (an_open_order(), [("in_the_kitchen", 1), ("rider_to_pickup", 4)]),
        (searching(), [("looking_for_rider", 1), ("in_the_kitchen", 1)]),
        (searching(decision_outcome="nobody", decided_at=after(9)), [("no_rider_available", 9), ("in_the_kitchen", 1)]),
        (searching(decision_outcome="waits", decided_at=after(9)), [("waiting_on_purpose", 9), ("in_the_kitchen", 1)]),
        (searching(alert_due_at=None), [("nobody_takes_it", 1), ("looking_for_rider", 1), ("in_the_kitchen", 1)]),
        (an_open_order(**AT_PICKUP), [("food_not_ready", 17), ("rider_at_pickup", 17)]),
        (an_open_order(ready_by=after(8)), [("food_not_ready", 8), ("rider_to_pickup", 4)]),
        (an_open_order(**READY), [("food_waits", 18), ("rider_to_pickup", 4)]),
        (an_open_order(**READY, **AT_PICKUP), [("rider_at_pickup", 17)]),
        (on_the_road(), [("rider_to_dropoff", 20)]),
        (on_the_road(delivery_status="arrived_at_dropoff", arrived_at_dropoff_at=after(9)), [("rider_at_dropoff", 9)]),
        (on_the_road(delivery_status="returning", turned_back_at=after(30)), [("returning", 30)]),
        (on_the_road(delivery_status="failed", delivery_ended_at=after(30)), [("delivery_failed", 30)]),
    ],
)  # fmt: skip
def test_every_open_order_waits_for_something_since_an_instant(order, expected):
    assert codes(order) == [(code, after(minute)) for code, minute in expected]


def test_an_offer_is_shown_with_its_round_and_its_end():
    order = searching(delivery_status="offered", offer_id="off_1", offered_at=after(9), offer_expires_at=after(9.5),
                      ladder_round=2)  # fmt: skip

    offered = waits(order, stuck=None, silent_since=None, now=after(9))[0]

    assert (offered.code, offered.ladder_round, offered.about_id) == (WaitCode.OFFERED, 2, "off_1")
    assert deadlines(order, review_within=REVIEW)[0].kind is DeadlineKind.OFFER_EXPIRES


def test_what_needs_a_person_most_comes_first():
    order = an_open_order(
        **AT_PICKUP,
        incident_id="inc_1", incident_kind="sos", incident_at=after(9), incident_is_urgent=True,
        escalation_id="esc_1", escalated_at=after(8), cancellation_id="cnl_1", cancellation_asked_at=after(7),
        disputed_at=after(6),
    )  # fmt: skip
    stuck = Stuck(why=StuckWhy.NOT_READY, since_at=after(5))

    found = codes(order, stuck=stuck, silent_since=after(4))

    assert [code for code, _ in found] == [
        "sos", "stuck", "escalated", "items_disputed", "cancellation_asked", "rider_silent", "food_not_ready",
        "rider_at_pickup",
    ]  # fmt: skip


def test_an_incident_that_is_no_sos_is_one_all_the_same():
    order = on_the_road(incident_id="inc_1", incident_kind="traffic", incident_at=after(9))

    assert codes(order)[0] == ("incident", after(9))


def test_a_count_that_was_disputed_is_over_when_the_rider_left_with_the_food():
    assert codes(on_the_road(disputed_at=after(6))) == [("rider_to_dropoff", after(20))]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (received(confirm_by=after(5)), [("confirm_by", 5)]),
        (received(), []),
        (received(status="held_for_review"), [("review_by", 10)]),
        (placed(), [("accept_by", 5), ("promised_by", 45)]),
        (an_open_order(answer_by=after(12)),
         [("answer_by", 12), ("pickup_eta", 18), ("ready_by", 20), ("promised_by", 45)]),
        (searching(), [("find_rider_by", 20), ("ready_by", 20), ("promised_by", 45)]),
        (on_the_road(), [("promised_by", 45)]),
    ],
)  # fmt: skip
def test_what_is_due_is_listed_soonest_first_and_what_was_met_is_not(order, expected):
    found = [(each.kind.value, each.due_at) for each in deadlines(order, review_within=REVIEW)]

    assert found == [(kind, after(minute)) for kind, minute in expected]

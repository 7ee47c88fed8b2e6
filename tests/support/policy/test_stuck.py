import pytest
from tests.support.builders import NOON, REVIEW, after, an_open_order, on_the_road, placed, received, searching

from support.model.facts import StuckRules
from support.model.views import Stuck, StuckWhy
from support.policy.stuck import find_stuck

RULES = StuckRules(
    late_s=600, deadline_s=60, counter_s=900, door_s=900, road_s=1800, return_s=2700, payment_s=300, disagree_s=60
)


def stuck(order, minute):
    return find_stuck(order, rules=RULES, review_within=REVIEW, now=after(minute))


AT_THE_COUNTER = {"status": "ready", "ticket_status": "ready", "delivery_status": "arrived_at_pickup",
                  "ready_at": after(18), "arrived_at_pickup_at": after(20)}  # fmt: skip


@pytest.mark.parametrize(
    ("order", "why", "since", "from_minute"),
    [
        (received(confirm_by=after(5)), "not_confirmed", 5, 5),
        (received(), "not_paid", 0, 5),
        (received(status="held_for_review", held_at=after(2)), "not_reviewed", 12, 12),
        (received(status="held_for_review"), "not_reviewed", 10, 10),
        (placed(), "not_answered", 5, 6),
        (an_open_order(delivery_status="arrived_at_pickup", arrived_at_pickup_at=after(18)), "not_ready", 20, 30),
        (an_open_order(status="preparing", ticket_status="preparing", ready_by=None), "not_at_pickup", 18, 28),
        (searching(alert_due_at=None, nobody_due_at=None), "no_rider", 1, 31),
        (an_open_order(**AT_THE_COUNTER), "not_picked_up", 20, 35),
        (on_the_road(promised_by=None), "not_at_dropoff", 50, 50),
        (on_the_road(promised_by=after(55)), "not_at_dropoff", 55, 55),
        (on_the_road(delivery_status="arrived_at_dropoff", arrived_at_dropoff_at=after(30)), "not_handed_over", 30, 45),
        (on_the_road(delivery_status="returning", turned_back_at=after(30)), "not_brought_back", 30, 75),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_order_is_stuck_from_the_minute_its_next_step_is_too_late(order, why, since, from_minute):
    assert stuck(order, from_minute) == Stuck(why=StuckWhy(why), since_at=after(since))
    if why != "no_rider":  # that clock is a timer's, which has fired
        assert stuck(order, from_minute - 0.01) is None


def test_a_failed_delivery_is_the_desk_s_at_once():
    order = on_the_road(delivery_status="failed", delivery_ended_at=after(30))

    assert stuck(order, 30) == Stuck(why=StuckWhy.DELIVERY_FAILED, since_at=after(30))
    assert stuck(on_the_road(delivery_status="failed"), 30).since_at == after(20)


@pytest.mark.parametrize(
    "order",
    [
        an_open_order(ticket_status="offered"),
        an_open_order(status="ready", ticket_status="preparing"),
        on_the_road(delivery_status="assigned"),
        an_open_order(delivery_status="delivered"),
        placed(ticket_status=None),
        received(delivery_status="unassigned"),
        an_open_order(status="cancelled"),
    ],
)
def test_lifecycles_that_disagree_for_a_minute_are_shown(order):
    moved_at = order.moved_at

    assert find_stuck(order, rules=RULES, review_within=REVIEW, now=moved_at) is None
    found = find_stuck(order, rules=RULES, review_within=REVIEW, now=moved_at + (after(1) - NOON))
    assert found == Stuck(why=StuckWhy.LIFECYCLES_DISAGREE, since_at=moved_at)


@pytest.mark.parametrize(
    "order",
    [
        placed(accept_by=None),
        an_open_order(status="ready", ticket_status="ready", delivery_status="assigned", pickup_eta_at=None),
        searching(ready_by=None),
        an_open_order(ready_by=None, delivery_status="arrived_at_pickup", arrived_at_pickup_at=None),
    ],
)
def test_what_nobody_expects_yet_is_never_stuck(order):
    assert stuck(order, 500) is None

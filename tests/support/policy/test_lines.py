from datetime import timedelta

import msgspec
import pytest
from tests.support.builders import REVIEW, after, an_open_order, on_the_road, placed, received, searching

from support.model.facts import StuckRules
from support.policy import lines
from support.policy.riders import state_of, stops_left

MINUTE = timedelta(minutes=1)


def line(order, minute=10, **known):
    around = lines.Surroundings(stuck=StuckRules(), review_within=REVIEW, now=after(minute))
    return lines.line(order, around, silent_since=known.get("silent_since"))


@pytest.mark.parametrize(
    ("order", "minute", "urgency"),
    [
        (an_open_order(), 10, "calm"),
        (an_open_order(eta_at=after(46)), 10, "soon"),
        (an_open_order(), 19, "soon"),
        (received(confirm_by=after(5)), 1, "soon"),
        (received(confirm_by=after(5)), 6, "now"),
        (placed(escalated_at=after(3)), 4, "now"),
        (on_the_road(), 46, "now"),
        (on_the_road(promise_outcome="broken"), 30, "now"),
        (on_the_road(incident_id="inc_1", incident_kind="accident", incident_at=after(21), incident_is_urgent=True), 22,
         "danger"),
    ],
)  # fmt: skip
def test_an_order_is_as_urgent_as_the_person_it_needs(order, minute, urgency):
    assert line(order, minute).urgency == urgency


@pytest.mark.parametrize(
    ("order", "minute", "cause"),
    [
        (placed(eta_at=after(50)), 3, "acceptance_awaited"),
        (an_open_order(eta_at=after(50)), 21, "kitchen_late"),
        (searching(eta_at=after(50), decision_outcome="nobody"), 10, "rider_awaited"),
        (searching(eta_at=after(50), alert_due_at=None), 10, "rider_awaited"),
        (an_open_order(eta_at=after(50), status="ready", delivery_status="arrived_at_pickup"), 10, "waiting_at_pickup"),
        (on_the_road(eta_at=after(50), eta_cause="traffic"), 30, "traffic"),
        (on_the_road(eta_cause="traffic"), 30, None),
    ],
)  # fmt: skip
def test_a_promise_at_risk_names_its_likely_cause(order, minute, cause):
    assert line(order, minute).risk.cause == cause


def test_a_promise_s_margin_is_told_in_seconds():
    assert line(an_open_order(eta_at=after(40))).risk.behind_s == -300
    assert line(an_open_order(eta_at=None)).risk.behind_s is None
    assert line(received()).risk.behind_s is None


def test_danger_comes_before_all_else_then_what_is_due_soonest():
    calm, late = line(an_open_order()), line(on_the_road(), 46)
    danger = line(on_the_road(incident_id="inc_1", incident_kind="sos", incident_at=after(21), incident_is_urgent=True))
    later = msgspec.structs.replace(calm, next_deadline=None)

    found = sorted([later, calm, late, danger], key=lines.place_in_line)

    assert found == [danger, late, calm, later]


def test_a_phone_is_silent_once_its_last_position_is_stale():
    def since(order, stale, minute):
        return lines.silent_since(order, stale_at=stale, patience=MINUTE, now=after(minute))

    assert since(an_open_order(), after(9), 10) == after(9)
    assert since(an_open_order(), after(11), 10) is None
    assert since(an_open_order(), None, 10) == after(5)
    assert since(an_open_order(), None, 4.5) is None
    assert since(searching(), after(9), 10) is None


def test_a_line_says_who_carries_it_and_who_takes_care():
    order = an_open_order(owner_id="per_1", owner_since_at=after(9), owner_note="I ring them up")

    found = line(order, silent_since=after(9))

    assert (found.rider.name, found.rider.is_silent) == ("Beto", True)
    assert (found.owner.operator_id, found.owner.note) == ("per_1", "I ring them up")
    assert (line(placed()).rider, line(placed()).owner) == (None, None)
    assert line(placed(pickup_lat=None, pickup_lon=None)).pickup is None


@pytest.mark.parametrize(
    ("in_hand", "shift", "is_asked", "state"),
    [
        ([], "on", False, "free"),
        ([], "on", True, "offered"),
        ([], "break", False, "break"),
        (["assigned"], "break", False, "to_pickup"),
        (["assigned"], "on", True, "to_pickup"),
        (["assigned", "arrived_at_pickup"], "on", False, "waiting"),
        (["picked_up", "arrived_at_pickup"], "on", False, "carrying"),
        (["returning"], "on", False, "carrying"),
    ],
)
def test_a_rider_does_what_their_furthest_step_says(in_hand, shift, is_asked, state):
    assert state_of(shift, in_hand=in_hand, is_asked=is_asked) == state


def test_two_orders_of_one_store_are_three_stops():
    assert stops_left(["assigned", "assigned"], pickups=1) == 3
    assert stops_left(["picked_up"], pickups=0) == 1

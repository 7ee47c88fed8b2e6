import pytest

from fleet.model.deliveries import DeliveryStatus as S
from fleet.model.deliveries import Move as M
from fleet.state.deliveries import TERMINAL, TRANSITIONS, WAY, after, way_to
from kernel.errors import IllegalMove


def test_food_on_the_road_is_returned_and_never_just_cancelled():
    for status in (S.PICKED_UP, S.ARRIVED_AT_DROPOFF):
        assert (status, M.CANCEL) not in TRANSITIONS
        assert after(status, M.TURN_BACK) is S.RETURNING


def test_a_delivery_ends_in_one_of_four_ways():
    assert {S.DELIVERED, S.RETURNED, S.FAILED, S.CANCELLED} == TERMINAL


def test_a_rider_can_be_taken_off_only_before_pickup():
    assert {status for status, move in TRANSITIONS if move is M.UNASSIGN} == {S.ASSIGNED, S.ARRIVED_AT_PICKUP}


def test_every_status_can_be_reached():
    assert set(TRANSITIONS.values()) | {S.UNASSIGNED} == set(S)


def test_what_the_table_does_not_allow_is_refused_with_the_state():
    with pytest.raises(IllegalMove) as refused:
        after(S.DELIVERED, M.TURN_BACK)

    assert refused.value.facts == {"what": "delivery", "status": "delivered", "move": "turn_back"}


def test_a_later_fact_implies_the_earlier_ones():
    assert way_to(S.ASSIGNED, M.PICK_UP) == (M.ARRIVE_AT_PICKUP, M.PICK_UP)
    assert way_to(S.ASSIGNED, M.HAND_OVER) == WAY
    assert way_to(S.PICKED_UP, M.HAND_OVER) == (M.ARRIVE_AT_DROPOFF, M.HAND_OVER)


def test_what_was_done_before_needs_no_move():
    assert way_to(S.PICKED_UP, M.ARRIVE_AT_PICKUP) == ()
    assert way_to(S.DELIVERED, M.HAND_OVER) == ()
    assert way_to(S.RETURNING, M.PICK_UP) == ()
    assert way_to(S.RETURNED, M.TURN_BACK) == ()


def test_who_turns_back_has_picked_up():
    assert way_to(S.ASSIGNED, M.TURN_BACK) == (M.ARRIVE_AT_PICKUP, M.PICK_UP, M.TURN_BACK)
    assert way_to(S.PICKED_UP, M.TURN_BACK) == (M.TURN_BACK,)


@pytest.mark.parametrize(
    ("status", "move"),
    [
        (S.UNASSIGNED, M.ARRIVE_AT_PICKUP),
        (S.CANCELLED, M.HAND_OVER),
        (S.RETURNING, M.HAND_OVER),
        (S.DELIVERED, M.TURN_BACK),
        (S.DELIVERED, M.FAIL),
    ],
)
def test_no_way_leads_back_or_out_of_nowhere(status, move):
    with pytest.raises(IllegalMove):
        way_to(status, move)


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("move", M)
def test_every_way_is_made_of_allowed_steps_and_ends_with_the_move(status, move):
    try:
        steps = way_to(status, move)
    except IllegalMove:
        return
    for step in steps:
        status = after(status, step)

    assert steps == () or steps[-1] is move

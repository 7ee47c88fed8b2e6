import pytest

from kernel.errors import IllegalMove
from orders.model import Move as M
from orders.model import OrderStatus as S
from orders.state import TERMINAL, TRANSITIONS, after


@pytest.mark.parametrize(("status", "move"), TRANSITIONS, ids=str)
def test_a_move_of_the_table_leads_where_it_says(status, move):
    assert after(status, move) is TRANSITIONS[status, move]


@pytest.mark.parametrize(
    ("status", "move"), [(status, move) for status in S for move in M if (status, move) not in TRANSITIONS]
)
def test_every_other_move_is_refused_with_the_state(status, move):
    with pytest.raises(IllegalMove) as refusal:
        after(status, move)
    assert refusal.value.facts == {"what": "order", "status": status, "move": move}


def test_an_order_that_is_over_stays_over():
    assert {S.COMPLETED, S.REJECTED, S.EXPIRED, S.CANCELLED, S.RETURNED} == TERMINAL


def test_food_on_the_road_is_brought_back_and_never_just_cancelled():
    assert (S.PICKED_UP, M.CANCEL) not in TRANSITIONS
    assert after(S.PICKED_UP, M.RETURN) is S.RETURNED


def test_a_small_kitchen_may_never_say_that_it_started():
    assert after(S.ACCEPTED, M.MARK_READY) is S.READY


def test_every_state_can_be_reached():
    assert set(TRANSITIONS.values()) | {S.RECEIVED} == set(S)


def test_every_move_is_used():
    assert {move for _, move in TRANSITIONS} == set(M)


def test_only_what_a_store_or_a_second_reader_was_asked_for_expires():
    assert {status for status, move in TRANSITIONS if move is M.EXPIRE} == {S.RECEIVED, S.PLACED}

import pytest

from kernel.errors import IllegalMove
from merchant.model.tickets import Move as M
from merchant.model.tickets import TicketStatus as S
from merchant.state import TERMINAL, TRANSITIONS, UNCOOKED, after


def test_the_way_of_a_ticket_that_goes_well():
    status = S.OFFERED
    for move in (M.ACCEPT, M.START, M.MARK_READY, M.HAND_OVER):
        status = after(status, move)

    assert status is S.HANDED_OVER


def test_a_small_kitchen_need_not_say_that_it_started():
    assert after(S.ACCEPTED, M.MARK_READY) is S.READY


def test_nothing_comes_back_once_it_is_over():
    assert {S.HANDED_OVER, S.REJECTED, S.EXPIRED, S.WITHDRAWN} == TERMINAL


def test_a_kitchen_that_accepted_can_neither_reject_nor_let_it_expire():
    for status in set(S) - {S.OFFERED}:
        for move in (M.ACCEPT, M.REJECT, M.EXPIRE):
            with pytest.raises(IllegalMove):
                after(status, move)


def test_whatever_is_in_the_kitchen_can_be_withdrawn():
    assert {status for status, move in TRANSITIONS if move is M.WITHDRAW} == set(S) - TERMINAL


def test_food_is_handed_over_only_when_it_is_ready():
    assert [status for status, move in TRANSITIONS if move is M.HAND_OVER] == [S.READY]


def test_what_is_being_cooked_does_not_go_back_to_stock():
    assert {S.OFFERED, S.ACCEPTED} == UNCOOKED

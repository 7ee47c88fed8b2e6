import pytest
from tests.fleet.builders import ANA, BETO, a_delivery, a_report

from fleet.errors import CodeLocked
from fleet.model.deliveries import DeliveryStatus as S
from fleet.model.deliveries import Move as M
from fleet.model.reports import ReportKind as K
from fleet.policy import reports as policy
from kernel.errors import IllegalMove


@pytest.mark.parametrize(
    ("delivery", "order_status", "why"),
    [
        (a_delivery(status=S.ASSIGNED, rider_id=ANA), "ready", None),
        (a_delivery(status=S.ASSIGNED, rider_id=ANA), "cancelled", "order_over"),
        (a_delivery(status=S.CANCELLED, rider_id=ANA), "cancelled", "order_over"),
        (a_delivery(status=S.ASSIGNED, rider_id=BETO), "ready", "reassigned"),
        (a_delivery(status=S.UNASSIGNED), "ready", "unassigned"),
        (a_delivery(status=S.FAILED, rider_id=ANA), "picked_up", "failed"),
    ],
    ids=["hers", "just cancelled", "cancelled", "another's", "nobody's", "failed"],
)
def test_a_report_applies_only_while_the_delivery_is_hers_and_alive(delivery, order_status, why):
    assert policy.why_unapplied(delivery, by=ANA, order_status=order_status) == why


def test_a_report_makes_its_own_move_and_those_it_implies():
    delivery = a_delivery(status=S.ASSIGNED, rider_id=ANA)

    assert policy.moves_for(delivery, a_report(K.PICK_UP)) == (M.ARRIVE_AT_PICKUP, M.PICK_UP)
    assert policy.moves_for(delivery, a_report(K.CHECK_ITEMS)) == (M.ARRIVE_AT_PICKUP,)


def test_a_rider_with_a_flat_tyre_before_pickup_gives_the_delivery_back():
    for status in (S.ASSIGNED, S.ARRIVED_AT_PICKUP):
        assert policy.moves_for(a_delivery(status=status), a_report(K.FAIL, reason="vehicle")) == (M.UNASSIGN,)


def test_what_no_other_rider_could_do_either_fails():
    assert policy.moves_for(a_delivery(status=S.ASSIGNED), a_report(K.FAIL, reason="store_closed")) == (M.FAIL,)
    assert policy.moves_for(a_delivery(status=S.PICKED_UP), a_report(K.FAIL, reason="vehicle")) == (M.FAIL,)


def test_nothing_fails_after_it_was_delivered():
    with pytest.raises(IllegalMove):
        policy.moves_for(a_delivery(status=S.DELIVERED), a_report(K.FAIL, reason="vehicle"))


def test_the_code_is_asked_for_only_where_the_order_has_one():
    assert policy.is_right_code(a_delivery(), expected="", given="")
    assert policy.is_right_code(a_delivery(), expected="4711", given="4711")
    assert not policy.is_right_code(a_delivery(), expected="4711", given="")


def test_after_five_wrong_codes_not_even_the_right_one_helps():
    assert [policy.tries_left(a_delivery(code_tries=tries)) for tries in range(5)] == [4, 3, 2, 1, 0]
    with pytest.raises(CodeLocked):
        policy.is_right_code(a_delivery(code_tries=5), expected="4711", given="4711")

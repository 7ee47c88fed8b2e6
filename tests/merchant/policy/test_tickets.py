from datetime import timedelta

import pytest
from tests.merchant.builders import MINUTE, NOON, PIZZA, SODA, a_ticket, an_accepted_ticket

from kernel.errors import InvalidField
from merchant.errors import TicketExpired, TicketMoved
from merchant.model.tickets import Move, RejectReason, TicketStatus
from merchant.policy import tickets as policy

JUST_BEFORE = timedelta(microseconds=1)


def test_the_food_is_promised_so_many_minutes_after_accepting():
    accepted = policy.accept(a_ticket(), prep_minutes=20, now=NOON + 2 * MINUTE)

    assert accepted.ready_by == NOON + 22 * MINUTE
    assert accepted.prep_minutes == 20


def test_a_store_may_accept_until_the_very_last_moment():
    ticket = a_ticket(accept_by=NOON + 5 * MINUTE)

    policy.accept(ticket, prep_minutes=20, now=NOON + 5 * MINUTE - JUST_BEFORE)


def test_a_ticket_is_gone_at_the_very_second_its_window_ends():
    ticket = a_ticket(accept_by=NOON + 5 * MINUTE)

    with pytest.raises(TicketExpired) as refused:
        policy.accept(ticket, prep_minutes=20, now=NOON + 5 * MINUTE)

    assert refused.value.facts["expired_at"] == NOON + 5 * MINUTE


@pytest.mark.parametrize("reason", [RejectReason.CLOSING, RejectReason.ADDRESS])
def test_a_late_no_is_gone_like_a_late_yes(reason):
    with pytest.raises(TicketExpired):
        policy.reject(a_ticket(), reason=reason, item_ids=[], now=NOON + 9 * MINUTE)


def test_an_expired_ticket_says_when_it_expired():
    ticket = a_ticket(status=TicketStatus.EXPIRED)

    with pytest.raises(TicketExpired) as refused:
        policy.accept(ticket, prep_minutes=20, now=NOON + 60 * MINUTE)

    assert refused.value.facts["expired_at"] == ticket.accept_by


def test_what_somebody_else_answered_is_a_conflict_that_tells_the_state():
    with pytest.raises(TicketMoved) as refused:
        policy.accept(an_accepted_ticket(prep_minutes=15), prep_minutes=20, now=NOON + 9 * MINUTE)

    assert refused.value.facts["status"] == "accepted"
    assert refused.value.facts["prep_minutes"] == 15


def test_out_of_stock_says_of_what():
    with pytest.raises(InvalidField):
        policy.reject(a_ticket(), reason=RejectReason.ITEM_OUT_OF_STOCK, item_ids=[], now=NOON)


def test_only_out_of_stock_names_items():
    with pytest.raises(InvalidField):
        policy.reject(a_ticket(), reason=RejectReason.TOO_BUSY, item_ids=[PIZZA], now=NOON)


def test_an_item_nobody_ordered_is_not_the_reason():
    with pytest.raises(InvalidField):
        policy.reject(a_ticket(), reason=RejectReason.ITEM_OUT_OF_STOCK, item_ids=[PIZZA, SODA], now=NOON)


def test_a_store_may_say_what_it_is_out_of():
    policy.reject(a_ticket(), reason=RejectReason.ITEM_OUT_OF_STOCK, item_ids=[PIZZA], now=NOON)


def test_a_step_out_of_order_is_refused():
    with pytest.raises(TicketMoved):
        policy.check(a_ticket(), Move.MARK_READY)


def test_extending_counts_from_what_was_first_said():
    ticket = an_accepted_ticket(ready_by=NOON + 20 * MINUTE, extended_minutes=5)

    assert policy.extend(ticket, extended_minutes=15) == NOON + 30 * MINUTE


@pytest.mark.parametrize("minutes", [3, 5])
def test_food_is_never_promised_earlier_by_extending(minutes):
    with pytest.raises(TicketMoved):
        policy.extend(an_accepted_ticket(extended_minutes=5), extended_minutes=minutes)


@pytest.mark.parametrize("status", sorted(set(TicketStatus) - {TicketStatus.ACCEPTED, TicketStatus.PREPARING}))
def test_only_what_is_being_cooked_can_take_longer(status):
    with pytest.raises(TicketMoved):
        policy.extend(an_accepted_ticket(status=status), extended_minutes=5)


def test_nobody_is_reminded_of_what_was_answered():
    assert policy.why_reminder_is_moot(a_ticket(), now=NOON + MINUTE) is None
    assert policy.why_reminder_is_moot(an_accepted_ticket(), now=NOON + MINUTE) == "the ticket is accepted"
    assert policy.why_reminder_is_moot(a_ticket(), now=NOON + 5 * MINUTE) == "the window is over"


def test_a_ticket_expires_when_its_window_is_over_and_not_before():
    assert policy.why_expiry_is_moot(a_ticket(), now=NOON + 5 * MINUTE) is None
    assert policy.why_expiry_is_moot(a_ticket(), now=NOON + 5 * MINUTE - JUST_BEFORE) == "the window was extended"
    assert policy.why_expiry_is_moot(an_accepted_ticket(), now=NOON + 9 * MINUTE) == "the ticket is accepted"


def test_food_is_waited_for_from_ready_by_on_and_the_desk_called_five_minutes_later():
    ticket = an_accepted_ticket(ready_by=NOON + 16 * MINUTE)

    assert policy.why_ready_is_not_due(ticket, now=NOON + 16 * MINUTE) is None
    assert policy.why_ready_is_not_due(ticket, now=NOON + 15 * MINUTE) == "the kitchen asked for longer"
    assert policy.why_ready_is_not_due(ticket, now=NOON + 20 * MINUTE, after=policy.READY_GRACE) is not None
    assert policy.why_ready_is_not_due(ticket, now=NOON + 21 * MINUTE, after=policy.READY_GRACE) is None


def test_nobody_waits_for_food_that_is_ready():
    ticket = an_accepted_ticket(status=TicketStatus.READY)

    assert policy.why_ready_is_not_due(ticket, now=NOON + 60 * MINUTE) == "the ticket is ready"

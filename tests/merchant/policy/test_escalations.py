import pytest
from tests.merchant.builders import MINUTE, NOON, a_ticket, an_accepted_ticket, an_escalation

from kernel.errors import InvalidField
from merchant.errors import EscalationClosed, HelpNotPossible, TicketExpired
from merchant.model.escalations import EscalationKind, EscalationStatus, Help, HelpOutcome
from merchant.model.tickets import TicketStatus
from merchant.policy import escalations as policy


def a_help(outcome: HelpOutcome, minutes: int | None = None) -> Help:
    return Help(reached="Nena, by phone", reason="the tablet was muted", outcome=outcome, minutes=minutes)


@pytest.mark.parametrize(
    ("outcome", "minutes"),
    [
        (HelpOutcome.ACCEPTED_ON_BEHALF, 120),
        (HelpOutcome.WINDOW_EXTENDED, 15),
        (HelpOutcome.STORE_PAUSED, 1440),
        (HelpOutcome.CANCELLED, None),
        (HelpOutcome.NO_HELP, None),
    ],
)
def test_help_that_fits_its_outcome(outcome, minutes):
    policy.check_help(a_help(outcome, minutes))


@pytest.mark.parametrize(
    ("outcome", "minutes"),
    [
        (HelpOutcome.ACCEPTED_ON_BEHALF, None),
        (HelpOutcome.ACCEPTED_ON_BEHALF, 121),
        (HelpOutcome.WINDOW_EXTENDED, 16),
        (HelpOutcome.NO_HELP, 5),
    ],
)
def test_minutes_are_said_where_they_mean_something(outcome, minutes):
    with pytest.raises(InvalidField):
        policy.check_help(a_help(outcome, minutes))


def test_a_call_is_answered_once():
    policy.check_open(an_escalation())
    settled = an_escalation(status=EscalationStatus.RESOLVED, help=a_help(HelpOutcome.NO_HELP))
    with pytest.raises(EscalationClosed) as refused:
        policy.check_open(settled)

    assert refused.value.facts["outcome"] == "no_help"


def test_a_call_that_settled_itself_needs_no_help():
    with pytest.raises(EscalationClosed) as refused:
        policy.check_open(an_escalation(status=EscalationStatus.MOOT))

    assert refused.value.facts["outcome"] is None


def test_a_late_kitchen_accepted_long_ago():
    late = an_escalation(kind=EscalationKind.NOT_READY)

    policy.check_possible(late, HelpOutcome.CANCELLED)
    policy.check_possible(an_escalation(), HelpOutcome.WINDOW_EXTENDED)
    with pytest.raises(HelpNotPossible):
        policy.check_possible(late, HelpOutcome.ACCEPTED_ON_BEHALF)


def test_the_window_is_moved_from_where_it_ended():
    moved = policy.extend_window(an_escalation(), a_ticket(), minutes=4, now=NOON + 4 * MINUTE)

    assert moved == NOON + 9 * MINUTE


def test_the_window_is_moved_once():
    with pytest.raises(HelpNotPossible, match="before"):
        policy.extend_window(an_escalation(), a_ticket(is_window_extended=True), minutes=4, now=NOON)


@pytest.mark.parametrize("status", [TicketStatus.OFFERED, TicketStatus.EXPIRED])
def test_a_window_that_is_over_stays_over(status):
    with pytest.raises(TicketExpired):
        policy.extend_window(an_escalation(), a_ticket(status=status), minutes=4, now=NOON + 5 * MINUTE)


def test_an_accepted_ticket_has_no_window_any_more():
    with pytest.raises(HelpNotPossible, match="accepted"):
        policy.extend_window(an_escalation(), an_accepted_ticket(), minutes=4, now=NOON + 9 * MINUTE)

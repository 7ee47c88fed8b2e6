from datetime import datetime, timedelta
from typing import Final

from kernel.errors import InvalidField
from merchant.errors import EscalationClosed, HelpNotPossible, TicketExpired
from merchant.model.escalations import Escalation, EscalationKind, EscalationStatus, Help, HelpOutcome
from merchant.model.tickets import Ticket, TicketStatus
from merchant.policy.stores import MAX_PREP_MINUTES

# What `minutes` may say, per outcome that needs them: of prep, of window, of pause.
MINUTES: Final = {
    HelpOutcome.ACCEPTED_ON_BEHALF: MAX_PREP_MINUTES,
    HelpOutcome.WINDOW_EXTENDED: 15,  # twice a window would leave the customer without an answer for half an hour
    HelpOutcome.STORE_PAUSED: 1440,  # a day; longer than that is a matter of opening hours
}
ONLY_BEFORE_ACCEPTED: Final = {HelpOutcome.ACCEPTED_ON_BEHALF, HelpOutcome.WINDOW_EXTENDED}


def check_help(help_given: Help) -> None:
    """Refuse help whose minutes do not fit its outcome."""
    limit = MINUTES.get(help_given.outcome)
    if limit is None and help_given.minutes is not None:
        raise InvalidField("minutes", f"{help_given.outcome} takes none")
    if limit is not None and not 1 <= (help_given.minutes or 0) <= limit:
        raise InvalidField("minutes", f"{help_given.outcome} takes 1 to {limit}")


def check_open(escalation: Escalation) -> None:
    """Refuse to resolve what was resolved otherwise or settled itself."""
    if escalation.status is not EscalationStatus.OPEN:
        given = escalation.help
        raise EscalationClosed(escalation.id, status=escalation.status, outcome=given.outcome if given else None)


def check_possible(escalation: Escalation, outcome: HelpOutcome) -> None:
    """Refuse help that answers another question: food that is late was accepted long ago."""
    if escalation.kind is EscalationKind.NOT_READY and outcome in ONLY_BEFORE_ACCEPTED:
        raise HelpNotPossible(escalation.id, outcome=outcome, why="The order was accepted already.")


def extend_window(escalation: Escalation, ticket: Ticket, *, minutes: int, now: datetime) -> datetime:
    """Return the new end of the acceptance window, which the desk may move once and before it is over."""
    if now >= ticket.accept_by and ticket.status in {TicketStatus.OFFERED, TicketStatus.EXPIRED}:
        raise TicketExpired(ticket.id, expired_at=ticket.accept_by)
    if ticket.status is not TicketStatus.OFFERED or ticket.is_window_extended:
        why = "The window was extended before." if ticket.is_window_extended else f"The ticket is {ticket.status}."
        raise HelpNotPossible(escalation.id, outcome=HelpOutcome.WINDOW_EXTENDED, why=why)
    return ticket.accept_by + timedelta(minutes=minutes)

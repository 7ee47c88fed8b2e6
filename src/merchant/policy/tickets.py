"""What a store may answer, and when. Each check refuses with the state the ticket is in."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kernel.errors import InvalidField
from kernel.ids import ItemId
from merchant import state
from merchant.errors import TicketExpired, TicketMoved
from merchant.model.tickets import Move, RejectReason, Ticket, TicketStatus

MAX_EXTENSION_MINUTES: Final = 30  # domain contract, merchant: at most 30 min in total
READY_GRACE: Final = timedelta(minutes=5)  # domain contract, merchant: five minutes past ready_by, escalated
REMINDERS: Final = 3  # domain contract, merchant: after three unanswered reminders the desk is called


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """What accepting promises."""

    prep_minutes: int
    ready_by: datetime


def accept(ticket: Ticket, *, prep_minutes: int, now: datetime) -> Acceptance:
    """Decide whether the store may still accept; gone at the very second the window ends."""
    _check_answerable(ticket, Move.ACCEPT, now)
    return Acceptance(prep_minutes=prep_minutes, ready_by=now + timedelta(minutes=prep_minutes))


def reject(ticket: Ticket, *, reason: RejectReason, item_ids: list[ItemId], now: datetime) -> None:
    """Decide whether the store may still say no, and whether it says which items are missing."""
    _check_answerable(ticket, Move.REJECT, now)
    if bool(item_ids) != (reason is RejectReason.ITEM_OUT_OF_STOCK):
        raise InvalidField("item_ids", f"named if, and only if, the reason is {RejectReason.ITEM_OUT_OF_STOCK}")
    if foreign := sorted(set(item_ids) - {line.item_id for line in ticket.lines}):
        raise InvalidField("item_ids", f"not on this ticket: {', '.join(foreign)}")


def check(ticket: Ticket, move: Move) -> TicketStatus:
    """Return where the move leads, or refuse with the state it is in."""
    if (ticket.status, move) not in state.TRANSITIONS:
        raise moved(ticket, move)
    return state.after(ticket.status, move)


def extend(ticket: Ticket, *, extended_minutes: int) -> datetime:
    """Return the new `ready_by` when it becomes this much later than first said, in all; it never becomes earlier."""
    is_cooking = ticket.status in {TicketStatus.ACCEPTED, TicketStatus.PREPARING}
    if not is_cooking or ticket.ready_by is None or extended_minutes <= ticket.extended_minutes:
        raise moved(ticket, "extend")
    return ticket.ready_by + timedelta(minutes=extended_minutes - ticket.extended_minutes)


def why_reminder_is_moot(ticket: Ticket, *, now: datetime) -> str | None:
    """Return why nobody need be reminded, or None."""
    if ticket.status is not TicketStatus.OFFERED:
        return f"the ticket is {ticket.status}"
    return "the window is over" if now >= ticket.accept_by else None


def why_expiry_is_moot(ticket: Ticket, *, now: datetime) -> str | None:
    """Return why the ticket does not expire now, or None."""
    if ticket.status is not TicketStatus.OFFERED:
        return f"the ticket is {ticket.status}"
    return "the window was extended" if now < ticket.accept_by else None


def why_ready_is_not_due(ticket: Ticket, *, now: datetime, after: timedelta = timedelta(0)) -> str | None:
    """Return why nobody waits for the food at this instant, or None."""
    if ticket.status not in {TicketStatus.ACCEPTED, TicketStatus.PREPARING} or ticket.ready_by is None:
        return f"the ticket is {ticket.status}"
    return "the kitchen asked for longer" if now < ticket.ready_by + after else None


def moved(ticket: Ticket, move: str) -> TicketMoved:
    """Return the refusal of a step that is not possible any more, or not yet."""
    return TicketMoved(
        ticket.id,
        move=move,
        status=ticket.status,
        prep_minutes=ticket.prep_minutes,
        ready_by=ticket.ready_by,
        extended_minutes=ticket.extended_minutes,
    )


def _check_answerable(ticket: Ticket, move: Move, now: datetime) -> None:
    is_over = ticket.status is TicketStatus.OFFERED and now >= ticket.accept_by
    if is_over or ticket.status is TicketStatus.EXPIRED:
        raise TicketExpired(ticket.id, expired_at=ticket.accept_by)
    check(ticket, move)

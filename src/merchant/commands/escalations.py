from datetime import datetime, timedelta

from accounts.model import Caller, Scope
from infra import timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import EscalationId
from merchant import store as db
from merchant.commands import steps
from merchant.commands.setup import StoreChange, apply_change
from merchant.errors import EscalationNotFound, StoreNotFound
from merchant.messages import EscalationResolved, WindowExtended
from merchant.model.escalations import Escalation, EscalationStatus, Help, HelpOutcome
from merchant.model.tickets import Ticket
from merchant.policy import escalations as policy
from orders import commands as orders
from orders.model import Order

DESK = frozenset({Scope.DISPATCH, Scope.SUPPORT})


async def resolve_escalation(
    tx: Tx, escalation_id: EscalationId, help_given: Help, *, by: Caller, now: datetime
) -> Escalation:
    """Record whom the desk reached and do what was agreed. Repeating it changes nothing."""
    policy.check_help(help_given)
    known = await db.escalations.find_escalation(tx, escalation_id)
    if known is None or not any(by.has(scope) for scope in DESK):
        raise EscalationNotFound
    order = await orders.lock_one(tx, known.order_id)
    ticket = await db.tickets.lock_ticket(tx, known.ticket_id)
    call = await db.escalations.lock_escalation(tx, escalation_id)
    if call.status is EscalationStatus.RESOLVED and call.help == help_given:
        return call
    policy.check_open(call)
    policy.check_possible(call, help_given.outcome)
    act = by.act(now)
    # Closed before it is acted upon: what settles the ticket drops the calls that are still open.
    await db.escalations.resolve_escalation(tx, escalation_id, help_given, by_id=by.id, now=now)
    await _help(tx, order, ticket, call, help_given, act=act)
    fact = EscalationResolved(
        order_id=order.id,
        store_id=order.store_id,
        ticket_id=ticket.id,
        escalation_id=escalation_id,
        outcome=help_given.outcome,
    )
    await orders.tell(tx, order.id, fact, act=act)
    return await db.escalations.lock_escalation(tx, escalation_id)


async def _help(tx: Tx, order: Order, ticket: Ticket, call: Escalation, help_given: Help, *, act: Act) -> None:
    minutes = help_given.minutes or 0
    match help_given.outcome:
        case HelpOutcome.ACCEPTED_ON_BEHALF:
            await steps.accept(tx, order, ticket, prep_minutes=minutes, act=act)
        case HelpOutcome.WINDOW_EXTENDED:
            accept_by = policy.extend_window(call, ticket, minutes=minutes, now=act.now)
            await _extend_window(tx, ticket, accept_by=accept_by, act=act)
        case HelpOutcome.STORE_PAUSED:
            await _pause(tx, ticket, until=act.now + timedelta(minutes=minutes), act=act)
        case HelpOutcome.CANCELLED:
            await orders.cancel(tx, order, reason=help_given.reason, fee_minor=0, act=act)
            await steps.withdraw(tx, ticket, reason="cancelled", act=act)
        case HelpOutcome.NO_HELP:
            pass


async def _extend_window(tx: Tx, ticket: Ticket, *, accept_by: datetime, act: Act) -> None:
    await db.tickets.extend_window(tx, ticket.id, accept_by=accept_by)
    await timers.cancel(tx, ticket.id, steps.EXPIRY, because="the window was extended", now=act.now)
    await timers.schedule(tx, steps.EXPIRY, ticket.id, due_at=accept_by)
    fact = WindowExtended(order_id=ticket.order_id, store_id=ticket.store_id, ticket_id=ticket.id, accept_by=accept_by)
    await orders.tell(tx, ticket.order_id, fact, act=act)


async def _pause(tx: Tx, ticket: Ticket, *, until: datetime, act: Act) -> None:
    place = await db.stores.lock_store(tx, ticket.store_id)
    if place is None:
        raise StoreNotFound
    await apply_change(tx, place, StoreChange(paused_until=until), act=act)

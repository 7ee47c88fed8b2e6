"""What happens at a ticket's deadlines. Each returns why it was moot, or None when it took effect."""

from infra import timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import TicketId
from merchant import store as db
from merchant.commands import steps
from merchant.messages import ReadyOverdue, TicketReminded
from merchant.model.escalations import EscalationKind
from merchant.model.tickets import Ticket
from merchant.policy import tickets as policy
from orders import commands as orders
from orders.model import Order, OrderStatus


async def remind(tx: Tx, ticket_id: TicketId, *, n: int, act: Act) -> str | None:
    """Ring again; with the last reminder the desk is asked to call the store."""
    order, ticket = await _lock(tx, ticket_id)
    moot = policy.why_reminder_is_moot(ticket, now=act.now) or _unless(order, OrderStatus.PLACED)
    if moot:
        return moot
    await db.tickets.set_reminders_sent(tx, ticket_id, n)
    fact = TicketReminded(
        order_id=order.id, store_id=order.store_id, ticket_id=ticket_id, n=n, accept_by=ticket.accept_by
    )
    await orders.tell(tx, order.id, fact, act=act)
    if n >= policy.REMINDERS:
        await steps.escalate(tx, ticket, EscalationKind.NOT_ACCEPTED, act=act)
    return None


async def expire(tx: Tx, ticket_id: TicketId, *, act: Act) -> str | None:
    """End an order nobody accepted, with its money, in this transaction."""
    order, ticket = await _lock(tx, ticket_id)
    moot = policy.why_expiry_is_moot(ticket, now=act.now) or _unless(order, OrderStatus.PLACED)
    if moot:
        return moot
    await steps.expire(tx, order, ticket, act=act)
    return None


async def remind_ready(tx: Tx, ticket_id: TicketId, *, act: Act) -> str | None:
    """Remind the tablet that the food is due, and set when the desk is called."""
    order, ticket = await _lock(tx, ticket_id)
    moot = policy.why_ready_is_not_due(ticket, now=act.now) or _unless(
        order, OrderStatus.ACCEPTED, OrderStatus.PREPARING
    )
    if moot or ticket.ready_by is None:
        return moot
    fact = ReadyOverdue(order_id=order.id, store_id=order.store_id, ticket_id=ticket_id, ready_by=ticket.ready_by)
    await orders.tell(tx, order.id, fact, act=act)
    await timers.schedule(tx, steps.READY_ESCALATION, ticket_id, due_at=ticket.ready_by + policy.READY_GRACE)
    return None


async def escalate_ready(tx: Tx, ticket_id: TicketId, *, act: Act) -> str | None:
    """Ask the desk to call a kitchen that is late."""
    order, ticket = await _lock(tx, ticket_id)
    moot = policy.why_ready_is_not_due(ticket, now=act.now, after=policy.READY_GRACE) or _unless(
        order, OrderStatus.ACCEPTED, OrderStatus.PREPARING
    )
    if moot:
        return moot
    await steps.escalate(tx, ticket, EscalationKind.NOT_READY, act=act)
    return None


async def _lock(tx: Tx, ticket_id: TicketId) -> tuple[Order, Ticket]:
    home = await db.tickets.find_ticket_home(tx, ticket_id)
    if home is None:
        raise LookupError(f"a deadline for ticket {ticket_id}, which does not exist")
    order = await orders.lock_one(tx, home.order_id)
    return order, await db.tickets.lock_ticket(tx, ticket_id)


def _unless(order: Order, *expected: OrderStatus) -> str | None:
    # The order goes first and the ticket follows a moment later: the order's word counts.
    return None if order.status in expected else f"the order is {order.status}"

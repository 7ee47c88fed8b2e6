"""The steps of a locked ticket, whoever takes them: the tablet, the desk, a deadline, the order going on without it."""

from datetime import datetime
from typing import Any, Final

import msgspec

from infra import ids, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import EscalationId, ItemId, TicketId
from merchant import store as db
from merchant.commands.menus import take_off_the_menu
from merchant.commands.stock import put_back
from merchant.messages import TicketEscalated, TicketHandedOver, TicketWithdrawn
from merchant.model.escalations import Escalation, EscalationKind, EscalationStatus
from merchant.model.tickets import Move, RejectReason, Ticket, TicketStatus
from merchant.policy import tickets as policy
from merchant.state import TERMINAL, UNCOOKED
from orders import commands as orders
from orders.model import Order

REMINDER: Final = "ticket.reminder"
EXPIRY: Final = "ticket.expiry"
READY_DUE: Final = "ticket.ready_due"
READY_ESCALATION: Final = "ticket.ready_escalation"
WHILE_OFFERED: Final = (REMINDER, EXPIRY)
WHILE_COOKING: Final = (READY_DUE, READY_ESCALATION)

_STAMPS: Final = {
    TicketStatus.ACCEPTED: "accepted_at",
    TicketStatus.PREPARING: "preparing_at",
    TicketStatus.READY: "ready_at",
}


async def accept(tx: Tx, order: Order, ticket: Ticket, *, prep_minutes: int, act: Act) -> tuple[Order, Ticket]:
    """Record that the store will cook it."""
    accepted = policy.accept(ticket, prep_minutes=prep_minutes, now=act.now)
    after = await _move(
        tx, ticket, Move.ACCEPT, act=act, prep_minutes=accepted.prep_minutes, ready_by=accepted.ready_by
    )
    order = await orders.accept(tx, order, prep_minutes=accepted.prep_minutes, ready_by=accepted.ready_by, act=act)
    await _stop_waiting(tx, ticket.id, because="accepted", act=act)
    await timers.schedule(tx, READY_DUE, ticket.id, due_at=accepted.ready_by)
    return order, after


async def reject(
    tx: Tx, order: Order, ticket: Ticket, *, reason: RejectReason, item_ids: list[ItemId], act: Act
) -> Ticket:
    """Record that the store will not cook it; what it says is out of stock goes off the menu."""
    policy.reject(ticket, reason=reason, item_ids=item_ids, now=act.now)
    after = await _move(tx, ticket, Move.REJECT, act=act, reason=reason)
    await orders.reject(tx, order, reason=reason, item_ids=item_ids, act=act)
    await _stop_waiting(tx, ticket.id, because="rejected", act=act)
    await put_back(tx, ticket.store_id, ticket.lines)
    await take_off_the_menu(tx, ticket.store_id, item_ids, act=act)
    return after


async def expire(tx: Tx, order: Order, ticket: Ticket, *, act: Act) -> None:
    """Record that nobody answered in time: ticket, order and money in one transaction."""
    await _move(tx, ticket, Move.EXPIRE, act=act, reason="not_accepted_in_time")
    await orders.expire(tx, order, accept_by=ticket.accept_by, act=act)
    await _stop_waiting(tx, ticket.id, because="expired", act=act)
    await put_back(tx, ticket.store_id, ticket.lines)


async def start(tx: Tx, ticket: Ticket, *, act: Act) -> Ticket:
    """Record that the kitchen began; the order knows or is told by the caller."""
    return await _move(tx, ticket, Move.START, act=act)


async def mark_ready(tx: Tx, ticket: Ticket, *, act: Act) -> Ticket:
    """Record that the food waits for its rider; the order knows or is told by the caller."""
    after = await _move(tx, ticket, Move.MARK_READY, act=act)
    await _stop_cooking(tx, ticket.id, because="ready", act=act)
    return after


async def hand_over(tx: Tx, ticket: Ticket, *, act: Act) -> None:
    """Record that the rider has the food."""
    await _move(tx, ticket, Move.HAND_OVER, act=act)
    fact = TicketHandedOver(order_id=ticket.order_id, store_id=ticket.store_id, ticket_id=ticket.id)
    await orders.tell(tx, ticket.order_id, fact, act=act)


async def withdraw(tx: Tx, ticket: Ticket, *, reason: str, act: Act) -> Ticket:
    """Take it off the tablet, as the order is over; what was not cooked can be sold again."""
    after = await _move(tx, ticket, Move.WITHDRAW, act=act, reason=reason)
    await _stop_waiting(tx, ticket.id, because="withdrawn", act=act)
    await _stop_cooking(tx, ticket.id, because="withdrawn", act=act)
    if ticket.status in UNCOOKED:
        await put_back(tx, ticket.store_id, ticket.lines)
    fact = TicketWithdrawn(order_id=ticket.order_id, store_id=ticket.store_id, ticket_id=ticket.id, reason=reason)
    await orders.tell(tx, ticket.order_id, fact, act=act)
    return after


async def escalate(tx: Tx, ticket: Ticket, kind: EscalationKind, *, act: Act) -> None:
    """Ask the desk to call the store; asking twice asks once."""
    call = Escalation(
        id=ids.new(EscalationId, "esc"),
        kind=kind,
        status=EscalationStatus.OPEN,
        ticket_id=ticket.id,
        order_id=ticket.order_id,
        store_id=ticket.store_id,
        opened_at=act.now,
    )
    if await db.escalations.insert_escalation(tx, call):
        fact = TicketEscalated(
            order_id=ticket.order_id, store_id=ticket.store_id, ticket_id=ticket.id, escalation_id=call.id, kind=kind
        )
        await orders.tell(tx, ticket.order_id, fact, act=act)


async def _move(
    tx: Tx,
    ticket: Ticket,
    move: Move,
    *,
    act: Act,
    reason: str | None = None,
    prep_minutes: int | None = None,
    ready_by: datetime | None = None,
) -> Ticket:
    to = policy.check(ticket, move)
    written = await db.tickets.move_ticket(
        tx, ticket, to, at=act.occurred_at, reason=reason, prep_minutes=prep_minutes, ready_by=ready_by
    )
    if not written:
        raise policy.moved(ticket, move)
    changes: dict[str, Any] = {"status": to, "end_reason": reason, "cancellation_answer_by": None}
    if to in _STAMPS:
        changes[_STAMPS[to]] = act.occurred_at
    if to in TERMINAL:
        changes["ended_at"] = act.occurred_at
    if ready_by is not None:
        changes |= {"prep_minutes": prep_minutes, "ready_by": ready_by}
    return msgspec.structs.replace(ticket, **changes)


async def _stop_waiting(tx: Tx, ticket_id: TicketId, *, because: str, act: Act) -> None:
    await timers.cancel(tx, ticket_id, *WHILE_OFFERED, because=because, now=act.now)
    await db.escalations.drop_escalations(tx, ticket_id, [EscalationKind.NOT_ACCEPTED], because=because, now=act.now)


async def _stop_cooking(tx: Tx, ticket_id: TicketId, *, because: str, act: Act) -> None:
    await timers.cancel(tx, ticket_id, *WHILE_COOKING, because=because, now=act.now)
    await db.escalations.drop_escalations(tx, ticket_id, [EscalationKind.NOT_READY], because=because, now=act.now)

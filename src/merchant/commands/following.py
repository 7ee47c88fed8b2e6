"""The ticket follows its order where that went on without the kitchen. Each is safe to repeat."""

from collections.abc import Sequence
from datetime import datetime

from infra.db import Tx
from kernel.events import Act
from kernel.ids import OrderId
from merchant import store as db
from merchant.commands import steps
from merchant.model.tickets import Move, Ticket, TicketStatus
from merchant.state import TRANSITIONS
from orders import commands as orders
from orders.messages import ItemProblem
from orders.model import RiderComing


async def withdraw(tx: Tx, order_id: OrderId, *, reason: str, act: Act) -> None:
    """Take the ticket of an order that is over off the tablet."""
    ticket = await _lock_if(tx, order_id, Move.WITHDRAW)
    if ticket is not None:
        await steps.withdraw(tx, ticket, reason=reason, act=act)


async def start(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Note that the kitchen began, where the order says so."""
    ticket = await _lock_if(tx, order_id, Move.START)
    if ticket is not None:
        await steps.start(tx, ticket, act=act)


async def mark_ready(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Note that the food is ready, as a rider who took it implied."""
    ticket = await _lock_if(tx, order_id, Move.MARK_READY)
    if ticket is not None:
        await steps.mark_ready(tx, ticket, act=act)


async def hand_over(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Close the ticket of food that a rider has."""
    ticket = await _lock_if(tx, order_id, Move.HAND_OVER)
    if ticket is not None:
        await steps.hand_over(tx, ticket, act=act)


async def note_cancellation_asked(tx: Tx, order_id: OrderId, *, answer_by: datetime) -> None:
    """Show on the tablet that somebody wants to cancel."""
    await db.tickets.set_cancellation_asked(tx, order_id, answer_by=answer_by)


async def note_rider(tx: Tx, order_id: OrderId, rider: RiderComing | None) -> None:
    """Show on the tablet who comes for the food; None: that rider will not carry it after all."""
    await db.tickets.set_rider(tx, order_id, rider)


async def note_rider_arrived(tx: Tx, order_id: OrderId, *, at: datetime) -> None:
    """Show on the tablet since when the rider waits at the counter."""
    await db.tickets.set_rider_arrived(tx, order_id, at=at)


async def note_items_disputed(tx: Tx, order_id: OrderId, problems: Sequence[ItemProblem], *, seq: int) -> None:
    """Show on the tablet that a rider's count does not agree."""
    await db.tickets.set_items_disputed(tx, order_id, problems, seq=seq)


async def _lock_if(tx: Tx, order_id: OrderId, move: Move) -> Ticket | None:
    # A ticket never goes back: where the step is not possible any more, it needs no lock to know.
    found = await db.tickets.find_ticket_of_order(tx, order_id)
    if found is None or not _may(found[1], move):
        return None
    await orders.lock_one(tx, order_id)
    ticket = await db.tickets.lock_ticket(tx, found[0])
    return ticket if _may(ticket.status, move) else None


def _may(status: TicketStatus, move: Move) -> bool:
    return (status, move) in TRANSITIONS

from collections.abc import Sequence
from datetime import datetime

from infra import ids, timers
from infra.db import Tx
from kernel.events import Act, Cause
from kernel.ids import TicketId
from merchant import store as db
from merchant.commands import steps
from merchant.errors import StoreNotFound
from merchant.messages import TicketOffered
from merchant.model.tickets import Ticket, TicketStatus
from merchant.policy import stores as policy
from orders import commands as orders
from orders.model import Order, OrderLine


async def open_ticket(
    tx: Tx,
    *,
    order: Order,
    accept_by: datetime,
    reminders_at: Sequence[datetime],
    lines: list[OrderLine],
    rule_version: int = 0,
    act: Act,
) -> Order:
    """Ring the store's tablet for a placed, locked order, with its deadlines; returns the order.

    A store on auto-accept accepts here and now, with its usual prep time. The caller has taken the stock.
    """
    place = await db.stores.find_store(tx, order.store_id)
    if place is None:
        raise StoreNotFound
    ticket = Ticket(
        id=ids.new(TicketId, "tkt"),
        order_id=order.id,
        store_id=order.store_id,
        short_number=order.short_number,
        status=TicketStatus.OFFERED,
        lines=lines,
        offered_at=act.now,
        accept_by=accept_by,
    )
    await db.tickets.insert_ticket(tx, ticket, rule_version=rule_version)
    fact = TicketOffered(
        order_id=order.id,
        store_id=order.store_id,
        ticket_id=ticket.id,
        short_number=ticket.short_number,
        accept_by=accept_by,
    )
    await orders.tell(tx, order.id, fact, act=act)
    if place.auto_accept:
        minutes = policy.prep_minutes(place, at=act.now)
        order, _ = await steps.accept(tx, order, ticket, prep_minutes=minutes, act=Act.by_system(act.now, Cause.RULE))
        return order
    for n, remind_at in enumerate(reminders_at, start=1):
        await timers.schedule(tx, steps.REMINDER, ticket.id, due_at=remind_at, payload={"n": n})
    await timers.schedule(tx, steps.EXPIRY, ticket.id, due_at=accept_by)
    return order

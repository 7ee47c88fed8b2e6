"""What a store answers. A repeat gets the first answer; another answer to the same question is a conflict."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from accounts.model import Caller
from infra import timers
from infra.db import Tx
from infra.idempotency import fingerprint
from kernel.events import Act
from kernel.ids import ItemId, OrderId, TicketId
from merchant import store as db
from merchant.commands import steps
from merchant.errors import NothingDisputed, StoreNotFound, TicketNotFound
from merchant.model.tickets import Answer, RejectReason, Ticket, TicketStatus
from merchant.policy import stores as store_policy
from merchant.policy import tickets as policy
from orders import commands as orders
from orders import queries as order_queries
from orders.messages import ItemsAnswered, ItemsDisputed
from orders.model import Order

Step: TypeAlias = Callable[[Order, Ticket, Act], Awaitable[Ticket]]
Resolution = Literal["fixed", "goes_without", "disagrees"]
EVENTS_OF_AN_ORDER = 1000  # far more than any order has


async def accept(tx: Tx, ticket_id: TicketId, *, prep_minutes: int | None, by: Caller, now: datetime) -> Ticket:
    """Accept; without minutes, with the store's usual prep time of now. Gone once the window is over."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        minutes = prep_minutes or await _usual_minutes(tx, ticket, now=now)
        return (await steps.accept(tx, order, ticket, prep_minutes=minutes, act=act))[1]

    return await _once(tx, ticket_id, Answer.ACCEPT, prep_minutes, step, by=by, now=now)


async def reject(
    tx: Tx, ticket_id: TicketId, *, reason: RejectReason, item_ids: list[ItemId], by: Caller, now: datetime
) -> Ticket:
    """Say no, and why. Items that are out of stock go off the menu."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        return await steps.reject(tx, order, ticket, reason=reason, item_ids=item_ids, act=act)

    return await _once(tx, ticket_id, Answer.REJECT, (reason, sorted(item_ids)), step, by=by, now=now)


async def start(tx: Tx, ticket_id: TicketId, *, by: Caller, now: datetime) -> Ticket:
    """Say that the kitchen began. An open question to cancel is thereby answered with no."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        started = await steps.start(tx, ticket, act=act)
        await orders.start_preparing(tx, order, act=act)
        return started

    return await _once(tx, ticket_id, Answer.START, None, step, by=by, now=now)


async def extend(
    tx: Tx, ticket_id: TicketId, *, extended_minutes: int, reason: str, by: Caller, now: datetime
) -> Ticket:
    """Say that it will be ready so much later than first said, in all (1 to 30 minutes)."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        ready_by = policy.extend(ticket, extended_minutes=extended_minutes)
        await db.tickets.set_ready_by(tx, ticket.id, ready_by=ready_by, extended_minutes=extended_minutes)
        await orders.change_ready_by(
            tx, order, ready_by=ready_by, extended_minutes=extended_minutes, reason=reason, act=act
        )
        await timers.cancel(tx, ticket.id, *steps.WHILE_COOKING, because="extended", now=now)
        await timers.schedule(tx, steps.READY_DUE, ticket.id, due_at=ready_by)
        return msgspec.structs.replace(ticket, ready_by=ready_by, extended_minutes=extended_minutes)

    return await _once(tx, ticket_id, Answer.EXTEND, (extended_minutes, reason), step, by=by, now=now)


async def ready(tx: Tx, ticket_id: TicketId, *, by: Caller, now: datetime) -> Ticket:
    """Say that the food waits for its rider; also where nobody said that the kitchen began."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        marked = await steps.mark_ready(tx, ticket, act=act)
        await orders.mark_ready(tx, order, act=act)
        return marked

    return await _once(tx, ticket_id, Answer.READY, None, step, by=by, now=now)


async def answer_cancellation(tx: Tx, ticket_id: TicketId, *, agree: bool, by: Caller, now: datetime) -> Ticket:
    """Answer whether the order may be cancelled. Refusing records that the kitchen began."""

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        await orders.answer_cancellation(tx, order, agreed=agree, act=act)
        if agree:
            return await steps.withdraw(tx, ticket, reason="cancelled", act=act)
        return await steps.start(tx, ticket, act=act)

    return await _once(tx, ticket_id, Answer.CANCELLATION, agree, step, by=by, now=now)


async def answer_items(
    tx: Tx, ticket_id: TicketId, *, resolution: Resolution, note: str, by: Caller, now: datetime
) -> Ticket:
    """Answer the rider's count of the items; each complaint is answered once."""
    order, ticket = await lock(tx, ticket_id, by=by)
    disputed_seq, answered_seq = await _last_dispute(tx, order.id)
    if disputed_seq == 0 or ticket.status is TicketStatus.WITHDRAWN:
        raise NothingDisputed(ticket_id)

    async def step(order: Order, ticket: Ticket, act: Act) -> Ticket:
        if answered_seq > disputed_seq:
            raise NothingDisputed(ticket_id)
        await db.tickets.set_items_answered(tx, ticket_id, seq=disputed_seq)
        await orders.answer_items(tx, order, resolution=resolution, note=note, act=act)
        return msgspec.structs.replace(ticket, items_disputed=[])

    return await _once(tx, ticket_id, Answer.ITEMS, (disputed_seq, resolution, note), step, by=by, now=now)


async def lock(tx: Tx, ticket_id: TicketId, *, by: Caller) -> tuple[Order, Ticket]:
    """Lock a ticket's order, then the ticket; raises `TicketNotFound` where it is none of the caller's business."""
    home = await db.tickets.find_ticket_home(tx, ticket_id)
    if home is None or not store_policy.may_work_on_tickets(by, home.store_id):
        raise TicketNotFound
    order = await orders.lock_one(tx, home.order_id)
    return order, await db.tickets.lock_ticket(tx, ticket_id)


async def _once(
    tx: Tx, ticket_id: TicketId, answer: Answer, content: object, step: Step, *, by: Caller, now: datetime
) -> Ticket:
    order, ticket = await lock(tx, ticket_id, by=by)
    asked = fingerprint(content)
    kept = await db.tickets.find_answer(tx, ticket_id, answer, asked)
    if kept is not None:
        return kept
    after = await step(order, ticket, by.act(now))
    await db.tickets.insert_answer(tx, after, answer, asked, now=now)
    return after


async def _usual_minutes(tx: Tx, ticket: Ticket, *, now: datetime) -> int:
    place = await db.stores.find_store(tx, ticket.store_id)
    if place is None:
        raise StoreNotFound
    return store_policy.prep_minutes(place, at=now)


async def _last_dispute(tx: Tx, order_id: OrderId) -> tuple[int, int]:
    # The order's own history is asked, as the ticket learns of a complaint a moment later than the tablet.
    events = await order_queries.list_events(tx, order_id, after=0, limit=EVENTS_OF_AN_ORDER)
    last = {event.type: event.seq for event in events}
    return last.get(ItemsDisputed.event_type(), 0), last.get(ItemsAnswered.event_type(), 0)

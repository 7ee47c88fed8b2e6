"""How an order begins and ends well."""

from datetime import datetime

from infra import outbox, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import OrderId
from kernel.money import Money
from orders import policy, store
from orders.commands.numbering import advance, lock_one, tell
from orders.commands.payments import request
from orders.messages import OrderCompleted, OrderHeldForReview, OrderPlaced, OrderReceived
from orders.model import EntryKind, Move, NewOrder, Order, OrderStatus, PaymentMethod, Problem

COMPLETION = "order.completion"


async def receive(tx: Tx, new: NewOrder, *, act: Act) -> Order:
    """Write an order as received, and ask for its money where a provider holds it; returns it locked."""
    number = await store.insert_order(tx, new, epoch=outbox.new_epoch(), now=act.now)
    order = await lock_one(tx, new.id)
    await tell(
        tx,
        new.id,
        OrderReceived(
            order_id=new.id,
            city_id=new.city_id,
            store_id=new.store_id,
            customer_id=new.customer_id,
            short_number=number,
            total_minor=new.total_minor,
            currency=new.currency,
        ),
        act=act,
    )
    total = Money(new.total_minor, new.currency)
    if new.payment_method is PaymentMethod.CARD and new.payment_token is not None:
        await request(tx, order, EntryKind.AUTHORISE, total, reason="received", act=act, token=new.payment_token)
    elif new.payment_method is PaymentMethod.PREPAID:
        await request(tx, order, EntryKind.CAPTURE, total, reason="received", act=act)
    return order


async def hold(tx: Tx, order: Order, *, problems: list[Problem], act: Act) -> Order:
    """Put an incomplete order before the desk, with everything that is wrong with it."""
    held = await advance(tx, order, Move.HOLD, act=act)
    await store.set_problems(tx, order.id, problems)
    await tell(tx, order.id, OrderHeldForReview(order_id=order.id, problems=problems), act=act)
    return held


async def place(tx: Tx, order: Order, *, accept_by: datetime, act: Act) -> Order:
    """Ask the store; the caller opens ticket and delivery in the same transaction."""
    placed = await advance(tx, order, Move.PLACE, act=act, placed_at=act.occurred_at)
    await tell(
        tx,
        order.id,
        OrderPlaced(
            order_id=order.id,
            store_id=order.store_id,
            city_id=order.city_id,
            short_number=order.short_number,
            accept_by=accept_by,
        ),
        act=act,
    )
    return placed


async def watch_for_complaints(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Set the day after which a delivered order is completed."""
    await timers.schedule(tx, COMPLETION, order_id, due_at=act.now + policy.COMPLAINT_WINDOW)


async def complete(tx: Tx, order_id: OrderId, *, act: Act) -> str | None:
    """Close a delivered order nobody complained about; returns why it was moot, or None."""
    order = await lock_one(tx, order_id)
    if order.status is not OrderStatus.DELIVERED:
        return f"the order is {order.status}"
    await advance(tx, order, Move.COMPLETE, act=act)
    await tell(tx, order.id, OrderCompleted(order_id=order.id), act=act)
    return None

"""What the kitchen's answers mean for the order. Called by `merchant` in its own transaction."""

from datetime import datetime

import msgspec

from infra.db import Tx
from kernel.events import Act
from kernel.ids import ItemId
from orders import store
from orders.commands import asking, payments
from orders.commands.numbering import advance, tell
from orders.errors import OrderMoved
from orders.messages import OrderAccepted, OrderExpired, OrderReady, OrderRejected, PreparationStarted, ReadyByChanged
from orders.model import Move, Order, OrderStatus


async def accept(tx: Tx, order: Order, *, prep_minutes: int, ready_by: datetime, act: Act) -> Order:
    """Record that the store will cook it by `ready_by`; money on hold is taken."""
    accepted = await advance(tx, order, Move.ACCEPT, act=act, ready_by=ready_by)
    await store.set_ready_by(tx, order.id, ready_by=ready_by, prep_minutes=prep_minutes)
    await payments.capture_held(tx, order, act=act)
    await tell(
        tx,
        order.id,
        OrderAccepted(order_id=order.id, store_id=order.store_id, prep_minutes=prep_minutes, ready_by=ready_by),
        act=act,
    )
    return accepted


async def reject(tx: Tx, order: Order, *, reason: str, item_ids: list[ItemId], act: Act) -> Order:
    """Say no before anything was cooked; all money goes back."""
    rejected = await advance(tx, order, Move.REJECT, act=act, reason=reason)
    given_back = await payments.give_back(tx, order, reason=f"rejected: {reason}", act=act)
    await tell(
        tx,
        order.id,
        OrderRejected(
            order_id=order.id,
            store_id=order.store_id,
            reason=reason,
            item_ids=item_ids,
            refund_minor=given_back.amount_minor,
        ),
        act=act,
    )
    return rejected


async def expire(tx: Tx, order: Order, *, accept_by: datetime, reason: str = "not_accepted_in_time", act: Act) -> Order:
    """Nobody accepted (or, of what was typed in, read it again) by then: it is over, and all money goes back."""
    expired = await advance(tx, order, Move.EXPIRE, act=act, reason=reason)
    given_back = await payments.give_back(tx, order, reason="expired", act=act)
    await tell(
        tx,
        order.id,
        OrderExpired(
            order_id=order.id,
            store_id=order.store_id,
            accept_by=accept_by,
            refund_minor=given_back.amount_minor,
            reason=reason,
        ),
        act=act,
    )
    return expired


async def start_preparing(tx: Tx, order: Order, *, act: Act) -> Order:
    """Record that the kitchen began. An open question to cancel is thereby answered with no."""
    started = await advance(tx, order, Move.START_PREPARING, act=act, preparing_at=act.occurred_at)
    await tell(tx, order.id, PreparationStarted(order_id=order.id, store_id=order.store_id), act=act)
    await asking.refuse_if_asked(tx, started, act=act)
    return started


async def change_ready_by(
    tx: Tx, order: Order, *, ready_by: datetime, extended_minutes: int, reason: str, act: Act
) -> Order:
    """Record that the kitchen needs longer; everybody who counts on it is told."""
    if order.status not in {OrderStatus.ACCEPTED, OrderStatus.PREPARING}:
        raise OrderMoved(order.id, status=order.status, move="extend")
    await store.set_ready_by(tx, order.id, ready_by=ready_by, prep_minutes=None)
    fact = ReadyByChanged(
        order_id=order.id,
        store_id=order.store_id,
        rider_id=order.rider_id,
        ready_by=ready_by,
        extended_minutes=extended_minutes,
        reason=reason,
    )
    await tell(tx, order.id, fact, act=act)
    return msgspec.structs.replace(order, ready_by=ready_by)


async def mark_ready(tx: Tx, order: Order, *, act: Act) -> Order:
    """Record that the food waits for its rider."""
    ready = await advance(tx, order, Move.MARK_READY, act=act, ready_at=act.occurred_at)
    await tell(tx, order.id, OrderReady(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id), act=act)
    await asking.refuse_if_asked(tx, ready, act=act)
    return ready

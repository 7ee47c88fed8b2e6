"""Ask first, then act: a quote, its execution, the store's two minutes."""

from datetime import timedelta

from infra import ids, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import OrderId
from orders import policy, store
from orders.commands import payments
from orders.commands.asking import ANSWER_DUE, drop_if_asked
from orders.commands.kitchen import start_preparing
from orders.commands.numbering import advance, lock_one, tell
from orders.errors import CancellationAlreadyAsked, CancellationNotOpen, QuoteChanged
from orders.messages import CancellationAsked, OrderCancelled
from orders.model import Cancellation, CancellationStatus, Move, Order, OrderStatus


async def request_cancellation(tx: Tx, order: Order, *, version: str, reason: str, act: Act) -> Cancellation:
    """Execute the quote of this version: cancel at once, or ask the store.

    The same caller's repeat returns the request as it stands, whatever became of it; somebody else's question, or the
    same one for another reason, is refused while the store has not answered.
    """
    earlier = await store.find_cancellation(tx, order.id, quote_version=version, by=act.actor)
    if earlier is not None and earlier.reason == reason:
        return earlier
    entries = await store.list_entries(tx, order.id)
    quote = policy.quote_cancellation(order, entries, by=act.actor.role, now=act.now)
    policy.check_executable(order, quote)
    if quote.version != version:
        raise QuoteChanged(order.id, quote=quote)
    asked = await store.find_open_cancellation(tx, order.id)
    if asked is not None and quote.outcome is policy.Outcome.STORE_IS_ASKED:
        raise CancellationAlreadyAsked(order.id, answer_by=asked.answer_by)
    is_at_once = quote.outcome is policy.Outcome.AT_ONCE
    request = Cancellation(
        id=ids.new(str, "cnl"),
        order_id=order.id,
        status=CancellationStatus.EXECUTED if is_at_once else CancellationStatus.ASKED,
        answer_by=None if is_at_once else act.now + policy.ANSWER_WITHIN,
        fee_minor=quote.fee_minor,
        refund_minor=quote.refund_minor,
        reason=reason,
    )
    if is_at_once:
        await cancel(tx, order, reason=reason, fee_minor=quote.fee_minor, act=act)
    await store.insert_cancellation(tx, request, quote_version=version, act=act)
    if request.answer_by is not None:
        await _ask_store(tx, order, request, answer_within=policy.ANSWER_WITHIN, act=act)
    return request


async def cancel(tx: Tx, order: Order, *, reason: str, fee_minor: int, act: Act) -> Order:
    """End the order; what is held or captured goes back in the same transaction. It never comes back."""
    cancelled = await advance(tx, order, Move.CANCEL, act=act, reason=reason)
    given_back = await payments.give_back(tx, order, reason=f"cancelled: {reason}", act=act)
    await drop_if_asked(tx, order, CancellationStatus.MOOT, act=act)
    fact = OrderCancelled(
        order_id=order.id,
        store_id=order.store_id,
        rider_id=order.rider_id,
        reason=reason,
        by_role=act.actor.role,
        fee_minor=fee_minor,
        refund_minor=given_back.amount_minor,
    )
    await tell(tx, order.id, fact, act=act)
    return cancelled


async def answer_cancellation(tx: Tx, order: Order, *, agreed: bool, act: Act) -> Order:
    """Take the store's word on an open question. A no records that the kitchen began; a yes cancels."""
    asked = await store.find_open_cancellation(tx, order.id)
    if asked is None:
        raise CancellationNotOpen(order.id, status=order.status)
    policy.check_answer(asked, now=act.now)
    if not agreed:
        return await start_preparing(tx, order, act=act)
    await drop_if_asked(tx, order, CancellationStatus.AGREED, act=act)
    return await cancel(tx, order, reason=asked.reason, fee_minor=asked.fee_minor, act=act)


async def lapse_cancellation(tx: Tx, order_id: OrderId, *, act: Act) -> str | None:
    """Silence at the deadline means yes, as no prep was recorded; returns why it was moot, or None."""
    order = await lock_one(tx, order_id)
    asked = await store.find_open_cancellation(tx, order_id)
    if asked is None:
        return f"nothing is asked of an order that is {order.status}"
    if order.status is not OrderStatus.ACCEPTED:
        await drop_if_asked(tx, order, CancellationStatus.MOOT, act=act)
        return f"the order is {order.status}"
    await store.settle_cancellation(tx, asked.id, CancellationStatus.LAPSED, by=act.actor, now=act.now)
    await cancel(tx, order, reason=asked.reason, fee_minor=asked.fee_minor, act=act)
    return None


async def _ask_store(tx: Tx, order: Order, request: Cancellation, *, answer_within: timedelta, act: Act) -> None:
    answer_by = act.now + answer_within
    await timers.schedule(tx, ANSWER_DUE, order.id, due_at=answer_by)
    fact = CancellationAsked(
        order_id=order.id,
        store_id=order.store_id,
        rider_id=order.rider_id,
        cancellation_id=request.id,
        reason=request.reason,
        answer_by=answer_by,
    )
    await tell(tx, order.id, fact, act=act)

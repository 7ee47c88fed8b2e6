"""What an operator typed in is read again: confirmed, refused, or nobody came."""

from infra.db import Tx
from intake import policy, store
from intake.commands import entries
from intake.commands.placing import Around, place_order
from intake.model import EntryStatus
from kernel.events import Act
from kernel.ids import OrderId
from orders import commands as orders
from orders import queries as order_queries
from orders.model import OrderStatus


async def confirm_order(tx: Tx, order_id: OrderId, *, is_right: bool, reason: str, around: Around, act: Act) -> None:
    """Place an order that was typed in, or reject it with the reason. Repeating one's own answer changes nothing.

    A card whose money is not secured yet is placed when the provider answers.
    """
    order = await orders.lock_one(tx, order_id)
    entry = await store.find_entry(tx, order_id)
    status = EntryStatus.CONFIRMED if is_right else EntryStatus.REFUSED
    if entry is not None and (entry.status, entry.answered_by_id) == (status, act.actor.id):
        return
    policy.check_confirmation(entry, order_id, status=order.status, by_id=act.actor.id)
    await entries.answer(tx, order_id, status, reason=reason, act=act)
    if not is_right:
        await orders.reject(tx, order, reason=reason, item_ids=[], act=act)
    elif await order_queries.is_money_secured(tx, order_id, order.payment_method):
        await place_order(tx, order, around=around, act=act)


async def expire_unconfirmed(tx: Tx, order_id: OrderId, *, act: Act) -> str | None:
    """End an order that nobody read again in time; returns why it was moot, or None."""
    order = await orders.lock_one(tx, order_id)
    entry = await store.find_entry(tx, order_id)
    if entry is None or entry.status is not EntryStatus.AWAITED:
        return "the entry was answered"
    if order.status is OrderStatus.HELD_FOR_REVIEW:
        return "the order is held for review, which has its own clock"
    if order.status is not OrderStatus.RECEIVED:
        await entries.answer(tx, order_id, EntryStatus.MOOT, reason=order.status, act=act)
        return f"the order is {order.status}"
    await entries.answer(tx, order_id, EntryStatus.EXPIRED, reason="not_confirmed_in_time", act=act)
    await orders.expire(tx, order, accept_by=entry.expires_at, reason="not_confirmed_in_time", act=act)
    return None

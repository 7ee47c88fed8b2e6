"""Taking care of an order."""

from infra.db import Tx
from kernel.events import Act
from kernel.ids import OrderId
from orders import commands as orders
from orders.model import OrderStatus
from support import store
from support.errors import OrderOver, OrderTaken
from support.messages import OwnerChanged
from support.model.views import Owner

_OPEN = frozenset({
    OrderStatus.RECEIVED, OrderStatus.HELD_FOR_REVIEW, OrderStatus.PLACED, OrderStatus.ACCEPTED, OrderStatus.PREPARING,
    OrderStatus.READY, OrderStatus.PICKED_UP,
})  # fmt: skip


async def take_order(tx: Tx, order_id: OrderId, *, instead_of: str | None, note: str, act: Act) -> Owner:
    """Make the operator who asks the order's owner, in place of whom they saw. Repeating it changes nothing."""
    order = await orders.lock_one(tx, order_id)
    present = await store.find_owner(tx, order_id)
    me = act.actor.id
    if present is not None and present.operator_id == me:
        return present
    if (present.operator_id if present else None) != instead_of:
        raise _taken(order_id, present)
    if order.status not in _OPEN:
        raise OrderOver(order_id, status=order.status)
    owner = Owner(operator_id=me, since_at=act.now, note=note)
    await store.set_owner(tx, order_id, owner)
    fact = OwnerChanged(order_id=order_id, operator_id=me, was_operator_id=instead_of)
    await orders.tell(tx, order_id, fact, act=act)
    return owner


async def leave_order(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Give an order back to nobody; only its owner can. Repeating it changes nothing."""
    await orders.lock_one(tx, order_id)
    present = await store.find_owner(tx, order_id)
    if present is None:
        return
    if present.operator_id != act.actor.id:
        raise _taken(order_id, present)
    await store.drop_owner(tx, order_id)
    fact = OwnerChanged(order_id=order_id, operator_id=None, was_operator_id=present.operator_id)
    await orders.tell(tx, order_id, fact, act=act)


def _taken(order_id: OrderId, present: Owner | None) -> OrderTaken:
    return OrderTaken(
        order_id,
        operator_id=present.operator_id if present else None,
        since_at=present.since_at if present else None,
    )

"""The order lock: the guard of every move, and the one hand that gives out numbers."""

from collections.abc import Iterable
from typing import Any

import msgspec

from infra import outbox
from infra.db import Tx
from kernel.events import Act, Event
from kernel.ids import OrderId
from orders import state, store
from orders.errors import OrderMoved, OrderNotFound
from orders.model import Move, Order


async def lock(tx: Tx, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
    """Lock these orders, in id order, before anything of theirs is touched; refuses unknown ones."""
    wanted = set(order_ids)
    found = await store.lock_orders(tx, wanted)
    if len(found) != len(wanted):
        raise OrderNotFound
    return found


async def lock_one(tx: Tx, order_id: OrderId) -> Order:
    """Lock one order."""
    return (await lock(tx, [order_id]))[order_id]


async def tell(tx: Tx, order_id: OrderId, *events: Event, act: Act) -> None:
    """Write facts about a locked order, numbered without a gap in commit order."""
    head = await store.advance_order(tx, order_id, len(events))
    await outbox.append(tx, order_id, events, after_seq=head - len(events), act=act)


async def advance(tx: Tx, order: Order, move: Move, *, act: Act, reason: str | None = None, **changes: Any) -> Order:
    """Move a locked order along its table and return it; refuses with the state it is in."""
    if (order.status, move) not in state.TRANSITIONS:
        raise OrderMoved(order.id, status=order.status, move=move)
    to = state.after(order.status, move)
    if not await store.move_order(tx, order, to, at=act.occurred_at, reason=reason):
        raise OrderMoved(order.id, status=order.status, move=move)
    return msgspec.structs.replace(order, status=to, **changes)

from datetime import datetime

import msgspec

from infra.db import Tx
from kernel.ids import OrderId
from orders import queries as orders
from orders.model import OrderStatus
from tracking import queries as tracking


class OrderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever ordered is told at once. `dropoff_code` is what the customer tells the rider at the door."""

    order_id: OrderId
    short_number: int
    status: OrderStatus
    total_minor: int
    currency: str
    dropoff_code: str
    promised_from: datetime | None
    promised_by: datetime | None


async def answer(tx: Tx, order_id: OrderId) -> OrderAnswer:
    """Return the order as its placer is told; what is promised is None until it is placed."""
    order = await orders.get_whole_order(tx, order_id)
    promise = await tracking.find_promise(tx, order_id)
    return OrderAnswer(
        order_id=order.id,
        short_number=order.short_number,
        status=order.status,
        total_minor=order.total_minor,
        currency=order.currency,
        dropoff_code=order.dropoff_code or "",
        promised_from=promise.promised_from if promise else None,
        promised_by=promise.promised_by if promise else None,
    )

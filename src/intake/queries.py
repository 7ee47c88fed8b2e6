from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from infra.db import Tx
from infra.sql import load
from intake.policy import BLOCKING, ReviewRules
from kernel.ids import CityId, OrderId, StoreId
from orders import queries as orders
from orders.model import OrderLine, OrderStatus, PaymentMethod, Problem
from places import queries as places
from tracking import queries as tracking

_sql: Final = load("intake")
REVIEW_RULE: Final = "review"


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


class HeldOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order no store was asked about yet, as a person must look at it: whom to ring, what is wrong, until when.

    From `due_by` on it counts as stuck. One that waits for its second reading ends at `expires_at`;
    `is_another_needed`: not by whoever typed it in. Where it cannot be placed, it can only be rejected.
    """

    order_id: OrderId
    short_number: int
    waits_for: Literal["review", "confirmation"]
    since_at: datetime
    due_by: datetime
    expires_at: datetime | None
    typed_by_id: str | None
    is_another_needed: bool
    city_id: CityId
    store_id: StoreId
    store_name: str
    store_phone: str
    customer_name: str
    customer_phone: str
    dropoff_address: str
    dropoff_note: str
    total_minor: int
    currency: str
    payment_method: PaymentMethod
    change_for_minor: int | None
    lines: list[OrderLine]
    problems: list[Problem]
    can_be_placed: bool
    received_at: datetime


class HeldPage(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a person before any store is asked, oldest first, and the cursor of the next page."""

    orders: list[HeldOrder]
    next_cursor: str | None


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


async def answer_to_desk(tx: Tx, order_id: OrderId) -> OrderAnswer:
    """Return the same for whoever reads an order again: the code is between its customer and the rider."""
    return msgspec.structs.replace(await answer(tx, order_id), dropoff_code="")


async def list_held(tx: Tx, city_id: CityId, *, after: str | None, limit: int, now: datetime) -> HeldPage:
    """Return a city's orders that wait for a person, oldest first; raises `CityNotFound`."""
    await places.get_city(tx, city_id)
    within = await review_within(tx, city_id, at=now)
    rows = await tx.fetch(_sql.list_held, city_id, within, after or "", limit + 1)
    page = [_held(row) for row in rows[:limit]]
    return HeldPage(orders=page, next_cursor=page[-1].order_id if len(rows) > limit else None)


async def review_within(tx: Tx, city_id: CityId, *, at: datetime) -> timedelta:
    """Return how long an order of this city may be held before it counts as stuck."""
    rule = await places.rule(tx, REVIEW_RULE, ReviewRules(), city_id=city_id, at=at)
    return timedelta(seconds=rule.value.review_within_s)


def _held(row: Any) -> HeldOrder:
    fields = dict(row)
    fields["lines"] = msgspec.json.decode(fields["lines"])
    fields["problems"] = msgspec.json.decode(fields["problems"])
    fields["can_be_placed"] = BLOCKING.isdisjoint(problem["code"] for problem in fields["problems"])
    return msgspec.convert(fields, HeldOrder)

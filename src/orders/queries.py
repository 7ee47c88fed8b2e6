from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from accounts.model import Caller
from infra.db import Tx
from infra.live.source import Head, moved_heads
from infra.sql import load
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import CityId, CustomerId, OrderId, RiderId, StoreId
from orders import policy, store
from orders.errors import OrderNotFound
from orders.model import EntryKind, EntryStatus, OrderLine, OrderStatus, PaymentMethod, Problem
from orders.policy import Quote

_sql: Final = load("orders")


class OrderView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order as one role may see it; what a role may not see is left out."""

    id: OrderId
    short_number: int
    status: OrderStatus
    seq: int
    epoch: str
    city_id: CityId
    store_id: StoreId
    lines: list[OrderLine]
    currency: str
    items_minor: int
    delivery_fee_minor: int
    tip_minor: int
    total_minor: int
    payment_method: PaymentMethod
    received_at: datetime
    customer_id: CustomerId | None = None
    platform_id: str | None = None
    external_id: str | None = None
    rider_id: RiderId | None = None
    customer_name: str | None = None
    customer_phone: str | None = None
    dropoff: Point | None = None
    dropoff_address: str | None = None
    dropoff_note: str | None = None
    dropoff_code: str | None = None
    change_for_minor: int | None = None
    problems: list[Problem] = []
    prep_minutes: int | None = None
    ready_by: datetime | None = None
    placed_at: datetime | None = None
    accepted_at: datetime | None = None
    preparing_at: datetime | None = None
    ready_at: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Orders, newest first, and the cursor of the next page."""

    orders: list[OrderView]
    next_cursor: str | None


class OrderEventView(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of an order's history, whole: for the desk."""

    seq: int
    id: str
    type: str
    actor_role: str
    actor_id: str
    cause: str
    occurred_at: datetime
    recorded_at: datetime
    payload: dict[str, Any]


# What each role sees besides the public part. The customer's own code is the proof of drop-off: never the rider's.
_CONTACT: Final = frozenset({"customer_name", "dropoff", "dropoff_address", "dropoff_note", "change_for_minor"})
_OWNER: Final = _CONTACT | {"customer_id", "customer_phone", "dropoff_code", "platform_id", "external_id"}
_HIDDEN: Final = {
    Role.CUSTOMER: frozenset({"problems", "rider_id"}),
    Role.PLATFORM: frozenset({"problems", "rider_id"}),
    Role.OPERATOR: frozenset({"dropoff_code"}),
    Role.FOLLOWER: (_OWNER - {"dropoff"}) | {"problems", "rider_id"},
    Role.MERCHANT: _OWNER | {"problems"},
    Role.RIDER: (_OWNER - _CONTACT) | {"problems"},
    Role.SYSTEM: frozenset(),
}


async def get_order(tx: Tx, order_id: OrderId, *, caller: Caller) -> OrderView:
    """Return an order as the caller may see it; raises `OrderNotFound` where it is not theirs."""
    row = await tx.fetchrow(_sql.read_order, order_id)
    if row is None or not may_see(caller, row):
        raise OrderNotFound
    return _view(row, caller.role)


async def get_whole_order(tx: Tx, order_id: OrderId) -> OrderView:
    """Return everything about an order, for the packages above; never for an answer."""
    row = await tx.fetchrow(_sql.read_order, order_id)
    if row is None:
        raise OrderNotFound
    return _view(row, Role.SYSTEM)


async def find_by_external(tx: Tx, *, platform_id: str, external_id: str) -> OrderId | None:
    """Return our id of a platform's order, or None."""
    return await store.find_by_external(tx, platform_id, external_id)


async def is_money_secured(tx: Tx, order_id: OrderId, method: PaymentMethod) -> bool:
    """Tell whether the store may be asked: a card's hold is settled; cash and platforms pay as they do."""
    if method is not PaymentMethod.CARD:
        return True
    entries = await store.list_entries(tx, order_id)
    return any(entry.kind is EntryKind.AUTHORISE and entry.status is EntryStatus.SETTLED for entry in entries)


async def list_orders(
    tx: Tx, *, caller: Caller, status: OrderStatus | None, before: str | None, limit: int
) -> OrderPage:
    """Return the caller's orders, newest first."""
    rows = await tx.fetch(
        _sql.list_orders,
        caller.id if caller.role is Role.CUSTOMER else None,
        caller.id if caller.role is Role.PLATFORM else None,
        caller.id if caller.role is Role.RIDER else None,
        sorted(caller.store_ids) if caller.role is Role.MERCHANT else None,
        status,
        before,
        limit + 1,
    )
    page = [_view(row, caller.role) for row in rows[:limit]]
    return OrderPage(orders=page, next_cursor=page[-1].id if len(rows) > limit else None)


async def list_events(tx: Tx, order_id: OrderId, *, after: int, limit: int) -> list[OrderEventView]:
    """Return an order's history from the number after `after` on."""
    rows = await tx.fetch(_sql.list_order_events, order_id, after, limit)
    return [
        msgspec.convert(dict(row) | {"payload": msgspec.json.decode(row["payload"])}, OrderEventView) for row in rows
    ]


async def quote_cancellation(tx: Tx, order_id: OrderId, *, caller: Caller, now: datetime) -> Quote:
    """Return what cancelling would mean now; raises `OrderNotFound` where it is not theirs."""
    await get_order(tx, order_id, caller=caller)
    order = await store.find_order(tx, order_id)
    if order is None:
        raise OrderNotFound
    entries = await store.list_entries(tx, order_id)
    return policy.quote_cancellation(order, entries, by=caller.role, now=now)


async def moved_feeds(tx: Tx, known: Mapping[str, Head]) -> Mapping[str, Head]:
    """Return how far those orders have come that stand elsewhere than known: they number their feeds themselves."""
    return await moved_heads(tx, _sql.moved_orders, known)


def may_see(caller: Caller, row: Any) -> bool:
    """Tell whether an order is the caller's: placed, cooked, carried, brought by or shown to them; to operators any."""
    owners = {
        Role.CUSTOMER: row["customer_id"] == caller.id,
        Role.MERCHANT: row["store_id"] in caller.store_ids,
        Role.RIDER: row["rider_id"] == caller.id,
        Role.PLATFORM: row["platform_id"] == caller.id,
        Role.OPERATOR: True,
        Role.FOLLOWER: caller.follows(row["id"]),
    }
    return bool(owners.get(caller.role, False))


def _view(row: Any, role: Role) -> OrderView:
    fields = dict(row)
    fields["dropoff"] = Point(lat=fields.pop("dropoff_lat"), lon=fields.pop("dropoff_lon"))
    hidden = _HIDDEN[role]
    if role is Role.RIDER and (fields["delivered_at"] or fields["ended_at"]):
        hidden |= _CONTACT  # what was needed at the door is nobody's business after it
    fields["lines"] = msgspec.json.decode(fields["lines"])
    fields["problems"] = msgspec.json.decode(fields["problems"])
    return msgspec.convert({name: value for name, value in fields.items() if name not in hidden}, OrderView)

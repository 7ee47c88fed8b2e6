from collections.abc import Iterable
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from infra import ids
from infra.db import Tx
from infra.sql import load
from kernel.actors import Actor
from kernel.events import Act
from kernel.ids import LedgerEntryId, OrderId, RiderId
from kernel.money import Money
from orders.model import (
    Cancellation,
    CancellationStatus,
    EntryStatus,
    NewOrder,
    Order,
    OrderStatus,
    PaymentEntry,
    Problem,
)
from orders.state import TERMINAL

_sql: Final = load("orders")
_json: Final = msgspec.json.Encoder()
ENDED: Final = TERMINAL | {OrderStatus.DELIVERED}  # nothing more is expected of anybody


async def insert_order(tx: Tx, new: NewOrder, *, epoch: str, now: datetime) -> int:
    """Write a received order and return its short number (1 to 9999, round and round)."""
    number: int = await tx.fetchval(
        _sql.insert_order, new.id, epoch, new.city_id, new.store_id, new.customer_id, new.platform_id, new.external_id,
        new.customer_name, new.customer_phone, new.dropoff_address, new.dropoff_note, new.dropoff.lat, new.dropoff.lon,
        new.dropoff_code, _json.encode(new.lines).decode(), new.currency, new.items_minor, new.delivery_fee_minor,
        new.tip_minor, new.total_minor, new.payment_method, new.change_for_minor, now,
    )  # fmt: skip
    return number


async def lock_orders(tx: Tx, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
    """Lock the rows, in id order; what does not exist is missing from the answer."""
    rows = await tx.fetch(_sql.lock_orders, sorted(set(order_ids)))
    return {row["id"]: _order(row) for row in rows}


async def find_order(tx: Tx, order_id: OrderId) -> Order | None:
    """Return the head of an order without locking it: for reads."""
    row = await tx.fetchrow(_sql.find_order, order_id)
    return _order(row) if row else None


async def advance_order(tx: Tx, order_id: OrderId, by: int) -> int:
    """Hand out the next `by` numbers of the order and return the last of them."""
    head: int = await tx.fetchval(_sql.advance_order, order_id, by)
    return head


async def move_order(tx: Tx, order: Order, to: OrderStatus, *, at: datetime, reason: str | None = None) -> bool:
    """Compare and set the status; False when it is not what `order` says any more."""
    moved = await tx.fetchval(_sql.move_order, order.id, order.status, to, at, to in ENDED, reason)
    return moved is not None


async def set_ready_by(tx: Tx, order_id: OrderId, *, ready_by: datetime, prep_minutes: int | None) -> None:
    """Write when the food will be ready; None keeps the first word on minutes."""
    await tx.execute(_sql.set_ready_by, order_id, ready_by, prep_minutes)


async def set_rider(tx: Tx, order_id: OrderId, rider_id: RiderId | None) -> None:
    """Write who carries it."""
    await tx.execute(_sql.set_rider, order_id, rider_id)


async def set_problems(tx: Tx, order_id: OrderId, problems: list[Problem]) -> None:
    """Write why the order is held."""
    await tx.execute(_sql.set_problems, order_id, _json.encode(problems).decode())


async def find_by_external(tx: Tx, platform_id: str, external_id: str) -> OrderId | None:
    """Return our id of a platform's order."""
    found: OrderId | None = await tx.fetchval(_sql.find_by_external, platform_id, external_id)
    return found


async def insert_entry(tx: Tx, entry: PaymentEntry, *, now: datetime) -> None:
    """Write a line of the ledger."""
    await tx.execute(
        _sql.insert_entry, entry.id, entry.order_id, entry.kind, entry.amount.amount_minor, entry.amount.currency,
        entry.provider, entry.status, entry.reason, entry.token, now,
    )  # fmt: skip


async def list_entries(tx: Tx, order_id: OrderId) -> list[PaymentEntry]:
    """Return the order's ledger, oldest first."""
    return [_entry(row) for row in await tx.fetch(_sql.list_entries, order_id)]


async def find_entry(tx: Tx, entry_id: LedgerEntryId) -> PaymentEntry | None:
    """Return one line of the ledger."""
    row = await tx.fetchrow(_sql.find_entry, entry_id)
    return _entry(row) if row else None


async def settle_entry(
    tx: Tx, entry_id: LedgerEntryId, status: EntryStatus, *, provider_ref: str | None, now: datetime
) -> bool:
    """Write the provider's answer, once; the token is forgotten with it."""
    return await tx.fetchval(_sql.settle_entry, entry_id, status, provider_ref, now) is not None


async def insert_cancellation(tx: Tx, cancellation: Cancellation, *, quote_version: str, act: Act) -> None:
    """Write a request to cancel with the quote it answers to."""
    await tx.execute(
        _sql.insert_cancellation, cancellation.id, cancellation.order_id, cancellation.status, quote_version,
        cancellation.reason, act.actor.role, act.actor.id, act.now, cancellation.answer_by, cancellation.fee_minor,
        cancellation.refund_minor,
    )  # fmt: skip


async def find_open_cancellation(tx: Tx, order_id: OrderId) -> Cancellation | None:
    """Return the question that waits for the store."""
    return _cancellation(await tx.fetchrow(_sql.find_open_cancellation, order_id))


async def find_cancellation(tx: Tx, order_id: OrderId, *, quote_version: str, by: Actor) -> Cancellation | None:
    """Return this caller's request that answered to this quote, whatever became of it."""
    return _cancellation(await tx.fetchrow(_sql.find_cancellation, order_id, quote_version, by.role, by.id))


async def settle_cancellation(
    tx: Tx, cancellation_id: str, status: CancellationStatus, *, by: Actor, now: datetime
) -> None:
    """Write the answer, once."""
    await tx.execute(_sql.settle_cancellation, cancellation_id, status, by.role, by.id, now)


def new_entry_id() -> LedgerEntryId:
    """Return a fresh id, which is the provider's idempotency key as well."""
    return ids.new(LedgerEntryId, "led")


def _order(row: asyncpg.Record) -> Order:
    fields = dict(row)
    fields["total"] = Money(fields.pop("total_minor"), fields.pop("currency"))
    return msgspec.convert(fields, Order)


def _entry(row: asyncpg.Record) -> PaymentEntry:
    fields = dict(row)
    fields["amount"] = Money(fields.pop("amount_minor"), fields.pop("currency"))
    return msgspec.convert(fields, PaymentEntry)


def _cancellation(row: asyncpg.Record | None) -> Cancellation | None:
    return msgspec.convert(dict(row), Cancellation) if row else None

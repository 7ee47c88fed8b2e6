from datetime import datetime
from typing import Final

import msgspec

from infra.db import Tx
from infra.sql import load
from intake.model import EntryStatus, ManualEntry
from kernel.ids import OrderId

_sql: Final = load("intake")


async def insert_entry(tx: Tx, entry: ManualEntry, *, rule_version: int, now: datetime) -> None:
    """Write that an order was typed in and waits to be read again."""
    await tx.execute(
        _sql.insert_entry, entry.order_id, entry.typed_by_id, now, entry.is_another_needed, entry.confirm_by,
        entry.expires_at, rule_version,
    )  # fmt: skip


async def find_entry(tx: Tx, order_id: OrderId) -> ManualEntry | None:
    """Return how an order was typed in, or None where it was not."""
    row = await tx.fetchrow(_sql.find_entry, order_id)
    return msgspec.convert(dict(row), ManualEntry) if row else None


async def settle_entry(
    tx: Tx, order_id: OrderId, status: EntryStatus, *, by_id: str, reason: str, now: datetime
) -> bool:
    """Write the answer, once; False when it was answered before."""
    return await tx.fetchval(_sql.settle_entry, order_id, status, by_id, now, reason) is not None

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import ItemId, StoreId
from merchant.model.stores import MenuItem

_sql: Final = load("merchant")


async def list_menu(tx: Tx, store_id: StoreId) -> list[MenuItem]:
    """Return what is on the menu."""
    return [_item(row) for row in await tx.fetch(_sql.list_menu, store_id)]


async def find_items(tx: Tx, store_id: StoreId, item_ids: Iterable[ItemId]) -> list[MenuItem]:
    """Return those of the items that are on this store's menu."""
    return [_item(row) for row in await tx.fetch(_sql.find_items, store_id, sorted(set(item_ids)))]


async def lock_menu(tx: Tx, store_id: StoreId) -> tuple[list[MenuItem], frozenset[ItemId]]:
    """Lock every item the store ever sold; returns them, and which are on the menu."""
    rows = await tx.fetch(_sql.lock_menu, store_id)
    listed = frozenset(row["id"] for row in rows if row["is_listed"])
    return [_item(row) for row in rows], listed


async def lock_items(tx: Tx, store_id: StoreId, item_ids: Iterable[ItemId]) -> list[MenuItem]:
    """Lock those of the items that are on this store's menu, in id order."""
    return [_item(row) for row in await tx.fetch(_sql.lock_items, store_id, sorted(set(item_ids)))]


async def insert_items(tx: Tx, store_id: StoreId, items: Sequence[MenuItem]) -> None:
    """Write new items."""
    await tx.execute(
        _sql.insert_items, store_id, [item.id for item in items], [item.external_ref for item in items],
        [item.name for item in items], [item.price_minor for item in items], [item.is_available for item in items],
        [item.stock_count for item in items],
    )  # fmt: skip


async def update_items(tx: Tx, store_id: StoreId, items: Sequence[MenuItem]) -> None:
    """Write items anew, and put them back on the menu."""
    await tx.execute(
        _sql.update_items, store_id, [item.id for item in items], [item.name for item in items],
        [item.price_minor for item in items], [item.is_available for item in items],
        [item.stock_count for item in items],
    )  # fmt: skip


async def remove_items(tx: Tx, store_id: StoreId, item_ids: Sequence[ItemId], *, now: datetime) -> None:
    """Take items off the menu."""
    await tx.execute(_sql.remove_items, store_id, item_ids, now)


async def add_stock(tx: Tx, store_id: StoreId, quantities: Mapping[ItemId, int]) -> None:
    """Add to the counts of items that are counted; negative quantities take."""
    await tx.execute(_sql.add_stock, store_id, list(quantities), list(quantities.values()))


def _item(row: asyncpg.Record) -> MenuItem:
    return msgspec.convert({name: row[name] for name in MenuItem.__struct_fields__}, MenuItem)

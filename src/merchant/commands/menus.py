from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from accounts.model import Caller
from infra import ids, outbox
from infra.db import Tx
from kernel.events import Act
from kernel.ids import ItemId, StoreId
from merchant import store as db
from merchant.commands.setup import lock_store
from merchant.errors import ItemNotFound, StoreNotFound
from merchant.messages import ItemsChanged, store_stream
from merchant.model.stores import MenuItem
from merchant.policy import menus as policy
from merchant.policy.menus import WantedItem
from merchant.policy.stores import may_change_store


class ItemChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about an item; UNSET stays, a count of None is not counted any more."""

    is_available: bool | msgspec.UnsetType = msgspec.UNSET
    stock_count: int | msgspec.UnsetType | None = msgspec.UNSET


async def import_menu(
    tx: Tx, store_id: StoreId, wanted: Sequence[WantedItem], *, by: Caller, now: datetime
) -> list[MenuItem]:
    """Make this the whole menu of a store, and return it. A second import of the same changes nothing.

    An item keeps its id for as long as its `external_ref` stays, also while it is off the menu.
    """
    return await _write_menu(tx, store_id, wanted, is_whole=True, by=by, now=now)


async def write_items(
    tx: Tx, store_id: StoreId, wanted: Sequence[WantedItem], *, by: Caller, now: datetime
) -> list[MenuItem]:
    """Add these items to a store's menu, or change them, and return the menu. What is not named stays as it is."""
    return await _write_menu(tx, store_id, wanted, is_whole=False, by=by, now=now)


async def change_item(
    tx: Tx, store_id: StoreId, item_id: ItemId, change: ItemChange, *, by: Caller, now: datetime
) -> MenuItem:
    """Say whether an item can be had, and how many are left. Repeating changes nothing."""
    if not may_change_store(by, store_id):
        raise StoreNotFound
    found = await db.menus.lock_items(tx, store_id, [item_id])
    if not found:
        raise ItemNotFound
    before = found[0]
    after = msgspec.structs.replace(
        before,
        is_available=before.is_available if change.is_available is msgspec.UNSET else change.is_available,
        stock_count=before.stock_count if change.stock_count is msgspec.UNSET else change.stock_count,
    )
    if after != before:
        await db.menus.update_items(tx, store_id, [after])
        await _tell(tx, store_id, [item_id], act=by.act(now))
    return after


async def take_off_the_menu(tx: Tx, store_id: StoreId, item_ids: Iterable[ItemId], *, act: Act) -> None:
    """Say that these items are out, as the kitchen just found."""
    gone = [
        msgspec.structs.replace(item, is_available=False, stock_count=None if item.stock_count is None else 0)
        for item in await db.menus.lock_items(tx, store_id, item_ids)
    ]
    if gone:
        await db.menus.update_items(tx, store_id, gone)
        await _tell(tx, store_id, [item.id for item in gone], act=act)


async def _write_menu(
    tx: Tx, store_id: StoreId, wanted: Sequence[WantedItem], *, is_whole: bool, by: Caller, now: datetime
) -> list[MenuItem]:
    await lock_store(tx, store_id, by=by)
    known, listed = await db.menus.lock_menu(tx, store_id)
    plan = policy.plan_menu(known, listed, wanted, is_whole=is_whole)
    in_order = sorted(ids.new(ItemId, "itm") for _ in plan.added)  # a menu is listed as it was written
    added = [_new_item(item_id, item) for item_id, item in zip(in_order, plan.added, strict=True)]
    if added:
        await db.menus.insert_items(tx, store_id, added)
    if plan.changed:
        await db.menus.update_items(tx, store_id, plan.changed)
    if plan.removed:
        await db.menus.remove_items(tx, store_id, plan.removed, now=now)
    touched = [*plan.removed, *(item.id for item in (*added, *plan.changed))]
    await _tell(tx, store_id, touched, act=by.act(now))
    return await db.menus.list_menu(tx, store_id)


async def _tell(tx: Tx, store_id: StoreId, item_ids: Sequence[ItemId], *, act: Act) -> None:
    if item_ids:
        fact = ItemsChanged(store_id=store_id, item_ids=sorted(item_ids))
        await outbox.publish(tx, store_stream(store_id), fact, act=act)


def _new_item(item_id: ItemId, wanted: WantedItem) -> MenuItem:
    return MenuItem(
        id=item_id,
        external_ref=wanted.external_ref,
        name=wanted.name,
        price_minor=wanted.price_minor,
        is_available=True if wanted.is_available is msgspec.UNSET else wanted.is_available,
        stock_count=None if wanted.stock_count is msgspec.UNSET else wanted.stock_count,
    )

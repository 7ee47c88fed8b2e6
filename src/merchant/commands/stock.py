from collections.abc import Iterable

from infra.db import Tx
from kernel.ids import StoreId
from merchant import store as db
from merchant.policy import menus as policy
from orders.model import OrderLine


async def take_stock(tx: Tx, store_id: StoreId, lines: Iterable[OrderLine]) -> None:
    """Take what is ordered from the counts; refuses, taking nothing, where less is left: `ItemsOutOfStock`."""
    wanted = policy.quantities(lines)
    found = await db.menus.lock_items(tx, store_id, wanted)
    policy.check_stock({item.id: item.stock_count for item in found}, wanted)
    if any(item.stock_count is not None for item in found):
        await db.menus.add_stock(tx, store_id, {item_id: -quantity for item_id, quantity in wanted.items()})


async def put_back(tx: Tx, store_id: StoreId, lines: Iterable[OrderLine]) -> None:
    """Put back what was taken for an order that will not be cooked."""
    wanted = policy.quantities(lines)
    found = await db.menus.lock_items(tx, store_id, wanted)
    if any(item.stock_count is not None for item in found):
        await db.menus.add_stock(tx, store_id, wanted)

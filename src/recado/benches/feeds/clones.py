"""Thousands of orders on their way: one that was carried there through the API, and copies of its rows."""

from typing import Final

import asyncpg
import msgspec

from infra import ids
from infra.sql import load
from kernel.actors import Role
from kernel.ids import CustomerId, OrderId, RiderId
from recado.benches.frame.installation import Installation
from recado.benches.frame.town import hire, open_kitchen, open_town
from recado.benches.orders import Lane

_sql: Final = load("recado")
_FIRST_PHONE: Final = 910_000_000  # those below are taken


class Order(msgspec.Struct, kw_only=True):
    """An order on its way, and the number its last fact has."""

    id: OrderId
    store_id: str
    customer_id: CustomerId
    rider_id: RiderId
    seq: int


async def clone_orders(house: Installation, database: asyncpg.Connection, count: int) -> list[Order]:
    """Bring one order on its way, and make `count` copies of it, each with a customer and a rider of its own."""
    original_id, rider_id, store_id = await _carry_one(house)
    seq = await database.fetchval(_sql.read_head_of_order, original_id)
    orders = [
        Order(
            id=ids.new(OrderId, "ord"),
            store_id=store_id,
            customer_id=ids.new(CustomerId, "cus"),
            rider_id=ids.new(RiderId, "rdr"),
            seq=seq,
        )
        for _ in range(count)
    ]
    order_ids, riders = [order.id for order in orders], [order.rider_id for order in orders]
    customers = [order.customer_id for order in orders]
    phones = [f"+5511{_FIRST_PHONE + number}" for number in range(count)]
    async with database.transaction():
        await database.execute(_sql.clone_riders, rider_id, riders, phones)
        await database.execute(_sql.clone_orders, original_id, order_ids, customers, riders)
        await database.execute(_sql.clone_events, original_id, order_ids, riders, rider_id)
        await database.execute(_sql.clone_promises, original_id, order_ids)
        await database.execute(_sql.clone_etas, original_id, order_ids)
    await database.execute("ANALYZE")
    return orders


async def _carry_one(house: Installation) -> tuple[str, str, str]:
    town = await open_town(house)
    kitchen = await open_kitchen(house, town, "Cantina")
    rider = await hire(house, town, 0)
    with_customer = house.client(Role.CUSTOMER, ids.new(str, "cus"))
    async with with_customer as customer, kitchen.tablet, rider[1]:
        lane = Lane(house.desk, customer, kitchen, rider)
        await lane.start_shift()
        order, _ = await lane.set_out()
        await house.settle()
    return order["order_id"], rider[0], kitchen.store_id

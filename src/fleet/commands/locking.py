"""The order in which rows are locked: orders in id order, then riders in id order, then our own."""

from collections.abc import Iterable

from fleet.errors import DeliveryNotFound, RiderNotFound, RoundMoving
from fleet.model.deliveries import Delivery
from fleet.model.shifts import Rider
from fleet.store import deliveries as store
from fleet.store import riders as riders_store
from infra.db import Tx
from kernel.ids import DeliveryId, OrderId, RiderId
from orders import commands as orders
from orders.model import Order


async def lock_delivery(tx: Tx, delivery_id: DeliveryId) -> tuple[Order, Delivery]:
    """Lock a delivery behind its order."""
    order_id = await store.find_order_of_delivery(tx, delivery_id)
    if order_id is None:
        raise DeliveryNotFound
    order = await orders.lock_one(tx, order_id)
    return order, (await store.lock_deliveries(tx, [delivery_id]))[delivery_id]


async def lock_with_round(tx: Tx, delivery_ids: Iterable[DeliveryId]) -> dict[OrderId, Order]:
    """Lock the orders of these deliveries and of all that is offered in one route with them.

    Refuses as busy when an offer was made between looking and locking: the next try sees it.
    """
    wanted = list(delivery_ids)
    locked = await orders.lock(tx, await store.list_offered_together(tx, wanted))
    if not await store.list_offered_together(tx, wanted) <= locked.keys():
        raise RoundMoving
    return locked


async def lock_riders(tx: Tx, rider_ids: Iterable[RiderId]) -> dict[RiderId, Rider]:
    """Lock riders, in id order, after the orders."""
    locked: dict[RiderId, Rider] = {}
    for rider_id in sorted(set(rider_ids)):
        rider = await riders_store.lock_rider(tx, rider_id)
        if rider is None:
            raise RiderNotFound
        locked[rider_id] = rider
    return locked


async def lock_rider(tx: Tx, rider_id: RiderId) -> Rider:
    """Lock one rider, after the orders."""
    return (await lock_riders(tx, [rider_id]))[rider_id]

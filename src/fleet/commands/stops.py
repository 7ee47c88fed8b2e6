"""Keeps the orders a rider carries told whose drop-off is next: whose is not, sees only roughly where they are."""

from fleet.model.deliveries import Delivery
from fleet.policy import stops as policy
from fleet.store import deliveries as store
from infra.db import Tx
from kernel.events import Act
from kernel.ids import RiderId
from orders import commands as orders


async def begin_carrying(tx: Tx, delivery: Delivery) -> bool:
    """Return, and write, whether the drop-off of a locked delivery that is being picked up is its rider's next.

    Orders that may come before are not locked: what they do meanwhile reaches `settle_stops` once it is committed.
    """
    route = await store.list_stops_ahead(tx, delivery.rider_id) if delivery.rider_id else []
    is_next = policy.next_dropoff(route) == delivery.id
    await store.set_next_stop(tx, delivery.id, is_next=is_next)
    return is_next


async def settle_stops(tx: Tx, rider_id: RiderId, *, act: Act) -> None:
    """Tell each order the rider carries whether its drop-off is next, where that changed. A repeat tells nothing."""
    route = await store.list_stops_ahead(tx, rider_id)
    carried = {stop.order_id for stop in route if stop.status in policy.CARRIED}
    if not carried:
        return
    locked = await orders.lock(tx, carried)
    for stop in policy.to_be_told(await store.list_stops_ahead(tx, rider_id)):
        order = locked.get(stop.order_id)
        if order is None:
            continue  # Picked up since the first look: that fact leads here again.
        is_next = not stop.is_next_stop
        await store.set_next_stop(tx, stop.delivery_id, is_next=is_next)
        await orders.say_whether_next(tx, order, is_next=is_next, act=act)

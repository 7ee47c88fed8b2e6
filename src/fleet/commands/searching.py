"""Looking for a rider: from when on, until when, and who hears about it when nobody is found."""

from datetime import datetime

from fleet.commands import rounds
from fleet.commands.engagement import call_dispatch, disengage
from fleet.commands.locking import lock_delivery, lock_rider, lock_with_round
from fleet.messages import DeliveryCancelled, DeliveryOpened, NewDelivery, NobodyFound, UnassignedAlert
from fleet.model.deliveries import Delivery, DeliveryStatus, Move
from fleet.model.offers import WithdrawnBecause
from fleet.policy import searching as policy
from fleet.state.deliveries import TRANSITIONS, after
from fleet.store import deliveries as store
from fleet.store import offers as offers_store
from infra import ids, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import DeliveryId, OrderId
from orders import commands as orders

ALERT = "delivery.unassigned_alert"
NOBODY = "delivery.nobody_found"
_LOOKING = frozenset({DeliveryStatus.UNASSIGNED, DeliveryStatus.OFFERED})


async def open_delivery(tx: Tx, new: NewDelivery, *, act: Act) -> DeliveryId:
    """Write the delivery of an order that is being placed; its order is locked. The search begins later."""
    delivery_id: DeliveryId = ids.new(DeliveryId, "dlv")
    await store.insert_delivery(tx, delivery_id, new, now=act.now)
    fact = DeliveryOpened(
        order_id=new.order_id,
        delivery_id=delivery_id,
        city_id=new.city_id,
        zone_id=new.zone_id,
        store_id=new.store_id,
    )
    await orders.tell(tx, new.order_id, fact, act=act)
    return delivery_id


async def want_rider(tx: Tx, order_id: OrderId, *, ready_by: datetime, act: Act) -> None:
    """Look for a rider who is there when the food is ready: the store accepted, or named another time."""
    delivery = await _lock_of_order(tx, order_id)
    if delivery is None:
        return
    await store.want_delivery(tx, delivery.id, ready_by=ready_by, now=act.now)
    if delivery.status in _LOOKING:
        await stop(tx, delivery, because="the store named another time", act=act)
        await _watch(tx, delivery, ready_by=ready_by, act=act)
        await call_dispatch(tx, delivery.city_id, act=act)


async def note_ready(tx: Tx, order_id: OrderId, *, ready_at: datetime, act: Act) -> None:
    """Take note that the food waits: whoever is near may come now."""
    delivery = await _lock_of_order(tx, order_id)
    if delivery is not None:
        await store.set_delivery_ready(tx, delivery.id, ready_at=ready_at)
        if delivery.status in _LOOKING:
            await call_dispatch(tx, delivery.city_id, act=act)


async def cancel_delivery(tx: Tx, order_id: OrderId, *, reason: str, act: Act) -> None:
    """End what is over before pickup: take back what is offered, and free whoever was on the way."""
    delivery_id = await store.find_delivery_of_order(tx, order_id)
    if delivery_id is None:
        return
    await lock_with_round(tx, [delivery_id])
    touched = await rounds.withdraw_on(tx, [delivery_id], because=WithdrawnBecause.ORDER_OVER, act=act)
    await rounds.close_rounds(tx, touched, act=act)
    delivery = (await store.lock_deliveries(tx, [delivery_id]))[delivery_id]
    if (delivery.status, Move.CANCEL) not in TRANSITIONS:
        return
    rider = await lock_rider(tx, delivery.rider_id) if delivery.rider_id else None
    await store.move_delivery(tx, delivery, after(delivery.status, Move.CANCEL), at=act.now, reason=reason)
    await offers_store.release_winner(tx, delivery_id, because=reason, now=act.now)
    await stop(tx, delivery, because="cancelled", act=act)
    fact = DeliveryCancelled(order_id=order_id, delivery_id=delivery_id, rider_id=delivery.rider_id, reason=reason)
    await orders.tell(tx, order_id, fact, act=act)
    if rider is not None:
        await disengage(tx, rider, act=act)


async def start(tx: Tx, delivery: Delivery, *, act: Act) -> None:
    """Look for a rider (again): the clocks of nobody being found run from now."""
    await _watch(tx, delivery, ready_by=delivery.ready_by, act=act)
    await call_dispatch(tx, delivery.city_id, act=act)


async def stop(tx: Tx, delivery: Delivery, *, because: str, act: Act) -> None:
    """Call the clocks off."""
    await timers.cancel(tx, delivery.id, ALERT, NOBODY, because=because, now=act.now)


async def alert(tx: Tx, delivery_id: DeliveryId, *, due_at: datetime, act: Act) -> str | None:
    """Tell the desk that no rider was found in time; returns why it was moot, or None."""
    _, delivery = await lock_delivery(tx, delivery_id)
    if delivery.status not in _LOOKING:
        return f"the delivery is {delivery.status}"
    fact = UnassignedAlert(
        order_id=delivery.order_id,
        delivery_id=delivery_id,
        city_id=delivery.city_id,
        store_id=delivery.store_id,
        due_at=due_at - policy.ALERT_AFTER,
    )
    await orders.tell(tx, delivery.order_id, fact, act=act)
    return None


async def give_up(tx: Tx, delivery_id: DeliveryId, *, due_at: datetime, act: Act) -> str | None:
    """Say that nobody was found, so that the customer can choose; returns why it was moot, or None."""
    _, delivery = await lock_delivery(tx, delivery_id)
    if delivery.status not in _LOOKING:
        return f"the delivery is {delivery.status}"
    fact = NobodyFound(
        order_id=delivery.order_id,
        delivery_id=delivery_id,
        city_id=delivery.city_id,
        store_id=delivery.store_id,
        due_at=due_at - policy.NOBODY_AFTER,
    )
    await orders.tell(tx, delivery.order_id, fact, act=act)
    return None


async def _watch(tx: Tx, delivery: Delivery, *, ready_by: datetime | None, act: Act) -> None:
    due_at = policy.due_at(ready_by=ready_by, now=act.now)
    await timers.schedule(tx, ALERT, delivery.id, due_at=due_at + policy.ALERT_AFTER)
    await timers.schedule(tx, NOBODY, delivery.id, due_at=due_at + policy.NOBODY_AFTER)


async def _lock_of_order(tx: Tx, order_id: OrderId) -> Delivery | None:
    delivery_id = await store.find_delivery_of_order(tx, order_id)
    return (await lock_delivery(tx, delivery_id))[1] if delivery_id else None

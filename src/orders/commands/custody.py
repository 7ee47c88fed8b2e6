"""Who has the food. Called by `fleet` (and for items by `merchant`) in its own transaction."""

from typing import Literal

import msgspec

from infra.db import Tx
from kernel.events import Act
from kernel.ids import DeliveryId
from orders import store
from orders.commands import payments
from orders.commands.kitchen import mark_ready
from orders.commands.numbering import advance, tell
from orders.commands.placing import watch_for_complaints
from orders.errors import OrderMoved
from orders.messages import (
    ItemProblem,
    ItemsAnswered,
    ItemsDisputed,
    NextStop,
    OrderDelivered,
    OrderPickedUp,
    OrderReturned,
    OtherStopFirst,
    RiderArrivedAtDropoff,
    RiderArrivedAtPickup,
    RiderAssigned,
    RiderUnassigned,
)
from orders.model import Move, Order, OrderStatus, RiderComing

_IN_THE_HOUSE = frozenset({OrderStatus.PLACED, OrderStatus.ACCEPTED, OrderStatus.PREPARING, OrderStatus.READY})


async def assign_rider(
    tx: Tx,
    order: Order,
    *,
    rider: RiderComing,
    delivery_id: DeliveryId,
    assignment_no: int,
    act: Act,
) -> Order:
    """Say who will carry it; refused once the order is over or on the road."""
    if order.status not in _IN_THE_HOUSE:
        raise OrderMoved(order.id, status=order.status, move="assign")
    await store.set_rider(tx, order.id, rider.rider_id)
    fact = RiderAssigned(
        order_id=order.id,
        store_id=order.store_id,
        rider_id=rider.rider_id,
        delivery_id=delivery_id,
        assignment_no=assignment_no,
        pickup_eta_at=rider.pickup_eta_at,
        rider_first_name=rider.first_name,
        vehicle=rider.vehicle,
    )
    await tell(tx, order.id, fact, act=act)
    return msgspec.structs.replace(order, rider_id=rider.rider_id)


async def unassign_rider(
    tx: Tx, order: Order, *, delivery_id: DeliveryId, assignment_no: int, reason: str, act: Act
) -> Order:
    """Say that this rider will not carry it; refused once the food is on the road."""
    if order.status not in _IN_THE_HOUSE:
        raise OrderMoved(order.id, status=order.status, move="unassign")
    await store.set_rider(tx, order.id, None)
    fact = RiderUnassigned(
        order_id=order.id,
        store_id=order.store_id,
        rider_id=order.rider_id,
        delivery_id=delivery_id,
        assignment_no=assignment_no,
        reason=reason,
    )
    await tell(tx, order.id, fact, act=act)
    return msgspec.structs.replace(order, rider_id=None)


async def rider_arrived_at_pickup(tx: Tx, order: Order, *, act: Act) -> Order:
    """Record that the rider waits at the store."""
    if order.status not in _IN_THE_HOUSE:
        raise OrderMoved(order.id, status=order.status, move="arrive_at_pickup")
    fact = RiderArrivedAtPickup(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id)
    await tell(tx, order.id, fact, act=act)
    return order


async def rider_arrived_at_dropoff(tx: Tx, order: Order, *, act: Act) -> Order:
    """Record that the rider is at the door."""
    if order.status is not OrderStatus.PICKED_UP:
        raise OrderMoved(order.id, status=order.status, move="arrive_at_dropoff")
    fact = RiderArrivedAtDropoff(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id)
    await tell(tx, order.id, fact, act=act)
    return order


async def dispute_items(tx: Tx, order: Order, *, problems: list[ItemProblem], act: Act) -> Order:
    """Record that the rider's count does not agree; the store is asked on the tablet."""
    fact = ItemsDisputed(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, problems=problems)
    await tell(tx, order.id, fact, act=act)
    return order


async def answer_items(
    tx: Tx, order: Order, *, resolution: Literal["fixed", "goes_without", "disagrees"], note: str, act: Act
) -> Order:
    """Take the store's word on the rider's count."""
    fact = ItemsAnswered(
        order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, resolution=resolution, note=note
    )
    await tell(tx, order.id, fact, act=act)
    return order


async def pick_up(tx: Tx, order: Order, *, is_next_stop: bool = False, act: Act) -> Order:
    """Record that the rider has the food. Where nobody had said that it was ready, that is implied and comes first.

    `is_next_stop`: they go to its door before any other.
    """
    if order.status in {OrderStatus.ACCEPTED, OrderStatus.PREPARING}:
        order = await mark_ready(tx, order, act=act.implied())
    picked_up = await advance(tx, order, Move.PICK_UP, act=act)
    fact = OrderPickedUp(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, is_next_stop=is_next_stop)
    await tell(tx, order.id, fact, act=act)
    return picked_up


async def say_whether_next(tx: Tx, order: Order, *, is_next: bool, act: Act) -> None:
    """Record that the rider goes to this door next, or to another one first; refused unless the food is on the road."""
    if order.status is not OrderStatus.PICKED_UP:
        raise OrderMoved(order.id, status=order.status, move="say_whether_next")
    fact = NextStop if is_next else OtherStopFirst
    await tell(tx, order.id, fact(order_id=order.id, rider_id=order.rider_id), act=act)


async def deliver(tx: Tx, order: Order, *, proof: str, act: Act) -> Order:
    """Record that the customer has the food; cash was paid at the door."""
    delivered = await advance(tx, order, Move.DELIVER, act=act, delivered_at=act.occurred_at)
    await payments.collect_cash(tx, order, act=act)
    await watch_for_complaints(tx, order.id, act=act)
    fact = OrderDelivered(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, proof=proof)
    await tell(tx, order.id, fact, act=act)
    return delivered


async def bring_back(tx: Tx, order: Order, *, reason: str, act: Act) -> Order:
    """Record that the store has the food back. What the customer gets back is decided by the desk."""
    returned = await advance(tx, order, Move.RETURN, act=act, reason=reason)
    fact = OrderReturned(order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, reason=reason)
    await tell(tx, order.id, fact, act=act)
    return returned

"""Whose delivery it is: won by an offer, given by hand, taken away again."""

from collections.abc import Mapping

from fleet.commands import rounds, searching
from fleet.commands.engagement import disengage, engage
from fleet.commands.locking import lock_delivery, lock_rider, lock_riders, lock_with_round
from fleet.errors import OfferTaken, RiderNotWorking
from fleet.messages import OfferAccepted, Overridden
from fleet.model.deliveries import Delivery, DeliveryStatus, Move
from fleet.model.offers import Offer, OfferedDelivery, OfferStatus, Proposal, WithdrawnBecause
from fleet.model.shifts import Rider, ShiftStatus
from fleet.state.deliveries import after
from fleet.store import deliveries as deliveries_store
from fleet.store import offers as store
from fleet.store.riders import find_rider_card
from infra import ids
from infra.db import Tx
from kernel.events import Act
from kernel.ids import DeliveryId, OfferId, OrderId, RiderId
from orders import commands as orders
from orders.model import Order, RiderComing

_SEARCHING = frozenset({DeliveryStatus.UNASSIGNED, DeliveryStatus.OFFERED})


async def win(tx: Tx, offer: Offer, rider: Rider, locked: Mapping[OrderId, Order], *, act: Act) -> None:
    """Give a locked offer's deliveries to its rider; refuses when somebody has one of them."""
    deliveries = await deliveries_store.lock_deliveries(tx, offer.delivery_ids)
    coming = await _coming(tx, offer, rider)
    for delivery_id in offer.delivery_ids:
        delivery = deliveries[delivery_id]
        assignment_no = delivery.assignment_no + 1
        if delivery.status not in _SEARCHING or not await deliveries_store.assign_delivery(
            tx,
            delivery,
            rider_id=rider.id,
            assignment_no=assignment_no,
            pickup_eta_at=offer.pickup_eta_at,
            at=act.now,
        ):
            raise OfferTaken(offer.id)
        await store.mark_won(tx, offer.id, delivery_id, assignment_no=assignment_no)
        await searching.stop(tx, delivery, because="assigned", act=act)
        fact = OfferAccepted(
            order_id=delivery.order_id,
            delivery_id=delivery.id,
            rider_id=rider.id,
            offer_id=offer.id,
            delivery_ids=offer.delivery_ids,
            assignment_no=assignment_no,
        )
        await orders.tell(tx, delivery.order_id, fact, act=act)
        await orders.assign_rider(
            tx,
            locked[delivery.order_id],
            rider=coming,
            delivery_id=delivery.id,
            assignment_no=assignment_no,
            act=act,
        )
    await engage(tx, rider, act=act)


async def assign_by_hand(tx: Tx, delivery_id: DeliveryId, *, rider_id: RiderId, reason: str, act: Act) -> None:
    """Give a delivery to a working rider, whoever had it or was asked before. A repeat changes nothing."""
    await lock_with_round(tx, [delivery_id])
    order, delivery = await lock_delivery(tx, delivery_id)
    riders = await lock_riders(tx, {rider_id, delivery.rider_id or rider_id})
    rider = riders[rider_id]
    if delivery.rider_id == rider_id and delivery.status not in _SEARCHING:
        return
    if rider.shift is None or rider.shift.status is not ShiftStatus.ON:
        raise RiderNotWorking(rider_id, shift=rider.shift.status if rider.shift else None)
    await orders.tell(tx, delivery.order_id, _override(delivery, Move.ASSIGN, reason), act=act)
    if delivery.rider_id is not None:
        await release(tx, order, delivery, riders[delivery.rider_id], reason=reason, act=act)
    touched = await rounds.withdraw_on(tx, [delivery_id], because=WithdrawnBecause.BY_HAND, act=act)
    await rounds.close_rounds(tx, touched, act=act)
    order, delivery = await lock_delivery(tx, delivery_id)
    offer = _given(delivery, rider, act=act)
    proposal = Proposal(
        rider_id=rider_id,
        delivery_ids=[delivery_id],
        stops=[],
        distance_m=0,
        pay_minor=0,
        currency=order.total.currency,
    )
    await store.insert_offer(tx, offer, proposal, is_by_hand=True)
    await store.insert_offer_deliveries(tx, offer.id, [delivery])
    await win(tx, offer, rider, {order.id: order}, act=act)


async def unassign_by_hand(tx: Tx, delivery_id: DeliveryId, *, reason: str, act: Act) -> None:
    """Take a delivery away before pickup; it looks for another rider. A repeat changes nothing."""
    order, delivery = await lock_delivery(tx, delivery_id)
    if delivery.status in _SEARCHING:
        return
    after(delivery.status, Move.UNASSIGN)
    assert delivery.rider_id is not None  # the table's own check
    rider = await lock_rider(tx, delivery.rider_id)
    await orders.tell(tx, delivery.order_id, _override(delivery, Move.UNASSIGN, reason), act=act)
    await release(tx, order, delivery, rider, reason=reason, act=act)


async def release(tx: Tx, order: Order, delivery: Delivery, rider: Rider, *, reason: str, act: Act) -> Order:
    """Make a locked delivery nobody's again, and look for another rider at once."""
    after(delivery.status, Move.UNASSIGN)
    await deliveries_store.unassign_delivery(tx, delivery)
    await store.release_winner(tx, delivery.id, because=reason, now=act.now)
    order = await orders.unassign_rider(
        tx, order, delivery_id=delivery.id, assignment_no=delivery.assignment_no, reason=reason, act=act
    )
    await searching.start(tx, delivery, act=act)
    await disengage(tx, rider, act=act)
    return order


async def _coming(tx: Tx, offer: Offer, rider: Rider) -> RiderComing:
    card = await find_rider_card(tx, rider.id)
    assert card is not None  # the rider's row is locked
    return RiderComing(
        rider_id=rider.id, first_name=card.first_name, vehicle=card.vehicle, pickup_eta_at=offer.pickup_eta_at
    )


def _override(delivery: Delivery, move: Move, reason: str) -> Overridden:
    return Overridden(order_id=delivery.order_id, delivery_id=delivery.id, move=move, reason=reason)


def _given(delivery: Delivery, rider: Rider, *, act: Act) -> Offer:
    return Offer(
        id=ids.new(OfferId, "off"),
        city_id=delivery.city_id,
        rider_id=rider.id,
        status=OfferStatus.ACCEPTED,
        made_at=act.now,
        expires_at=act.now,
        answered_at=act.now,
        because=None,
        pickup_eta_at=None,
        deliveries=[OfferedDelivery(delivery_id=delivery.id, order_id=delivery.order_id)],
    )

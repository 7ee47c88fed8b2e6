"""One route, one rider, thirty seconds, and one winner."""

from datetime import timedelta

from fleet.commands import rounds
from fleet.commands.assigning import win
from fleet.commands.engagement import rest
from fleet.commands.locking import lock_rider, lock_with_round
from fleet.commands.rules import offer_rules
from fleet.errors import OfferNotYours, RoundMoving
from fleet.messages import OfferDeclined, OfferExpired, OfferMade
from fleet.model.deliveries import DeliveryStatus, Move
from fleet.model.offers import Offer, OfferedDelivery, OfferStatus, Proposal, WithdrawnBecause
from fleet.model.shifts import Rider
from fleet.policy import offers as policy
from fleet.state.deliveries import after
from fleet.store import deliveries as deliveries_store
from fleet.store import offers as store
from fleet.store import riders as riders_store
from infra import ids, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import OfferId, OrderId, RiderId
from orders import commands as orders
from orders.model import Order


async def make_offer(tx: Tx, proposal: Proposal, *, act: Act) -> OfferId:
    """Ask a rider for a route; raises `OfferNotPossible` when things are no longer as the proposal saw them."""
    await lock_with_round(tx, proposal.delivery_ids)
    rider = await lock_rider(tx, proposal.rider_id)
    locked = await deliveries_store.lock_deliveries(tx, proposal.delivery_ids)
    deliveries = [locked[delivery_id] for delivery_id in proposal.delivery_ids]
    rivals = await store.lock_offers(tx, await store.list_open_offers_on(tx, proposal.delivery_ids))
    policy.check_offer(
        rider,
        deliveries,
        in_hand=len(await deliveries_store.list_open_deliveries_of_rider(tx, rider.id)),
        has_open_offer=await store.find_open_offer_of_rider(tx, rider.id) is not None,
        open_routes={frozenset(rival.delivery_ids) for rival in rivals},
    )
    rules = await offer_rules(tx, rider.city_id, at=act.now)
    offer = Offer(
        id=ids.new(OfferId, "off"),
        city_id=rider.city_id,
        rider_id=rider.id,
        status=OfferStatus.OPEN,
        made_at=act.now,
        expires_at=act.now + timedelta(seconds=rules.ttl_s),
        answered_at=None,
        because=None,
        pickup_eta_at=proposal.pickup_eta_at,
        deliveries=[OfferedDelivery(delivery_id=each.id, order_id=each.order_id) for each in deliveries],
    )
    await store.insert_offer(tx, offer, proposal)
    await store.insert_offer_deliveries(tx, offer.id, deliveries)
    await timers.schedule(tx, rounds.OFFER_EXPIRY, offer.id, due_at=offer.expires_at)
    for delivery in deliveries:
        if delivery.status is not DeliveryStatus.OFFERED:
            await deliveries_store.move_delivery(tx, delivery, after(delivery.status, Move.OFFER), at=act.now)
        await orders.tell(tx, delivery.order_id, _made(offer, proposal, delivery.order_id), act=act)
    return offer.id


async def accept_offer(tx: Tx, offer_id: OfferId, *, rider_id: RiderId, act: Act) -> None:
    """Let a rider take the route they were offered. A repeat changes nothing and tells nobody."""
    offer, rider, locked = await _lock(tx, offer_id, rider_id)
    if not policy.accept(offer, by=rider_id, now=act.now):
        return
    await store.close_offer(tx, offer.id, OfferStatus.ACCEPTED, now=act.now)
    await timers.cancel(tx, offer.id, rounds.OFFER_EXPIRY, because="accepted", now=act.now)
    await win(tx, offer, rider, locked, act=act)
    await rounds.withdraw_on(tx, offer.delivery_ids, because=WithdrawnBecause.TAKEN, act=act)


async def decline_offer(tx: Tx, offer_id: OfferId, *, rider_id: RiderId, reason: str, act: Act) -> None:
    """Let a rider say no, which costs nothing. A repeat changes nothing and tells nobody."""
    offer, rider, _ = await _lock(tx, offer_id, rider_id)
    if not policy.decline(offer, by=rider_id, now=act.now):
        return
    await store.close_offer(tx, offer.id, OfferStatus.DECLINED, because=reason, now=act.now)
    await timers.cancel(tx, offer.id, rounds.OFFER_EXPIRY, because="declined", now=act.now)
    for part in offer.deliveries:
        fact = OfferDeclined(
            order_id=part.order_id,
            delivery_id=part.delivery_id,
            rider_id=rider_id,
            offer_id=offer.id,
            delivery_ids=offer.delivery_ids,
            reason=reason,
        )
        await orders.tell(tx, part.order_id, fact, act=act)
    if rider.shift is not None:
        await riders_store.set_misses(tx, rider.shift.id, 0)
    await rounds.close_rounds(tx, offer.delivery_ids, act=act)


async def expire_offer(tx: Tx, offer_id: OfferId, *, act: Act) -> str | None:
    """End an offer nobody answered; the third in a row is a break. Returns why it was moot, or None."""
    parties = await store.find_parties(tx, offer_id)
    if parties is None:
        return "there is no such offer"
    offer, rider, _ = await _lock(tx, offer_id, parties[0])
    if offer.status is not OfferStatus.OPEN:
        return f"the offer is {offer.status}"
    await store.close_offer(tx, offer.id, OfferStatus.EXPIRED, now=act.now)
    misses = 1 if rider.shift is None else rider.shift.misses_in_row + 1
    for part in offer.deliveries:
        fact = OfferExpired(
            order_id=part.order_id,
            delivery_id=part.delivery_id,
            rider_id=rider.id,
            offer_id=offer.id,
            delivery_ids=offer.delivery_ids,
            misses_in_row=misses,
        )
        await orders.tell(tx, part.order_id, fact, act=act)
    await _count_miss(tx, rider, misses, act=act)
    await rounds.close_rounds(tx, offer.delivery_ids, act=act)
    return None


async def withdraw_from_rider(tx: Tx, rider_id: RiderId, *, act: Act) -> Rider:
    """Take back what the rider is being asked, because they stop working; returns the locked rider."""
    offer_id = await store.find_open_offer_of_rider(tx, rider_id)
    if offer_id is not None:
        offer, _, _ = await _lock(tx, offer_id, rider_id)
        if offer.status is OfferStatus.OPEN:
            await rounds.withdraw(tx, offer, because=WithdrawnBecause.RIDER_OFF, act=act)
            await rounds.close_rounds(tx, offer.delivery_ids, act=act)
    rider = await lock_rider(tx, rider_id)
    if await store.find_open_offer_of_rider(tx, rider_id) is not None:
        raise RoundMoving
    return rider


async def _count_miss(tx: Tx, rider: Rider, misses: int, *, act: Act) -> None:
    if rider.shift is None:
        return
    await riders_store.set_misses(tx, rider.shift.id, misses)
    if policy.needs_break(misses, await offer_rules(tx, rider.city_id, at=act.now)):
        await rest(tx, rider, rider.shift, reason=f"{misses} offers in a row were not answered", act=act)


async def _lock(tx: Tx, offer_id: OfferId, rider_id: RiderId) -> tuple[Offer, Rider, dict[OrderId, Order]]:
    parties = await store.find_parties(tx, offer_id)
    if parties is None or parties[0] != rider_id:
        raise OfferNotYours  # never reveal which offers exist
    locked = await orders.lock(tx, parties[1])
    rider = await lock_rider(tx, rider_id)
    return (await store.lock_offers(tx, [offer_id]))[0], rider, locked


def _made(offer: Offer, proposal: Proposal, order_id: OrderId) -> OfferMade:
    return OfferMade(
        order_id=order_id,
        delivery_id=next(part.delivery_id for part in offer.deliveries if part.order_id == order_id),
        rider_id=offer.rider_id,
        offer_id=offer.id,
        delivery_ids=offer.delivery_ids,
        expires_at=offer.expires_at,
        distance_m=proposal.distance_m,
        pay_minor=proposal.pay_minor,
        currency=proposal.currency,
    )

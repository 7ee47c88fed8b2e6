"""What becomes of deliveries when the offers on them end."""

from collections.abc import Iterable

from fleet.commands.engagement import call_dispatch
from fleet.errors import RoundMoving
from fleet.messages import OfferWithdrawn, RoundClosed
from fleet.model.deliveries import DeliveryStatus, Move
from fleet.model.offers import Offer, OfferStatus, WithdrawnBecause
from fleet.state.deliveries import after
from fleet.store import deliveries as deliveries_store
from fleet.store import offers as store
from infra import timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import DeliveryId
from orders import commands as orders

OFFER_EXPIRY = "offer.expiry"


async def withdraw_on(
    tx: Tx, delivery_ids: Iterable[DeliveryId], *, because: WithdrawnBecause, act: Act
) -> set[DeliveryId]:
    """Take back every open offer on these deliveries, whose round is locked; returns all deliveries they were about."""
    touched: set[DeliveryId] = set()
    for offer in await store.lock_offers(tx, await store.list_open_offers_on(tx, delivery_ids)):
        await withdraw(tx, offer, because=because, act=act)
        touched.update(offer.delivery_ids)
    return touched


async def withdraw(tx: Tx, offer: Offer, *, because: WithdrawnBecause, act: Act) -> None:
    """Take back a locked open offer."""
    if not await store.close_offer(tx, offer.id, OfferStatus.WITHDRAWN, because=because, now=act.now):
        raise RoundMoving
    await timers.cancel(tx, offer.id, OFFER_EXPIRY, because=f"withdrawn: {because}", now=act.now)
    for part in offer.deliveries:
        fact = OfferWithdrawn(
            order_id=part.order_id,
            delivery_id=part.delivery_id,
            rider_id=offer.rider_id,
            offer_id=offer.id,
            delivery_ids=offer.delivery_ids,
            because=because,
        )
        await orders.tell(tx, part.order_id, fact, act=act)


async def close_rounds(tx: Tx, delivery_ids: Iterable[DeliveryId], *, act: Act) -> None:
    """Let deliveries that nobody is asked for any more look for a rider again; their orders are locked."""
    for delivery in (await deliveries_store.lock_deliveries(tx, delivery_ids)).values():
        if delivery.status is not DeliveryStatus.OFFERED or await store.list_open_offers_on(tx, [delivery.id]):
            continue
        await deliveries_store.move_delivery(tx, delivery, after(delivery.status, Move.CLOSE_ROUND), at=act.now)
        fact = RoundClosed(order_id=delivery.order_id, delivery_id=delivery.id, ladder_round=delivery.ladder_round)
        await orders.tell(tx, delivery.order_id, fact, act=act)
        await call_dispatch(tx, delivery.city_id, act=act)

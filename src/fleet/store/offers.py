from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from fleet.model.deliveries import Delivery
from fleet.model.offers import Offer, OfferedDelivery, OfferStatus, Proposal
from infra.db import Tx
from infra.sql import load
from kernel.ids import DeliveryId, OfferId, OrderId, RiderId

_sql: Final = load("fleet")
_json: Final = msgspec.json.Encoder()


async def insert_offer(tx: Tx, offer: Offer, proposal: Proposal, *, is_by_hand: bool = False) -> None:
    """Write an offer as it stands."""
    await tx.execute(
        _sql.insert_offer, offer.id, offer.city_id, offer.rider_id, offer.status, is_by_hand, offer.made_at,
        offer.expires_at, offer.answered_at, _json.encode(proposal.stops).decode(), offer.pickup_eta_at,
        proposal.distance_m, proposal.pay_minor, proposal.currency,
    )  # fmt: skip


async def insert_offer_deliveries(tx: Tx, offer_id: OfferId, deliveries: Sequence[Delivery]) -> None:
    """Write the offer's deliveries, in the order of their drop-offs."""
    await tx.execute(
        _sql.insert_offer_deliveries,
        offer_id,
        [delivery.id for delivery in deliveries],
        [delivery.order_id for delivery in deliveries],
        [delivery.ladder_round for delivery in deliveries],
    )


async def find_parties(tx: Tx, offer_id: OfferId) -> tuple[RiderId, list[OrderId]] | None:
    """Return whom an offer asks and the orders it is about: what must be locked before the offer itself."""
    row = await tx.fetchrow(_sql.find_parties, offer_id)
    return (row["rider_id"], row["order_ids"]) if row else None


async def lock_offers(tx: Tx, offer_ids: Iterable[OfferId]) -> list[Offer]:
    """Lock offers, after their orders and riders, with their deliveries in route order."""
    ids = list(offer_ids)
    rows = await tx.fetch(_sql.lock_offers, ids)
    parts: dict[str, list[OfferedDelivery]] = {}
    for part in await tx.fetch(_sql.list_offer_deliveries, ids):
        fields = dict(part)
        parts.setdefault(fields.pop("offer_id"), []).append(msgspec.convert(fields, OfferedDelivery))
    return [msgspec.convert(dict(row) | {"deliveries": parts[row["id"]]}, Offer) for row in rows]


async def list_open_offers_on(tx: Tx, delivery_ids: Iterable[DeliveryId]) -> list[OfferId]:
    """Return the offers that are open on any of these deliveries."""
    return [row["id"] for row in await tx.fetch(_sql.list_open_offers_on, list(delivery_ids))]


async def find_open_offer_of_rider(tx: Tx, rider_id: RiderId) -> OfferId | None:
    """Return what the rider is being asked."""
    found: OfferId | None = await tx.fetchval(_sql.find_open_offer_of_rider, rider_id)
    return found


async def close_offer(
    tx: Tx, offer_id: OfferId, status: OfferStatus, *, because: str | None = None, now: datetime
) -> bool:
    """Compare and set how an open offer ended."""
    return await tx.fetchval(_sql.close_offer, offer_id, status, now, because) is not None


async def mark_won(tx: Tx, offer_id: OfferId, delivery_id: DeliveryId, *, assignment_no: int) -> None:
    """Write that this offer won the delivery; the database refuses a second winner."""
    await tx.execute(_sql.mark_won, offer_id, delivery_id, assignment_no)


async def release_winner(tx: Tx, delivery_id: DeliveryId, *, because: str, now: datetime) -> None:
    """Write that the delivery's winner gave it up or lost it."""
    await tx.execute(_sql.release_winner, delivery_id, now, because)

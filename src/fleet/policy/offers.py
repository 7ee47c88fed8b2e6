"""May this be offered, taken, refused; what a miss means."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from fleet.errors import OfferAnswered, OfferExpired, OfferIsWithdrawn, OfferNotPossible, OfferNotYours, OfferTaken
from fleet.model.deliveries import Delivery, DeliveryStatus
from fleet.model.offers import Offer, OfferStatus, WithdrawnBecause
from fleet.model.shifts import Rider, ShiftStatus
from kernel.ids import DeliveryId, RiderId
from kernel.quantities import AmountMinor, Count, SecondsAtLeastOne


class OfferRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long riders have, and how many silent offers in a row mean that they are away; domain contract, riders."""

    ttl_s: SecondsAtLeastOne = 30
    misses_before_break: Count = 3


class PayRules(msgspec.Struct, frozen=True, kw_only=True):
    """What a delivery pays, in the city's minor units: so much each, and by the way ridden to its last door."""

    base_minor: AmountMinor = 700
    per_km_minor: AmountMinor = 150


def check_offer(
    rider: Rider,
    deliveries: Sequence[Delivery],
    *,
    in_hand: int,
    has_open_offer: bool,
    open_routes: Collection[frozenset[DeliveryId]] = (),
) -> None:
    """Refuse a route that this rider cannot be asked for now.

    `open_routes` are the routes of offers to others that are open on any of these deliveries: whoever joins such a
    round is asked for the very same route.
    """
    why = _why_not(rider, len(deliveries), in_hand=in_hand, has_open_offer=has_open_offer)
    if why is None:
        why = _why_not_these(deliveries, open_routes)
    if why is not None:
        raise OfferNotPossible(rider.id, why=why)


def accept(offer: Offer, *, by: RiderId, now: datetime) -> bool:
    """Decide whether a rider may take the route they were offered; False for a repeat, whose first answer stands."""
    return _answer(offer, OfferStatus.ACCEPTED, by=by, now=now)


def decline(offer: Offer, *, by: RiderId, now: datetime) -> bool:
    """Decide whether a rider may say no; False for a repeat."""
    return _answer(offer, OfferStatus.DECLINED, by=by, now=now)


def needs_break(misses_in_row: int, rules: OfferRules) -> bool:
    """Tell whether so many unanswered offers in a row mean that the rider is away."""
    return misses_in_row >= rules.misses_before_break


def pay_minor(distance_m: int, deliveries: int, rules: PayRules) -> int:
    """Return what the route pays; the way is rounded to the metre, the sum down to whole minor units."""
    return rules.base_minor * deliveries + rules.per_km_minor * distance_m // 1000


def _why_not(rider: Rider, wanted: int, *, in_hand: int, has_open_offer: bool) -> str | None:
    if rider.shift is None or rider.shift.status is not ShiftStatus.ON:
        return "not working"
    if has_open_offer:
        return "has an open offer"
    if in_hand + wanted > rider.shift.capacity:
        return "no room left"
    return None


def _why_not_these(deliveries: Sequence[Delivery], open_routes: Collection[frozenset[DeliveryId]]) -> str | None:
    route = frozenset(delivery.id for delivery in deliveries)
    for delivery in deliveries:
        if delivery.wanted_at is None:
            return f"{delivery.id} is not accepted by its store"
        joins = delivery.status is DeliveryStatus.OFFERED and route in open_routes
        if delivery.status is not DeliveryStatus.UNASSIGNED and not joins:
            return f"{delivery.id} is {delivery.status}"
    return None


def _answer(offer: Offer, answer: OfferStatus, *, by: RiderId, now: datetime) -> bool:
    if by != offer.rider_id:
        raise OfferNotYours  # never reveal which offers exist
    # Phones retry on bad signal. The first answer stands, even after expiry.
    if offer.status is answer:
        return False
    if offer.status is OfferStatus.WITHDRAWN:
        if offer.because == WithdrawnBecause.TAKEN:
            raise OfferTaken(offer.id)
        raise OfferIsWithdrawn(offer.id, because=offer.because or "")
    if offer.status is OfferStatus.EXPIRED or (offer.status is OfferStatus.OPEN and now >= offer.expires_at):
        raise OfferExpired(offer.id, expires_at=offer.expires_at)
    if offer.status is not OfferStatus.OPEN:
        raise OfferAnswered(offer.id, status=offer.status)
    return True

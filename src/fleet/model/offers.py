from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, OfferId, OrderId, RiderId


class OfferStatus(StrEnum):
    """How an offer stands or ended."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class OfferMove(StrEnum):
    """What can be done to an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


class WithdrawnBecause(StrEnum):
    """Why an offer was taken back."""

    TAKEN = "taken"  # somebody else in the same round was first
    ORDER_OVER = "order_over"
    RIDER_OFF = "rider_off"
    BY_HAND = "by_hand"


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """One stop of a route, in order; pickups at one store are one stop."""

    kind: Literal["pickup", "dropoff"]
    delivery_ids: list[DeliveryId]
    point: Point
    eta_at: datetime


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A route dispatch wants to offer: what, to whom, how far and for how much."""

    rider_id: RiderId
    delivery_ids: list[DeliveryId]  # in the order of the drop-offs
    stops: list[Stop]
    distance_m: int
    pay_minor: int
    currency: str

    @property
    def pickup_eta_at(self) -> datetime:
        """When the rider would be at the store."""
        return self.stops[0].eta_at


class OfferedDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery within an offer. `assignment_no` is set once taken, `released_at` once given up again."""

    delivery_id: DeliveryId
    order_id: OrderId
    assignment_no: int | None = None
    released_at: datetime | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One route proposed to one rider."""

    id: OfferId
    city_id: CityId
    rider_id: RiderId
    status: OfferStatus
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    because: str | None
    pickup_eta_at: datetime | None
    deliveries: list[OfferedDelivery]

    @property
    def delivery_ids(self) -> list[DeliveryId]:
        """The route's deliveries, in order."""
        return [each.delivery_id for each in self.deliveries]

    @property
    def order_ids(self) -> list[OrderId]:
        """The orders behind them."""
        return [each.order_id for each in self.deliveries]

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, CustomerId, ItemId, LedgerEntryId, OrderId, RiderId, StoreId
from kernel.money import Money


class OrderStatus(StrEnum):
    """The last step completed."""

    RECEIVED = "received"
    HELD_FOR_REVIEW = "held_for_review"
    PLACED = "placed"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    PICKED_UP = "picked_up"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class Move(StrEnum):
    """What can be done to an order."""

    PLACE = "place"
    HOLD = "hold"
    REJECT = "reject"
    ACCEPT = "accept"
    EXPIRE = "expire"
    START_PREPARING = "start_preparing"
    MARK_READY = "mark_ready"
    PICK_UP = "pick_up"
    DELIVER = "deliver"
    RETURN = "return"
    COMPLETE = "complete"
    CANCEL = "cancel"


class PaymentMethod(StrEnum):
    """How the customer pays: to the rider in cash, by card through a provider, or to the platform already."""

    CASH = "cash"
    CARD = "card"
    PREPAID = "prepaid"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one menu item, as priced when ordered; `allergies` is what somebody who eats it cannot have."""

    item_id: ItemId
    name: str
    quantity: int
    unit_price_minor: int
    options: list[str] = []
    note: str = ""
    allergies: list[str] = []


class RiderComing(msgspec.Struct, frozen=True, kw_only=True):
    """Who comes for the food: all that a kitchen needs to know them at its counter."""

    rider_id: RiderId
    first_name: str | None = None
    vehicle: str | None = None
    pickup_eta_at: datetime | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order is held for review: a code that is for ever, and a sentence for the desk."""

    code: str
    detail: str
    item_id: ItemId | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The locked head of an order: what decisions need, no personal data."""

    id: OrderId
    short_number: int
    status: OrderStatus
    seq: int
    epoch: str
    city_id: CityId
    store_id: StoreId
    customer_id: CustomerId
    platform_id: str | None
    rider_id: RiderId | None
    total: Money
    payment_method: PaymentMethod
    dropoff_code: str
    ready_by: datetime | None
    placed_at: datetime | None
    ready_at: datetime | None
    preparing_at: datetime | None
    delivered_at: datetime | None


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known when an order comes in, checked for form, not yet for completeness."""

    id: OrderId
    city_id: CityId
    store_id: StoreId
    customer_id: CustomerId
    platform_id: str | None
    external_id: str | None
    customer_name: str
    customer_phone: str
    dropoff: Point
    dropoff_address: str
    dropoff_note: str
    dropoff_code: str
    lines: list[OrderLine]
    currency: str
    items_minor: int
    delivery_fee_minor: int
    tip_minor: int
    payment_method: PaymentMethod
    change_for_minor: int | None
    payment_token: str | None

    @property
    def total_minor(self) -> int:
        """What the customer pays in all."""
        return self.items_minor + self.delivery_fee_minor + self.tip_minor


class EntryKind(StrEnum):
    """The four movements of money."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class EntryStatus(StrEnum):
    """Asked for, done, or declined by the provider."""

    REQUESTED = "requested"
    SETTLED = "settled"
    REFUSED = "refused"


class PaymentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the payment ledger."""

    id: LedgerEntryId
    order_id: OrderId
    kind: EntryKind
    amount: Money
    provider: PaymentMethod
    status: EntryStatus
    reason: str
    token: str | None = None
    provider_ref: str | None = None


class CancellationStatus(StrEnum):
    """How far a request to cancel has come; `moot` when the order ended otherwise meanwhile."""

    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody answered and nothing was cooked: cancelled by rule
    EXECUTED = "executed"  # at once, nobody had to be asked
    MOOT = "moot"


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    """A request to cancel that waits for the store's answer."""

    id: str
    order_id: OrderId
    status: CancellationStatus
    answer_by: datetime | None
    fee_minor: int
    refund_minor: int
    reason: str

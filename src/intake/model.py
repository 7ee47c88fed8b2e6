from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.geo import Point
from kernel.ids import ItemId, OrderId, StoreId
from kernel.text import GIVEN_ID, Text
from merchant.messages import ItemFacts
from orders.model import OrderLine, PaymentMethod, Problem

Minor = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
Note = Annotated[Text, msgspec.Meta(max_length=500)]


class LineRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many of one menu item, with what the customer asks for and what they cannot have."""

    item_id: Annotated[ItemId, GIVEN_ID]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]
    options: Annotated[list[Annotated[Text, msgspec.Meta(max_length=120)]], msgspec.Meta(max_length=20)] = []
    note: Note = ""
    allergies: Annotated[
        list[Annotated[Text, msgspec.Meta(min_length=1, max_length=80)]], msgspec.Meta(max_length=20)
    ] = []


class DropoffRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it goes: coordinates, the address as people say it, and how to find the door."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    address: Annotated[Text, msgspec.Meta(min_length=1, max_length=300)]
    note: Note = ""

    @property
    def point(self) -> Point:
        """The place on earth."""
        return Point(lat=self.lat, lon=self.lon)


class CustomerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who receives it. `customer_id` is for platforms and operators; a customer's own token says it."""

    name: Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
    phone: Annotated[Text, msgspec.Meta(max_length=32)] = ""
    customer_id: Annotated[str, GIVEN_ID] | None = None


class PaymentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it is paid. `change_for_minor` is the note the customer will hand over; `token` is the card provider's."""

    method: PaymentMethod
    change_for_minor: Minor | None = None
    token: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)] | None = None


class OrderRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order as a customer's app, a platform or the desk sends it. Prices are the menu's, never the caller's.

    `total_minor` is what the customer was shown: where it is given and does not add up, the order is held for review.
    """

    store_id: Annotated[StoreId, GIVEN_ID]
    lines: Annotated[list[LineRequest], msgspec.Meta(min_length=1, max_length=100)]
    dropoff: DropoffRequest
    customer: CustomerRequest
    payment: PaymentRequest
    tip_minor: Minor = 0
    total_minor: Minor | None = None
    external_id: Annotated[Text, msgspec.Meta(min_length=1, max_length=128)] | None = None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the completeness check looks at besides the request itself."""

    store_is_open: bool
    dropoff_is_served: bool
    menu: Mapping[ItemId, ItemFacts]
    phone_is_valid: bool
    total_minor: int


class EntryStatus(StrEnum):
    """How an order that an operator typed in was answered; `moot` when it ended otherwise."""

    AWAITED = "awaited"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    MOOT = "moot"


class ManualEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was typed in, and whether somebody read it again."""

    order_id: OrderId
    status: EntryStatus
    typed_by_id: str
    is_another_needed: bool
    confirm_by: datetime
    expires_at: datetime
    answered_by_id: str | None = None
    reason: str = ""


class OrderQuote(msgspec.Struct, frozen=True, kw_only=True):
    """What an order would cost and be promised if it were sent now, and all that is wrong with it.

    With problems it would be held for review; what cannot be placed, nobody could wave through either. What an operator
    types in may need a confirmation, perhaps another operator's.
    """

    store_id: StoreId
    store_name: str
    currency: str
    lines: list[OrderLine]
    items_minor: int
    delivery_fee_minor: int
    tip_minor: int
    total_minor: int
    problems: list[Problem]
    can_be_placed: bool
    needs_confirmation: bool
    is_another_needed: bool
    promised_from: datetime | None
    promised_by: datetime | None

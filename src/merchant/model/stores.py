from datetime import datetime
from typing import Annotated

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, ItemId, MerchantId, StoreId
from kernel.instants import Dated, Instant

Opens = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Closes = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class OpenSpan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when to when, `HH:MM` in the store's time zone; one that closes at or before it opens ends the next day."""

    opens: Opens
    closes: Closes


Spans = Annotated[list[OpenSpan], msgspec.Meta(max_length=8)]


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A week. A day without spans is closed; a week without any is always open."""

    monday: Spans = []
    tuesday: Spans = []
    wednesday: Spans = []
    thursday: Spans = []
    friday: Spans = []
    saturday: Spans = []
    sunday: Spans = []


class Busy(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many minutes more than usual, until then."""

    extra_minutes: Annotated[int, msgspec.Meta(ge=1, le=90)]
    until: Instant


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """A company with one or more stores."""

    id: MerchantId
    name: str


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """One kitchen at one address."""

    id: StoreId
    merchant_id: MerchantId
    city_id: CityId
    name: str
    phone: str
    address: str
    point: Point
    time_zone: str
    opening_hours: OpeningHours
    default_prep_minutes: int
    auto_accept: bool
    busy: Busy | None
    paused_until: datetime | None


class MenuItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something a store sells. `external_ref` is the merchant's own name for it; `stock_count` None: not counted."""

    id: ItemId
    external_ref: str
    name: str
    price_minor: int
    is_available: bool
    stock_count: int | None

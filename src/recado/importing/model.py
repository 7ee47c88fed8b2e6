"""A city as its file describes it. What is UNSET the file does not say, and an import leaves as it is."""

from typing import Any

import msgspec

from kernel.geo import Point
from recado.importing.findings import Mark

Unset = msgspec.UnsetType


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing under a key of its own; `at` is where the file names it."""

    key: str
    at: Mark

    def says(self) -> dict[str, Any]:
        """Return what the file says of it, as it is kept to be compared with the next import."""
        said: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in said.items() if name not in {"key", "at"}}


class CityEntry(Entry, frozen=True, kw_only=True):
    """The city; only its name and centre can change."""

    name: str
    country: str
    currency: str
    time_zone: str
    centre: Point


class ZoneEntry(Entry, frozen=True, kw_only=True):
    """A part of the city that is served."""

    name: str
    polygon: list[Point]


class MerchantEntry(Entry, frozen=True, kw_only=True):
    """A company with one or more stores."""

    name: str


class ItemEntry(Entry, frozen=True, kw_only=True):
    """A dish; its key is `store/dish`."""

    store_key: str
    name: str
    price_minor: int
    is_available: bool | Unset = msgspec.UNSET
    stock_count: int | Unset | None = msgspec.UNSET

    @property
    def ref(self) -> str:
        """The item's key within its store."""
        return self.key.partition("/")[2]


class StoreEntry(Entry, frozen=True, kw_only=True):
    """A kitchen at an address."""

    merchant_key: str
    name: str
    phone: str
    address: str
    point: Point
    opening_hours: dict[str, list[dict[str, str]]]
    default_prep_minutes: int
    auto_accept: bool | Unset = msgspec.UNSET


class OperatorEntry(Entry, frozen=True, kw_only=True):
    """Somebody at the desk."""

    name: str
    phone: str
    scopes: list[str]


class StaffEntry(Entry, frozen=True, kw_only=True):
    """Somebody in one or more stores."""

    name: str
    phone: str
    store_keys: list[str]
    duty: str


class RiderEntry(Entry, frozen=True, kw_only=True):
    """Somebody who carries."""

    name: str
    phone: str
    vehicle: str
    capacity: int


class RuleEntry(Entry, frozen=True, kw_only=True):
    """A rule of the whole city or of one store; its key is the rule's name, or `store/name`."""

    name: str
    store_key: str | None
    value: dict[str, Any]
    reason: str
    owner_key: str


class CityFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    city: CityEntry
    zones: list[ZoneEntry]
    merchants: list[MerchantEntry]
    stores: list[StoreEntry]
    items: list[ItemEntry]
    operators: list[OperatorEntry]
    staff: list[StaffEntry]
    riders: list[RiderEntry]
    rules: list[RuleEntry]

    def entries(self) -> list[tuple[str, Entry]]:
        """Return everything in the file with its kind."""
        kinds = {
            "city": [self.city], "zone": self.zones, "merchant": self.merchants, "store": self.stores,
            "item": self.items, "operator": self.operators, "staff": self.staff, "rider": self.riders,
            "rule": self.rules,
        }  # fmt: skip
        return [(kind, entry) for kind, entries in kinds.items() for entry in entries]  # type: ignore[attr-defined]

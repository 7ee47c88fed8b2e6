from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from kernel.geo import Point, is_inside
from kernel.ids import CityId, ZoneId

Value = TypeVar("Value")


class City(msgspec.Struct, frozen=True, kw_only=True):
    """A city with its currency (ISO 4217) and IANA time zone; `centre` is where its map opens."""

    id: CityId
    name: str
    country: str
    currency: str
    time_zone: str
    centre: Point


class Zone(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a city that is served and dispatched together; `polygon` is a simple ring."""

    id: ZoneId
    city_id: CityId
    name: str
    polygon: list[Point]


class ZoneMap:
    """All zones, to find the one a place lies in. Where zones overlap the older one wins."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._by_city: dict[CityId, list[Zone]] = {}
        for zone in zones:
            self._by_city.setdefault(zone.city_id, []).append(zone)

    def zone_of(self, point: Point, city_id: CityId) -> ZoneId | None:
        """Return the zone of this city that holds the place, or None outside all of them."""
        return next((zone.id for zone in self.zones(city_id) if is_inside(point, zone.polygon)), None)

    def zones(self, city_id: CityId) -> Sequence[Zone]:
        """Return the zones of a city."""
        return self._by_city.get(city_id, ())

    def cities(self) -> Sequence[CityId]:
        """Return the cities that have zones."""
        return list(self._by_city)


class Rule(msgspec.Struct, Generic[Value], frozen=True, kw_only=True):
    """A rule's value in force, and the version every decision made by it names (0: the default in code)."""

    version: int
    value: Value


class RuleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a rule's history."""

    version: int
    name: str
    scope_id: str
    value: dict[str, Any]
    valid_from: datetime
    owner_id: str
    reason: str

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import floor
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from kernel.geo import Point, is_inside, offset
from kernel.ids import CityId, ZoneId

Value = TypeVar("Value")
_MANY_CELLS: Final = 2_000
_CELL_DEG: Final = 0.05  # some five kilometres: a zone touches a few cells, a cell a few zones


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
    """All zones, to find the one a place lies in, and those near it. Where zones overlap the older one wins.

    Zones are found by the cells of a grid that their bounding boxes touch, so that a thousand of them cost what ten do.
    """

    def __init__(self, zones: Sequence[Zone], *, cities: Sequence[CityId] = ()) -> None:
        self._by_city: dict[CityId, list[Zone]] = {city_id: [] for city_id in cities}
        self._all: list[tuple[Zone, _Box]] = []
        self._large: list[tuple[Zone, _Box]] = []
        self._cells: dict[tuple[int, int], list[tuple[Zone, _Box]]] = {}
        for zone in zones:
            self._by_city.setdefault(zone.city_id, []).append(zone)
            boxed = zone, _Box.around(zone.polygon)
            self._all.append(boxed)
            if boxed[1].count_cells() > _MANY_CELLS:  # as large as a country, or drawn by mistake
                self._large.append(boxed)
                continue
            for cell in boxed[1].cells():
                self._cells.setdefault(cell, []).append(boxed)

    def zone_of(self, point: Point, city_id: CityId) -> ZoneId | None:
        """Return the zone of this city that holds the place, or None outside all of them."""
        found = [
            zone.id
            for zone, box in (*self._cells.get(_cell(point.lat, point.lon), ()), *self._large)
            if zone.city_id == city_id and box.holds(point) and is_inside(point, zone.polygon)
        ]
        return min(found, default=None)  # ids are sortable by age

    def near(self, point: Point, *, within_m: float) -> list[ZoneId]:
        """Return the zones whose bounding box is this near, of whichever city: borders are not walls.

        The own id of each city among them comes along, for who is outside all its zones; one without
        zones is everywhere.
        """
        corner = offset(point, east_m=within_m, north_m=within_m)
        up, right = corner.lat - point.lat, corner.lon - point.lon
        reach = _Box(point.lat - up, point.lon - right, point.lat + up, point.lon + right)
        found: dict[ZoneId, CityId] = {}
        near = [self._all] if reach.count_cells() > _MANY_CELLS else [self._large]
        if near[0] is self._large:
            near += [self._cells[cell] for cell in reach.cells() if cell in self._cells]
        for some in near:
            found |= {zone.id: zone.city_id for zone, box in some if box.meets(reach)}
        cities = dict.fromkeys(found.values()) | dict.fromkeys(self._bare())
        return [*found, *(ZoneId(city_id) for city_id in cities)]

    def _bare(self) -> list[CityId]:
        return [city_id for city_id, zones in self._by_city.items() if not zones]

    def zones(self, city_id: CityId) -> Sequence[Zone]:
        """Return the zones of a city."""
        return self._by_city.get(city_id, ())

    def cities(self) -> Sequence[CityId]:
        """Return the cities, also those without zones as far as they were named."""
        return list(self._by_city)


class _Box(NamedTuple):
    south: float
    west: float
    north: float
    east: float

    @classmethod
    def around(cls, corners: Sequence[Point]) -> "_Box":
        lats, lons = [corner.lat for corner in corners], [corner.lon for corner in corners]
        return cls(min(lats), min(lons), max(lats), max(lons))

    def holds(self, point: Point) -> bool:
        return self.south <= point.lat <= self.north and self.west <= point.lon <= self.east

    def meets(self, other: "_Box") -> bool:
        is_beside = self.north < other.south or other.north < self.south
        return not (is_beside or self.east < other.west or other.east < self.west)

    def count_cells(self) -> float:
        return ((self.north - self.south) / _CELL_DEG + 2) * ((self.east - self.west) / _CELL_DEG + 2)

    def cells(self) -> Iterator[tuple[int, int]]:
        (south, west), (north, east) = _cell(self.south, self.west), _cell(self.north, self.east)
        return ((row, column) for row in range(south, north + 1) for column in range(west, east + 1))


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return floor(lat / _CELL_DEG), floor(lon / _CELL_DEG)


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

"""Valid by default; a test says only what it is about. Ana rides in the centre of São Paulo at noon."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.model.positions import Ping, Position, Source, Standing, Track, to_ms
from fleet.model.riders import Vehicle
from kernel.geo import Point, offset
from kernel.ids import CityId, RiderId, ZoneId
from places.model import Zone, ZoneMap

NOON = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
NOON_MS = to_ms(NOON)
CENTRE = Point(lat=-23.5505, lon=-46.6333)
ANA = RiderId("rdr_01J9ZC4Q0000000000000000AN")
BETO = RiderId("rdr_01J9ZC4Q0000000000000000BE")
CITY = CityId("cty_01J9ZC4Q0000000000000000SP")
WEST = ZoneId("zon_01J9ZC4Q0000000000000WEST0")
EAST = ZoneId("zon_01J9ZC4Q0000000000000EAST0")


def at_s(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def a_ping(seconds: float = 0, *, east_m: float = 0, north_m: float = 0, **overrides: Any) -> Ping:
    """A good ping so many seconds after noon and so many metres from the centre."""
    place = offset(CENTRE, east_m=east_m, north_m=north_m)
    at_ms = to_ms(at_s(seconds))
    return Ping(**{"device_at_ms": at_ms, "lat": place.lat, "lon": place.lon, "accuracy_m": 0.0, **overrides})


def a_position(seconds: float = 0, *, skew_ms: int = 0, **overrides: Any) -> Position:
    ping = a_ping(seconds, **overrides)
    return Position(
        ping.device_at_ms, ping.lat, ping.lon, ping.accuracy_m, None, None, None, False, Source.APP, skew_ms, NOON_MS
    )


def a_track(seconds: float = 0, **overrides: Any) -> Track:
    return Track(last=a_position(seconds, **overrides))


def a_standing(version: int = 1, **overrides: Any) -> Standing:
    facts = {"is_available": True, "vehicle": Vehicle.MOTORCYCLE, "city_id": CITY}
    return Standing(**{"version": version, **facts, **overrides})


def an_area(zone_id: ZoneId, *, west_m: float, east_m: float, city_id: CityId = CITY) -> Zone:
    """A zone 20 km high."""
    corners = [(west_m, -1e4), (east_m, -1e4), (east_m, 1e4), (west_m, 1e4)]
    polygon = [offset(CENTRE, east_m=east, north_m=north) for east, north in corners]
    return Zone(id=zone_id, city_id=city_id, name=zone_id, polygon=polygon)


class TwoZones:
    """Zones west and east of the centre, 10 km each way: the border runs from north to south."""

    def __init__(self, city_id: CityId = CITY) -> None:
        west = an_area(WEST, west_m=-1e4, east_m=0, city_id=city_id)
        east = an_area(EAST, west_m=0, east_m=1e4, city_id=city_id)
        self.zones = ZoneMap([west, east])

    async def map(self) -> ZoneMap:
        return self.zones

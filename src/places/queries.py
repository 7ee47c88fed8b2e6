from datetime import datetime
from typing import TypeVar

import msgspec

from infra.db import Tx
from kernel.geo import Point
from kernel.ids import CityId, StoreId, ZoneId
from places import store
from places.errors import CityNotFound
from places.model import City, Rule, Zone, ZoneMap

Value = TypeVar("Value", bound=msgspec.Struct)


async def get_city(tx: Tx, city_id: CityId) -> City:
    """Return a city; raises `CityNotFound`."""
    city = await store.find_city(tx, city_id)
    if city is None:
        raise CityNotFound
    return city


async def list_cities(tx: Tx) -> list[City]:
    """Return every city."""
    return await store.list_cities(tx)


async def list_zones(tx: Tx, city_id: CityId) -> list[Zone]:
    """Return the zones of a city, oldest first."""
    return await store.list_city_zones(tx, city_id)


async def find_zone_of(tx: Tx, known: ZoneMap, point: Point, city_id: CityId) -> ZoneId | None:
    """Return the zone of this city that holds the place, or None. One drawn since `known` was read counts at once."""
    found = known.zone_of(point, city_id)
    return found or ZoneMap(await store.list_city_zones(tx, city_id)).zone_of(point, city_id)


async def zone_map(tx: Tx) -> ZoneMap:
    """Return all zones as a map to look places up in."""
    return ZoneMap(await store.list_zones(tx), cities=await store.list_city_ids(tx))


async def rule(
    tx: Tx, name: str, default: Value, *, city_id: CityId | None = None, store_id: StoreId | None = None, at: datetime
) -> Rule[Value]:
    """Return the rule in force at this instant: a store's before its city's before everybody's before the default."""
    scopes = [scope for scope in (store_id, city_id, "") if scope is not None]
    found = await store.find_rule(tx, name, scopes, at=at)
    if found is None:
        return Rule(version=0, value=default)
    version, raw = found
    return Rule(version=version, value=msgspec.json.decode(raw, type=type(default)))

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, ZoneId
from places.model import City, RuleRecord, Zone

_sql: Final = load("places")
_json: Final = msgspec.json.Encoder()


async def insert_city(tx: Tx, city: City, *, now: datetime) -> None:
    """Write a city."""
    await tx.execute(
        _sql.insert_city, city.id, city.name, city.country, city.currency, city.time_zone, city.centre.lat,
        city.centre.lon, now,
    )  # fmt: skip


async def find_city(tx: Tx, city_id: CityId) -> City | None:
    """Return a city, or None."""
    row = await tx.fetchrow(_sql.find_city, city_id)
    return _city(row) if row else None


async def lock_city(tx: Tx, city_id: CityId) -> City | None:
    """Lock a city; None where there is none."""
    row = await tx.fetchrow(_sql.lock_city, city_id)
    return _city(row) if row else None


async def update_city(tx: Tx, city: City) -> None:
    """Write what can change about a city."""
    await tx.execute(_sql.update_city, city.id, city.name, city.centre.lat, city.centre.lon)


async def list_cities(tx: Tx) -> list[City]:
    """Return every city."""
    return [_city(row) for row in await tx.fetch(_sql.list_cities)]


async def insert_zone(tx: Tx, zone: Zone, *, now: datetime) -> None:
    """Write a zone."""
    await tx.execute(_sql.insert_zone, zone.id, zone.city_id, zone.name, _json.encode(zone.polygon).decode(), now)


async def update_zone(tx: Tx, zone_id: ZoneId, *, name: str, polygon: Sequence[Point]) -> bool:
    """Write a zone anew; False where there is none."""
    return await tx.fetchval(_sql.update_zone, zone_id, name, _json.encode(polygon).decode()) is not None


async def list_city_ids(tx: Tx) -> list[CityId]:
    """Return the ids of all cities."""
    return [CityId(row["id"]) for row in await tx.fetch(_sql.list_city_ids)]


async def list_zones(tx: Tx) -> list[Zone]:
    """Return the zones of all cities, oldest first."""
    return [_zone(row) for row in await tx.fetch(_sql.list_zones)]


async def list_city_zones(tx: Tx, city_id: CityId) -> list[Zone]:
    """Return the zones of one city, oldest first."""
    return [_zone(row) for row in await tx.fetch(_sql.list_city_zones, city_id)]


async def insert_rule(
    tx: Tx, name: str, scope_id: str, value: Any, *, valid_from: datetime, reason: str, act: Act
) -> int:
    """Write a rule's next version and return it."""
    version: int = await tx.fetchval(
        _sql.insert_rule, name, scope_id, _json.encode(value).decode(), valid_from, act.actor.id, reason, act.now
    )
    return version


async def find_rule(tx: Tx, name: str, scopes: Sequence[str], *, at: datetime) -> tuple[int, bytes] | None:
    """Return version and raw value of the narrowest rule in force."""
    row = await tx.fetchrow(_sql.find_rule, name, list(scopes), at)
    return (row["version"], row["value"].encode()) if row else None


async def list_rules_in_force(tx: Tx, *, scope_id: str | None, at: datetime) -> list[RuleRecord]:
    """Return of each rule and scope the version in force."""
    return [_rule_record(row) for row in await tx.fetch(_sql.list_rules_in_force, at, scope_id)]


async def list_rules(tx: Tx, name: str, *, limit: int) -> list[RuleRecord]:
    """Return a rule's history, newest first."""
    rows = await tx.fetch(_sql.list_rules, name, limit)
    return [_rule_record(row) for row in rows]


def _city(row: asyncpg.Record) -> City:
    fields = dict(row)
    return City(centre=Point(lat=fields.pop("lat"), lon=fields.pop("lon")), **fields)


def _zone(row: asyncpg.Record) -> Zone:
    polygon = msgspec.json.decode(row["polygon"], type=list[Point])
    return Zone(id=row["id"], city_id=row["city_id"], name=row["name"], polygon=polygon)


def _rule_record(row: asyncpg.Record) -> RuleRecord:
    return msgspec.convert(dict(row) | {"value": msgspec.json.decode(row["value"])}, RuleRecord)

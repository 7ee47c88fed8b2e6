from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from infra import ids
from infra.db import Tx
from kernel.errors import InvalidField
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, ZoneId
from kernel.money import MINOR_DIGITS
from places import store
from places.errors import CityNotFound, RuleUnknown, ZoneNotFound
from places.model import City, Zone


async def found_city(
    tx: Tx, *, name: str, country: str, currency: str, time_zone: str, centre: Point, now: datetime
) -> City:
    """Open a city. Its currency and time zone must be ones we know."""
    if currency not in MINOR_DIGITS:
        raise InvalidField("currency", f"one of {', '.join(sorted(MINOR_DIGITS))}")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidField("time_zone", "an IANA name such as America/Sao_Paulo") from None
    city = City(
        id=ids.new(CityId, "cty"), name=name, country=country, currency=currency, time_zone=time_zone, centre=centre
    )
    await store.insert_city(tx, city, now=now)
    return city


async def change_city(tx: Tx, city_id: CityId, *, name: str, centre: Point) -> City:
    """Give a city another name or centre. Its currency and time zone are in every order and stay."""
    city = await store.lock_city(tx, city_id)
    if city is None:
        raise CityNotFound
    after = msgspec.structs.replace(city, name=name, centre=centre)
    if after != city:
        await store.update_city(tx, after)
    return after


async def draw_zone(tx: Tx, *, city_id: CityId, name: str, polygon: list[Point], now: datetime) -> Zone:
    """Add a zone to a city."""
    if await store.find_city(tx, city_id) is None:
        raise CityNotFound
    zone = Zone(id=ids.new(ZoneId, "zon"), city_id=city_id, name=name, polygon=polygon)
    await store.insert_zone(tx, zone, now=now)
    return zone


async def redraw_zone(tx: Tx, zone_id: ZoneId, *, name: str, polygon: list[Point]) -> None:
    """Give a zone another name or ring. Orders that were placed in it stay in it."""
    if not await store.update_zone(tx, zone_id, name=name, polygon=polygon):
        raise ZoneNotFound


async def set_rule(  # noqa: PLR0913  owner and time come with the act
    tx: Tx,
    name: str,
    *,
    scope_id: str,
    value: dict[str, Any],
    valid_from: datetime,
    reason: str,
    known: Mapping[str, type[msgspec.Struct]],
    act: Act,
) -> int:
    """Give a rule its next version; the value must fit the rule's own shape. Nothing in the past is changed."""
    if name not in known:
        raise RuleUnknown(name, known=sorted(known))
    if unknown := sorted(value.keys() - set(known[name].__struct_fields__)):
        raise InvalidField("value", f"{', '.join(unknown)}: not known to this rule")
    try:
        fitted = msgspec.convert(value, known[name])
    except msgspec.ValidationError as error:
        raise InvalidField("value", str(error)) from None
    return await store.insert_rule(
        tx, name, scope_id, fitted, valid_from=max(valid_from, act.now), reason=reason, act=act
    )

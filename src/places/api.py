from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import CALLERS, Caller, Scope
from infra import idempotency
from infra.db import Tx
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import CityId, ZoneId
from kernel.instants import Dated, Instant
from kernel.text import GIVEN_ID, NO_NUL, Text
from places import commands, queries, store
from places.model import City, RuleRecord, Zone

Name = Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=128)]
CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
ScopeQuery = Annotated[str | None, QueryParameter(name="scope_id", max_length=64, pattern=NO_NUL)]
_ADMINISTRATION: Final = [allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])]


class NewCity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A city to open."""

    name: Name
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    time_zone: Annotated[Text, msgspec.Meta(min_length=3, max_length=64)]
    centre: Point


class NewZone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone to add; the ring need not be closed."""

    city_id: Annotated[CityId, GIVEN_ID]
    name: Name
    polygon: Annotated[list[Point], msgspec.Meta(min_length=3, max_length=500)]


class RuleChange(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule's next version, for everybody or for one city or store."""

    value: dict[str, Any]
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]
    scope_id: Annotated[Text, msgspec.Meta(max_length=64)] = ""
    valid_from: Instant | None = None


class ZoneChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A zone's name and ring as they are to be."""

    name: Name
    polygon: Annotated[list[Point], msgspec.Meta(min_length=3, max_length=500)]


class RuleNow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: what holds where nobody said otherwise, and what was said that holds now."""

    name: str
    default: dict[str, Any]
    in_force: list[RuleRecord]


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """Which version was written."""

    name: str
    version: int


@post("/v1/cities", guards=_ADMINISTRATION)
async def found_city(
    data: JSONBody[NewCity],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> City:
    """Open a city."""

    async def do() -> City:
        return await commands.found_city(tx, **msgspec.structs.asdict(data), now=now)

    asked = idempotency.fingerprint("found_city", data)
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=City, now=now)


@get("/v1/cities", guards=[allow(*CALLERS)])
async def list_cities(tx: NamedDependency[Tx]) -> list[City]:
    """List the cities."""
    return await queries.list_cities(tx)


@post("/v1/zones", guards=_ADMINISTRATION)
async def draw_zone(
    data: JSONBody[NewZone],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Zone:
    """Add a zone to a city."""

    async def do() -> Zone:
        return await commands.draw_zone(tx, city_id=data.city_id, name=data.name, polygon=data.polygon, now=now)

    asked = idempotency.fingerprint("draw_zone", data)
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=Zone, now=now)


@get("/v1/zones", guards=[allow(*CALLERS)])
async def list_zones(city_id: CityQuery, tx: NamedDependency[Tx]) -> list[Zone]:
    """List the zones of a city."""
    return await queries.list_zones(tx, city_id)


@put("/v1/zones/{zone_id:str}", status_code=204, guards=_ADMINISTRATION)
async def redraw_zone(zone_id: FromPath[ZoneId], data: JSONBody[ZoneChange], tx: NamedDependency[Tx]) -> None:
    """Give a zone another name or ring. Orders that were placed in it stay in it."""
    await commands.redraw_zone(tx, zone_id, name=data.name, polygon=data.polygon)


@put("/v1/rules/{name:str}", guards=[allow(Role.OPERATOR, scopes=[Scope.RULES, Scope.ADMINISTRATION])])
async def set_rule(
    name: FromPath[str],
    data: JSONBody[RuleChange],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
    rule_kinds: NamedDependency[Mapping[str, Any]],
) -> RuleSet:
    """Give a rule its next version."""
    version = await commands.set_rule(
        tx,
        name,
        scope_id=data.scope_id,
        value=data.value,
        valid_from=data.valid_from or now,
        reason=data.reason,
        known=rule_kinds,
        act=caller.act(now),
    )
    return RuleSet(name=name, version=version)


@get("/v1/rules", guards=[allow(Role.OPERATOR)])
async def list_rules(
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
    rule_kinds: NamedDependency[Mapping[str, Any]],
    scope_id: ScopeQuery = None,
) -> list[RuleNow]:
    """List every rule: its default, and what holds now for everybody, for cities and for stores."""
    in_force = await store.list_rules_in_force(tx, scope_id=scope_id, at=now)
    return [
        RuleNow(
            name=name,
            default=msgspec.to_builtins(kind()),
            in_force=[record for record in in_force if record.name == name],
        )
        for name, kind in sorted(rule_kinds.items())
    ]


@get("/v1/rules/{name:str}", guards=[allow(Role.OPERATOR)])
async def list_rule_versions(name: FromPath[str], tx: NamedDependency[Tx]) -> list[RuleRecord]:
    """List a rule's versions, newest first, at most a hundred."""
    return await store.list_rules(tx, name, limit=100)


ROUTES: Final = [found_city, list_cities, draw_zone, list_zones, redraw_zone, list_rules, set_rule, list_rule_versions]

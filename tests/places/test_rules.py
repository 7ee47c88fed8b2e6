from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from infra.db import Database, Tx
from kernel.actors import Actor, Role
from kernel.errors import InvalidField
from kernel.events import Act
from kernel.geo import Point, offset
from kernel.ids import CityId, StoreId, ZoneId
from places import commands, queries, store
from places.errors import CityNotFound, RuleUnknown, ZoneNotFound

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SE = Point(lat=-23.55, lon=-46.63)
ACT = Act(actor=Actor(Role.OPERATOR, "per_1"), now=NOON, occurred_at=NOON)
CITY, STORE = CityId("cty_1"), StoreId("sto_1")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    window_s: int = 300


@pytest.fixture
async def tx(database_url: str) -> AsyncIterator[Tx]:
    async with Database.connect(database_url, pool_size=2) as database, database.begin() as tx:
        yield tx


async def set_rule(tx: Tx, window_s: int, *, scope_id: str = "", valid_from: datetime = NOON) -> int:
    return await commands.set_rule(
        tx,
        "patience",
        scope_id=scope_id,
        value={"window_s": window_s},
        valid_from=valid_from,
        reason="it is Carnival",
        known={"patience": Patience},
        act=ACT,
    )


async def in_force(tx: Tx, *, at: datetime = NOON) -> int:
    rule = await queries.rule(tx, "patience", Patience(), city_id=CITY, store_id=STORE, at=at)
    return rule.value.window_s


async def test_without_a_rule_the_default_is_in_force_as_version_zero(tx: Tx):
    rule = await queries.rule(tx, "patience", Patience(), at=NOON)

    assert (rule.version, rule.value) == (0, Patience(window_s=300))


async def test_a_stores_rule_comes_before_its_citys_before_everybodys(tx: Tx):
    await set_rule(tx, 1)
    assert await in_force(tx) == 1
    await set_rule(tx, 2, scope_id=CITY)
    assert await in_force(tx) == 2
    await set_rule(tx, 3, scope_id=STORE)
    assert await in_force(tx) == 3


async def test_a_rule_begins_on_its_day_and_the_newest_wins(tx: Tx):
    await set_rule(tx, 1)
    await set_rule(tx, 2)
    await set_rule(tx, 9, valid_from=NOON + timedelta(days=1))

    assert await in_force(tx) == 2
    assert await in_force(tx, at=NOON + timedelta(days=1)) == 9


async def test_the_past_is_never_ruled_anew(tx: Tx):
    await set_rule(tx, 1, valid_from=NOON - timedelta(days=1))

    assert await in_force(tx, at=NOON - timedelta(hours=1)) == 300


async def test_every_version_keeps_its_owner_and_reason(tx: Tx):
    version = await set_rule(tx, 7)

    record = (await store.list_rules(tx, "patience", limit=1))[0]
    assert (record.version, record.owner_id, record.reason) == (version, "per_1", "it is Carnival")


async def test_a_rule_nobody_knows_and_a_value_that_does_not_fit_are_refused(tx: Tx):
    with pytest.raises(RuleUnknown):
        await commands.set_rule(
            tx, "mood", scope_id="", value={}, valid_from=NOON, reason="x", known={"patience": Patience}, act=ACT
        )
    with pytest.raises(InvalidField):
        await commands.set_rule(
            tx, "patience", scope_id="", value={"window_s": "long"}, valid_from=NOON, reason="x",
            known={"patience": Patience}, act=ACT,
        )  # fmt: skip


async def test_a_place_lies_in_the_zone_that_was_drawn_round_it(tx: Tx):
    city = await commands.found_city(
        tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SE, now=NOON
    )
    ring = [offset(SE, east_m=east, north_m=north) for east, north in ((-9, -9), (9, -9), (9, 9), (-9, 9))]
    zone = await commands.draw_zone(tx, city_id=city.id, name="Centro", polygon=ring, now=NOON)

    zones = await queries.zone_map(tx)

    assert zones.zone_of(SE, city.id) == zone.id
    assert zones.zone_of(offset(SE, east_m=50, north_m=0), city.id) is None
    assert zones.zone_of(SE, CityId("cty_elsewhere")) is None


async def test_a_zone_counts_at_once_for_who_read_the_others_before(tx: Tx):
    city = await commands.found_city(
        tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SE, now=NOON
    )
    known = await queries.zone_map(tx)
    ring = [offset(SE, east_m=x, north_m=y) for x, y in ((-10, -10), (10, -10), (10, 10), (-10, 10))]
    zone = await commands.draw_zone(tx, city_id=city.id, name="Centro", polygon=ring, now=NOON)

    assert await queries.find_zone_of(tx, known, SE, city.id) == zone.id
    assert await queries.find_zone_of(tx, known, offset(SE, east_m=50, north_m=0), city.id) is None


@pytest.mark.parametrize("wrong", [{"currency": "XXX"}, {"time_zone": "Mars/Olympus"}], ids=["currency", "time zone"])
async def test_a_city_on_mars_is_refused_by_field(tx: Tx, wrong: dict[str, str]):
    facts = {"name": "Sampa", "country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo"} | wrong

    with pytest.raises(InvalidField) as refusal:
        await commands.found_city(tx, **facts, centre=SE, now=NOON)

    assert refusal.value.facts["field"] == next(iter(wrong))


async def test_a_zone_of_no_city_is_refused(tx: Tx):
    with pytest.raises(CityNotFound):
        await commands.draw_zone(tx, city_id=CityId("cty_0"), name="Nowhere", polygon=[SE] * 3, now=NOON)


async def test_a_city_and_a_zone_get_another_name_and_shape(tx: Tx):
    city = await commands.found_city(
        tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SE, now=NOON
    )
    zone = await commands.draw_zone(tx, city_id=city.id, name="Centro", polygon=[SE] * 3, now=NOON)
    ring = [offset(SE, east_m=east, north_m=north) for east, north in ((-9, -9), (9, -9), (9, 9), (-9, 9))]
    corner = offset(SE, east_m=5, north_m=5)

    await commands.change_city(tx, city.id, name="São Paulo", centre=corner)
    await commands.redraw_zone(tx, zone.id, name="Sé", polygon=ring)

    after = await queries.get_city(tx, city.id)
    assert (after.name, after.centre, after.currency) == ("São Paulo", corner, "BRL")
    assert [(drawn.id, drawn.name, drawn.polygon) for drawn in await queries.list_zones(tx, city.id)] == [
        (zone.id, "Sé", ring)
    ]


async def test_a_city_or_zone_that_is_not_there_is_not_changed(tx: Tx):
    with pytest.raises(CityNotFound):
        await commands.change_city(tx, CityId("cty_0"), name="Nowhere", centre=SE)
    with pytest.raises(ZoneNotFound):
        await commands.redraw_zone(tx, ZoneId("zon_0"), name="Nowhere", polygon=[SE] * 3)

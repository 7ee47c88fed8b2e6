import asyncio

import pytest
from tests.merchant.builders import MINUTE, a_line, an_id
from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER

from kernel.geo import Point
from kernel.ids import CityId, ItemId, MerchantId, StoreId
from merchant import commands, queries
from merchant.commands.menus import ItemChange
from merchant.commands.setup import NewStore, StoreChange
from merchant.errors import ItemNotFound, ItemsOutOfStock, MerchantNotFound, StoreNotFound
from merchant.model.stores import OpeningHours
from merchant.policy.menus import WantedItem

CORNER = Point(lat=-23.556, lon=-46.661)


async def menu(kitchen):
    return (await kitchen.do(lambda tx: queries.get_menu(tx, kitchen.store_id))).items


async def test_a_second_import_changes_nothing(kitchen):
    before = await menu(kitchen)
    told = await kitchen.value("SELECT count(*) FROM events")

    await kitchen.sell(pizza=4200, soda=800)

    assert await menu(kitchen) == before
    assert await kitchen.value("SELECT count(*) FROM events") == told


async def test_an_item_keeps_its_id_through_a_new_price_and_a_season_off_the_menu(kitchen):
    await kitchen.sell(soda=900)
    assert [item.external_ref for item in await menu(kitchen)] == ["soda"]

    pizza, soda = await kitchen.sell(pizza=4300, soda=900)

    assert (pizza, soda) == (kitchen.pizza, kitchen.soda)


async def test_the_kitchens_word_on_stock_survives_an_import(kitchen):
    await kitchen.count(kitchen.pizza, 3)

    await kitchen.sell(pizza=4500, soda=800)

    assert await kitchen.left(kitchen.pizza) == 3


async def test_the_store_hears_what_changed_in_its_own_stream(kitchen):
    await kitchen.count(kitchen.pizza, 3)
    await kitchen.count(kitchen.pizza, 3)

    rows = await kitchen.rows("SELECT seq, feeds FROM events WHERE type = 'store.items_changed' ORDER BY seq")
    assert [(row["seq"], row["feeds"]) for row in rows] == [(1, [kitchen.store_id]), (2, [kitchen.store_id])]


async def test_an_item_of_another_menu_is_not_there(kitchen):
    async def change(tx):
        item_id = ItemId(an_id("itm", 99))
        await commands.change_item(tx, kitchen.store_id, item_id, ItemChange(), by=kitchen.nena, now=kitchen.now)

    with pytest.raises(ItemNotFound):
        await kitchen.do(change)


@pytest.mark.parametrize("step", ["item", "store", "menu"])
async def test_a_store_of_somebody_else_is_not_there(kitchen, step):
    wish = {"by": DISPATCHER, "now": kitchen.now}
    steps = {
        "item": lambda tx: commands.change_item(tx, kitchen.store_id, kitchen.pizza, ItemChange(), **wish),
        "store": lambda tx: commands.change_store(tx, kitchen.store_id, StoreChange(), **wish),
        "menu": lambda tx: commands.import_menu(tx, kitchen.store_id, [], **wish),
    }

    with pytest.raises(StoreNotFound):
        await kitchen.do(steps[step])


async def test_a_store_belongs_to_a_merchant_we_know(kitchen):
    known = await kitchen.do(lambda tx: queries.get_store(tx, kitchen.store_id, caller=kitchen.nena, at=kitchen.now))
    new = NewStore(
        merchant_id=MerchantId(an_id("mer", 9)),
        city_id=CityId(kitchen.city_id),
        name="Nowhere",
        phone="+551130001234",
        address="-",
        point=known.point,
        opening_hours=OpeningHours(),
        default_prep_minutes=15,
        auto_accept=False,
    )

    with pytest.raises(MerchantNotFound):
        await kitchen.do(lambda tx: commands.add_store(tx, new, now=kitchen.now))


async def test_pausing_twice_is_told_once(kitchen):
    until = kitchen.now + 30 * MINUTE

    await kitchen.change(paused_until=until)
    await kitchen.change(paused_until=until)
    await kitchen.change(paused_until=None)

    rows = await kitchen.rows("SELECT actor_role FROM events WHERE type = 'store.changed'")
    assert [row["actor_role"] for row in rows] == ["merchant", "merchant"]


async def test_what_placing_needs_to_know(kitchen):
    await kitchen.count(kitchen.soda, 0)
    await kitchen.change(default_prep_minutes=20)
    unknown = ItemId(an_id("itm", 99))

    facts = await kitchen.do(
        lambda tx: queries.facts_for_order(tx, kitchen.store_id, [kitchen.soda, kitchen.soda, unknown], kitchen.now)
    )

    assert (facts.is_open, facts.is_paused, facts.prep_minutes) == (True, False, 20)
    assert list(facts.items) == [kitchen.soda]
    assert facts.items[kitchen.soda].stock_count == 0
    assert facts.city_id == kitchen.city_id


async def test_an_unknown_store_has_no_facts(kitchen):
    with pytest.raises(StoreNotFound):
        await kitchen.do(lambda tx: queries.facts_for_order(tx, StoreId(an_id("sto", 9)), [], kitchen.now))


async def test_the_last_pizza_is_sold_once(kitchen):
    await kitchen.count(kitchen.pizza, 1)

    async def buy():
        await kitchen.do(lambda tx: commands.take_stock(tx, kitchen.store_id, [a_line(kitchen.pizza)]))

    results = await asyncio.gather(*(buy() for _ in range(4)), return_exceptions=True)

    assert [type(result) for result in results if result is not None] == [ItemsOutOfStock] * 3
    assert await kitchen.left(kitchen.pizza) == 0


async def test_an_import_and_orders_at_the_same_time_do_not_wait_for_each_other_in_a_ring(kitchen):
    await kitchen.count(kitchen.pizza, 100)

    await asyncio.gather(*(kitchen.order() for _ in range(8)), *(kitchen.sell(pizza=n, soda=800) for n in range(8)))

    assert await kitchen.left(kitchen.pizza) == 92


async def test_dishes_are_added_and_changed_beside_the_rest_of_the_menu(kitchen):
    wanted = [
        WantedItem(external_ref="pizza", name="Pizza", price_minor=4500),
        WantedItem(external_ref="flan", name="Pudim", price_minor=1500),
        WantedItem(external_ref="coffee", name="Café", price_minor=500),
    ]

    async with kitchen.database.begin() as tx:
        menu = await commands.write_items(tx, kitchen.store_id, wanted, by=ADMINISTRATOR, now=kitchen.now)

    assert {item.external_ref: item.price_minor for item in menu} == {
        "pizza": 4500, "soda": 800, "flan": 1500, "coffee": 500}  # fmt: skip
    assert [item.external_ref for item in menu if item.external_ref in {"flan", "coffee"}] == ["flan", "coffee"]


async def test_a_store_gets_another_name_and_moves_and_its_merchant_is_renamed(kitchen):
    change = StoreChange(name="Cantina Nova", phone="+551130009999", address="Rua Augusta, 1", point=CORNER)
    seen = await kitchen.do(lambda tx: queries.get_store(tx, kitchen.store_id, caller=ADMINISTRATOR, at=kitchen.now))

    await kitchen.do(lambda tx: commands.change_store(tx, kitchen.store_id, change, by=ADMINISTRATOR, now=kitchen.now))
    await kitchen.do(lambda tx: commands.rename_merchant(tx, seen.merchant_id, name="Nova Ltda."))

    after = await kitchen.do(lambda tx: queries.get_store(tx, kitchen.store_id, caller=ADMINISTRATOR, at=kitchen.now))
    assert (after.name, after.phone, after.address, after.point) == (
        "Cantina Nova", "+551130009999", "Rua Augusta, 1", CORNER)  # fmt: skip
    assert (await kitchen.do(lambda tx: queries.get_merchant(tx, seen.merchant_id))).name == "Nova Ltda."
    told = await kitchen.value("SELECT payload -> 'changed' FROM events WHERE type = 'store.changed'")
    assert told == '["address", "name", "phone", "point"]'


async def test_a_merchant_that_is_not_there_is_neither_found_nor_renamed(kitchen):
    nobody = MerchantId(an_id("mer", 9))

    with pytest.raises(MerchantNotFound):
        await kitchen.do(lambda tx: commands.rename_merchant(tx, nobody, name="Ninguém"))
    with pytest.raises(MerchantNotFound):
        await kitchen.do(lambda tx: queries.get_merchant(tx, nobody))

"""What an import makes, changes and leaves alone."""

import asyncio

from tests.recado.importing.office import SMALL, edited

from recado.importing.applying import Outcome

STILL_ON = "it is still on the menu; take it off with `available: no` in the file"
EVERYTHING = "intake, dispatch, support, quality, marketing, rules, administration"
KEEPS_ITS_RIGHTS = "what was paired before keeps its rights; revoke it at the desk, and pair it anew"
SHAPE = "of 64 corners around -23.9670, -46.3320"


async def test_a_file_makes_a_city_with_all_that_is_in_it(office):
    said = await office.says()

    assert said == [
        "made     1 city",
        "made     1 operator",
        "made     1 zone",
        "made     1 merchant",
        "made     1 store",
        "made     2 items",
        "made     1 member of staff",
        "made     1 rider",
        "made     1 rule",
        "Santos: 10 made, 0 changed, 0 as they were",
    ]
    assert await office.values("SELECT name, price_minor, is_available, stock_count FROM menu_items ORDER BY id") == [
        ("Isca de peixe", 3490, True, 8),
        ("Caldo de peixe", 1800, True, None),
    ]


async def test_a_second_import_changes_nothing_and_says_so(office):
    await office.run()
    before = await office.counts()

    said = await office.says()

    assert said == ["Santos: 0 made, 0 changed, 10 as they were"]
    assert await office.counts() == before


async def test_another_price_in_the_file_changes_that_price_alone(office):
    await office.run()
    before = await office.values("SELECT id, name, price_minor, stock_count FROM menu_items ORDER BY id")

    said = await office.says(edited(("34.90", "36.50")))

    assert said == ["changed  item cais/isca: price 34.90 → 36.50", "Santos: 0 made, 1 changed, 9 as they were"]
    after = await office.values("SELECT id, name, price_minor, stock_count FROM menu_items ORDER BY id")
    assert after == [(before[0][0], "Isca de peixe", 3650, 8), before[1]]


async def test_what_a_kitchen_said_since_stays_when_the_file_says_nothing_new_of_it(office):
    await office.run()
    await office.execute("UPDATE menu_items SET stock_count = 3, is_available = false WHERE external_ref = 'isca'")

    said = await office.says(edited(("34.90", "36.50")))

    assert said == [
        "changed  item cais/isca: price 34.90 → 36.50",
        "left     item cais/isca: stock is 3 since, and stays; the file says 8",
        "Santos: 0 made, 1 changed, 9 as they were",
    ]
    assert await office.values("SELECT stock_count, is_available FROM menu_items WHERE external_ref = 'isca'") == [
        (3, False)
    ]


async def test_another_count_in_the_file_is_set_whatever_was_sold(office):
    await office.run()
    await office.execute("UPDATE menu_items SET stock_count = 3 WHERE external_ref = 'isca'")

    said = await office.says(edited(("stock: 8", "stock: 10")))

    assert said[0] == "changed  item cais/isca: stock 3 → 10"


async def test_a_reset_sets_what_people_changed_since_as_the_file_says(office):
    await office.run()
    await office.execute("UPDATE menu_items SET stock_count = 3 WHERE external_ref = 'isca'")

    said = await office.says(reset=True)

    assert said == ["changed  item cais/isca: stock 3 → 8", "Santos: 0 made, 1 changed, 9 as they were"]


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(office):
    before = await office.counts()

    said = await office.says(is_dry_run=True)

    assert said[-2:] == ["Santos: 10 made, 0 changed, 0 as they were", "nothing was written: this was a dry run"]
    assert await office.counts() == before


async def test_what_is_no_longer_in_the_file_is_told_and_stays(office):
    await office.run()
    without = edited(("      caldo:\n        name: Caldo de peixe\n        price: 18.00\n", ""))

    said = await office.says(without)

    assert said == [
        f"gone     item cais/caldo is no longer in the file: {STILL_ON}",
        "Santos: 0 made, 0 changed, 9 as they were",
    ]
    assert await office.values("SELECT removed_at, is_available FROM menu_items WHERE external_ref = 'caldo'") == [
        (None, True)
    ]


async def test_a_dish_is_taken_off_by_the_file_and_brought_back(office):
    await office.run()
    sold_out = edited(("price: 18.00", "price: 18.00\n        available: no"))

    off = await office.says(sold_out)
    on = await office.says(edited(("available: no", "available: yes"), text=sold_out))

    assert off[0] == "changed  item cais/caldo: available yes → no"
    assert on[0] == "changed  item cais/caldo: available no → yes"


async def test_a_new_dish_is_put_on_the_menu_beside_the_others(office):
    await office.run()

    said = await office.says(
        edited(("      caldo:", "      pirao:\n        name: Pirão\n        price: 9.00\n      caldo:"))
    )

    assert said == ["made     1 item", "Santos: 1 made, 0 changed, 10 as they were"]


async def test_a_dish_taken_off_the_menu_by_others_stays_off_until_the_file_says_something_new(office):
    await office.run()
    await office.execute("UPDATE menu_items SET removed_at = '2026-03-02T15:00Z' WHERE external_ref = 'caldo'")

    same = await office.says()
    dearer = await office.says(edited(("18.00", "19.00")))

    assert same[0] == "left     item cais/caldo: was taken off the menu since, and stays off"
    assert dearer[0] == "changed  item cais/caldo: back on the menu"
    assert await office.values("SELECT removed_at, price_minor FROM menu_items WHERE external_ref = 'caldo'") == [
        (None, 1900)
    ]


async def test_everything_that_can_change_changes_and_says_so(office):
    await office.run()
    moved = edited(
        ("name: Santos", "name: Baixada Santista"),
        ("centre: -23.9608, -46.3336", "centre: -23.9600, -46.3300"),
        ("radius: 2 km", "radius: 3 km"),
        ("name: Bar do Cais", "name: Boteco do Cais"),
        ("3234-0001", "3234-0009"),
        ("Av. Ana Costa, 10", "Av. Ana Costa, 12"),
        ("place: -23.9660", "place: -23.9661"),
        ("tue-sun 18:00-23:30", "tue-sun 18:00-01:00"),
        ("prep: 20 min", "prep: 25 min\n    auto accept: yes"),
        ("vehicle: bicycle", "vehicle: motorcycle\n      carries: 3"),
        ("98765-0003", "98765-0004"),
        ("may: all", "may: dispatch, administration"),
        ("as: manager", "as: kitchen"),
        ("5.00", "6.00"),
    )

    said = await office.says(moved)

    assert said == [
        "changed  city santos: name Santos → Baixada Santista",
        "changed  city santos: centre -23.9608, -46.3336 → -23.96, -46.33",
        f"changed  operator nena: may {EVERYTHING} → dispatch, administration",
        f"changed  zone gonzaga: shape {SHAPE} → {SHAPE}",
        "changed  merchant cais: name Bar do Cais → Boteco do Cais",
        "changed  store cais: name Bar do Cais → Boteco do Cais",
        "changed  store cais: phone +551332340001 → +551332340009",
        "changed  store cais: address Av. Ana Costa, 10 → Av. Ana Costa, 12",
        "changed  store cais: place -23.966, -46.333 → -23.9661, -46.333",
        "changed  store cais: hours tue-sun 18:00-23:30 → tue-sun 18:00-01:00",
        "changed  store cais: prep 20 min → 25 min",
        "changed  store cais: auto accept no → yes",
        "changed  staff tiao: as manager → kitchen",
        "changed  rider beto: phone +5513987650003 → +5513987650004",
        "changed  rider beto: vehicle bicycle → motorcycle",
        "changed  rider beto: carries 2 → 3",
        "changed  rule fees: delivery_fee_minor 500 → 600",
        f"left     operator nena: {KEEPS_ITS_RIGHTS}",
        f"left     staff tiao: {KEEPS_ITS_RIGHTS}",
        "Baixada Santista: 0 made, 8 changed, 2 as they were",
    ]
    assert await office.says(moved) == ["Baixada Santista: 0 made, 0 changed, 10 as they were"]


async def test_a_rule_gets_its_next_version_with_owner_and_reason_only_when_it_is_different(office):
    done = await office.run()
    await office.run()
    await office.run(edited(("5.00", "6.00"), ("As everybody in town", "Petrol is dearer")))

    rules = await office.values("SELECT scope_id, value, owner_id, reason FROM rules ORDER BY version")
    city, nena = done.ids["city", "santos"], done.ids["operator", "nena"]
    assert rules == [
        (city, '{"delivery_fee_minor": 500}', nena, "As everybody in town"),
        (city, '{"delivery_fee_minor": 600}', nena, "Petrol is dearer"),
    ]


async def test_a_rule_that_the_desk_set_since_stays(office):
    done = await office.run()
    await office.execute(
        "INSERT INTO rules (name, scope_id, value, valid_from, owner_id, reason, created_at) "
        "SELECT name, scope_id, '{\"delivery_fee_minor\": 900}', valid_from, owner_id, 'rain', created_at FROM rules"
    )

    said = await office.says()

    assert isinstance(done, Outcome)
    assert said[0] == "left     rule fees: delivery_fee_minor 900 since, and stays; the file says 500"
    assert await office.values("SELECT count(*) FROM rules") == [(2,)]


async def test_currency_and_time_zone_stay_for_ever(office):
    await office.run()
    before = await office.counts()

    wrong = await office.run(
        edited(("currency: BRL", "currency: CLP"), ("34.90", "3490"), ("18.00", "1800"), ("5.00", "500"))
    )

    assert wrong == ["city: currency is BRL for ever: orders were made with it"]
    assert await office.counts() == before


async def test_a_phone_that_another_rider_of_the_city_has_is_named_and_nothing_is_half_done(office):
    await office.run()
    before = await office.counts()
    newcomer = "    carla:\n      name: Carla Nunes\n      phone: +55 13 98765-0003\n      vehicle: foot\n"
    swapped = edited(
        ("    beto:", newcomer + "    beto:"),
        ("98765-0003\n      vehicle: bicycle", "98765-0007\n      vehicle: bicycle"),
    )

    wrong = await office.run(edited(("34.90", "36.50"), text=swapped))

    assert wrong == ["rider carla: the phone +5513987650003 belongs to another rider of this city already"]
    assert await office.counts() == before
    assert await office.values("SELECT price_minor FROM menu_items WHERE external_ref = 'isca'") == [(3490,)]


async def test_a_store_stays_with_its_merchant(office):
    await office.run()

    wrong = await office.run(
        edited(
            ("stores:", "merchants:\n  outra:\n    name: Outra Ltda.\nstores:"),
            ("    name: Bar", "    merchant: outra\n    name: Bar"),
        )
    )

    assert wrong == ["store cais: its merchant is cais for ever"]


async def test_two_imports_at_once_make_one_city(office):
    first, second = await asyncio.gather(office.run(), office.run())

    assert sorted([(len(first.made), first.kept), (len(second.made), second.kept)]) == [(0, 10), (10, 0)]
    assert (await office.counts())["stores"] == 1


async def test_two_cities_with_the_same_keys_in_them_are_two_cities(office):
    await office.run()

    done = await office.run(edited(("key: santos", "key: guaruja")))

    assert len(done.made) == 10
    assert (await office.counts())["stores"] == 2


async def test_a_renamed_thing_is_the_same_thing(office):
    first = await office.run()

    second = await office.run(SMALL.replace("Bar do Cais", "Peixaria Nova"))

    assert first.ids == second.ids

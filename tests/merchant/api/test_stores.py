import pytest
from tests.merchant.builders import an_id
from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER

from accounts.model import Caller
from kernel.actors import Role
from kernel.ids import StoreId

RIDER = Caller(role=Role.RIDER, id=an_id("rdr", 9))
STRANGER = Caller(role=Role.MERCHANT, id=an_id("per", 9), store_ids=frozenset({StoreId(an_id("sto", 9))}))


def a_wish(kitchen, **changes):
    return {
        "merchant_id": changes.pop("merchant_id", ""),
        "city_id": kitchen.city_id,
        "name": "Boteco do Tião",
        "phone": "+551130005678",
        "address": "Rua Bela Cintra, 10",
        "point": {"lat": -23.55, "lon": -46.65},
    } | changes


async def test_an_administrator_sets_a_store_up_from_nothing(kitchen, tablet):
    merchant = await tablet.call("POST", "/v1/merchants", ADMINISTRATOR, {"name": "Tião Ltda."}, key="m1")
    hours = {"monday": [{"opens": "18:00", "closes": "02:00"}]}
    wish = a_wish(kitchen, merchant_id=merchant.json()["id"], opening_hours=hours)

    store = await tablet.call("POST", "/v1/stores", ADMINISTRATOR, wish, key="s1")
    again = await tablet.call("POST", "/v1/stores", ADMINISTRATOR, wish, key="s1")

    assert (merchant.status_code, store.status_code) == (201, 201)
    assert again.json() == store.json()
    assert store.json()["time_zone"] == "America/Sao_Paulo"
    assert store.json()["opening_hours"] == hours
    assert store.json()["is_open"] is False  # noon


async def test_a_menu_is_imported_whole_and_twice_the_same(kitchen, tablet):
    path = f"/v1/stores/{kitchen.store_id}/menu"
    menu = {"items": [{"external_ref": "soup", "name": "Caldo verde", "price_minor": 1900, "stock_count": 4}]}

    first = await tablet.call("PUT", path, ADMINISTRATOR, menu)
    second = await tablet.call("PUT", path, ADMINISTRATOR, menu)
    seen = await tablet.call("GET", path, RIDER)

    assert first.status_code == 200
    assert first.json() == second.json() == seen.json()
    assert [item["name"] for item in seen.json()["items"]] == ["Caldo verde"]
    assert seen.json()["currency"] == "BRL"


async def test_staff_see_what_accepting_would_promise_now(kitchen, tablet):
    path = f"/v1/stores/{kitchen.store_id}"
    usual = await tablet.call("GET", path, kitchen.nena)
    busy = {"extra_minutes": 10, "until": "2026-03-02T16:00:00Z"}

    while_busy = await tablet.call("PATCH", path, kitchen.nena, {"busy": busy})

    assert (usual.json()["usual_prep_minutes"], while_busy.json()["usual_prep_minutes"]) == (15, 25)


async def test_staff_pause_their_store_and_open_it_again(kitchen, tablet):
    path = f"/v1/stores/{kitchen.store_id}"

    paused = await tablet.call("PATCH", path, kitchen.nena, {"paused_until": "2026-03-02T16:00:00Z"})
    opened = await tablet.call("PATCH", path, kitchen.nena, {"paused_until": None})

    assert (paused.json()["is_paused"], opened.json()["is_paused"]) == (True, False)


async def test_what_a_patch_does_not_name_stays(kitchen, tablet):
    path = f"/v1/stores/{kitchen.store_id}"
    busy = {"extra_minutes": 10, "until": "2026-03-02T16:00:00Z"}
    await tablet.call("PATCH", path, kitchen.nena, {"busy": busy})

    changed = await tablet.call("PATCH", path, kitchen.nena, {"auto_accept": True})

    assert (changed.json()["auto_accept"], changed.json()["busy"]) == (True, busy)


async def test_staff_say_what_is_left(kitchen, tablet):
    path = f"/v1/stores/{kitchen.store_id}/items/{kitchen.pizza}"

    counted = await tablet.call("PATCH", path, kitchen.nena, {"stock_count": 3})
    off = await tablet.call("PATCH", path, kitchen.nena, {"is_available": False})
    uncounted = await tablet.call("PATCH", path, ADMINISTRATOR, {"stock_count": None})

    assert counted.json()["stock_count"] == 3
    assert (off.json()["is_available"], off.json()["stock_count"]) == (False, 3)
    assert uncounted.json()["stock_count"] is None


@pytest.mark.parametrize("caller", [STRANGER, RIDER, DISPATCHER], ids=["another store", "rider", "dispatcher"])
async def test_a_store_is_changed_by_its_own_people_alone(kitchen, tablet, caller):
    store = await tablet.call("PATCH", f"/v1/stores/{kitchen.store_id}", caller, {"auto_accept": True})
    item = await tablet.call("PATCH", f"/v1/stores/{kitchen.store_id}/items/{kitchen.pizza}", caller, {})
    menu = await tablet.call("PUT", f"/v1/stores/{kitchen.store_id}/menu", caller, {"items": []})

    assert (store.status_code, item.status_code, menu.status_code) == (404, 404, 404)


async def test_staff_do_not_set_stores_up(kitchen, tablet):
    answer = await tablet.call("POST", "/v1/merchants", kitchen.nena, {"name": "Mine"}, key="k")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "11 3000"},
        {"name": ""},
        {"point": {"lat": 91, "lon": 0}},
        {"default_prep_minutes": 0},
        {"opening_hours": {"monday": [{"opens": "25:00", "closes": "02:00"}]}},
        {"opening_hours": {"lundi": []}},
    ],
    ids=lambda change: str(next(iter(change))),
)
async def test_a_store_that_makes_no_sense_is_malformed(kitchen, tablet, change):
    wish = a_wish(kitchen, merchant_id=an_id("mer"), **change)

    assert (await tablet.call("POST", "/v1/stores", ADMINISTRATOR, wish, key="k")).status_code == 400


async def test_a_time_without_a_zone_is_malformed(kitchen, tablet):
    body = {"paused_until": "2026-03-02T16:00:00"}

    assert (await tablet.call("PATCH", f"/v1/stores/{kitchen.store_id}", kitchen.nena, body)).status_code == 400


async def test_an_unknown_store_is_not_there(tablet):
    for path in (f"/v1/stores/{an_id('sto', 9)}", f"/v1/stores/{an_id('sto', 9)}/menu"):
        answer = await tablet.call("GET", path, RIDER)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/store.not_found")

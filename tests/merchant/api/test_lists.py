"""What the desk made, it can list and correct."""

from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER


async def city_of(kitchen):
    return await kitchen.value("SELECT city_id FROM stores WHERE id = $1", kitchen.store_id)


async def test_stores_are_listed_and_their_phone_is_their_own_and_the_desk_s(kitchen, tablet):
    path = f"/v1/stores?city_id={await city_of(kitchen)}&limit=1"

    desk = (await tablet.call("GET", path, DISPATCHER)).json()
    staff = (await tablet.call("GET", path, kitchen.nena)).json()

    assert (desk["stores"][0]["id"], desk["stores"][0]["phone"]) == (kitchen.store_id, "+551130001234")
    assert staff["stores"][0]["is_open"] is True
    assert (await tablet.call("GET", "/v1/stores?city_id=nowhere", DISPATCHER)).status_code == 404


async def test_merchants_are_listed_and_renamed(kitchen, tablet):
    listed = (await tablet.call("GET", "/v1/merchants", DISPATCHER)).json()["merchants"]
    path = f"/v1/merchants/{listed[0]['id']}"

    renamed = await tablet.call("PATCH", path, ADMINISTRATOR, {"name": "Cantina da Nena"})

    assert renamed.json() == {"id": listed[0]["id"], "name": "Cantina da Nena"}
    assert (await tablet.call("GET", "/v1/merchants", DISPATCHER)).json()["merchants"][0]["name"] == "Cantina da Nena"
    unknown = await tablet.call("PATCH", "/v1/merchants/mer_nobody", ADMINISTRATOR, {"name": "x"})
    assert unknown.status_code == 404


async def test_a_slip_in_a_store_s_address_is_corrected_by_administration_alone(kitchen, tablet):
    path, change = f"/v1/stores/{kitchen.store_id}", {"address": "Rua Direita, 11", "name": "Cantina"}

    refused = await tablet.call("PATCH", path, kitchen.nena, change)
    changed = await tablet.call("PATCH", path, ADMINISTRATOR, change)

    assert refused.status_code == 403
    assert (changed.json()["address"], changed.json()["name"]) == ("Rua Direita, 11", "Cantina")


async def test_every_rule_is_listed_with_its_default_and_what_holds_now(kitchen, tablet):
    city_id = await city_of(kitchen)
    for scope_id, needs in (("", False), (city_id, True)):
        body = {"value": {"needs_confirmation": needs}, "reason": "as the city wants", "scope_id": scope_id}
        assert (await tablet.call("PUT", "/v1/rules/manual_entry", ADMINISTRATOR, body)).status_code == 200

    rules = {rule["name"]: rule for rule in (await tablet.call("GET", "/v1/rules", DISPATCHER)).json()}
    elsewhere = {rule["name"]: rule for rule in (await tablet.call("GET", "/v1/rules?scope_id=x", DISPATCHER)).json()}

    entry = rules["manual_entry"]
    assert {"acceptance", "fees", "review", "stuck"} <= rules.keys()
    assert (entry["default"]["needs_confirmation"], len(entry["in_force"])) == (True, 2)
    assert {record["scope_id"]: record["value"]["needs_confirmation"] for record in entry["in_force"]} == {
        "": False, city_id: True,
    }  # fmt: skip
    assert [record["scope_id"] for record in elsewhere["manual_entry"]["in_force"]] == [""]

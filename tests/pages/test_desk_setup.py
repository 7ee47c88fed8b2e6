"""The desk's page: a city, its zones, stores, menus, riders and devices, from nothing."""

from playwright.async_api import expect
from tests.pages.browser import a_tab
from tests.pages.desks import City, a_desk


async def test_a_store_gets_its_address_hours_and_menu(town, browser, wire):
    city = City(town, "Nova cidade")

    async with a_desk(town, browser, wire.address, part="stores") as tab:
        await city.is_chosen(tab)
        await tab.is_good("stores")
        await tab.press("Add a store")
        await tab.page.locator("#store-name").fill("Pastelaria do Zé")
        await tab.page.locator("#store-phone").fill("(11) 3333-4444")
        await tab.finds("rua direita", field="#store-address")
        await tab.touches_map(x=0.4, y=0.4)
        await tab.sees("The place is marked on the map.")
        await tab.page.locator("#hours-monday").fill("11:30-15, 18-23h")
        await tab.press("Every day as Monday")
        await tab.page.locator("#hours-sunday").fill("bald")
        await tab.press("Add a store")
        await tab.sees("is no span of hours")
        await expect(tab.page.locator("#hours-sunday")).to_be_focused()
        await tab.is_good("store")
        await tab.page.locator("#hours-sunday").fill("")
        await tab.press("Add a store")
        await tab.is_told("Saved: Pastelaria do Zé")

        line = tab.page.locator("#stores li", has_text="Pastelaria do Zé")
        await line.get_by_role("button", name="Menu").click()
        for name, price, stock in (("Pastel de palmito", "34,90", ""), ("Caldo de cana", "R$ 8", "12")):
            row = tab.page.locator(".item-row").last
            await row.get_by_label("Item", exact=True).fill(name)
            await row.get_by_label("Price").fill(price)
            await row.get_by_label("Stock").fill(stock)
            if not stock:
                await tab.press("Add an item")
        await tab.is_good("menu")
        await tab.press("Save", within="#dialog")
        await expect(tab.page.locator("#dialog")).to_be_hidden()

    stores = town.operator.must("GET", f"/v1/stores?city_id={city.id}")["stores"]
    store = next(one for one in stores if one["name"] == "Pastelaria do Zé")
    spans = [{"opens": "11:30", "closes": "15:00"}, {"opens": "18:00", "closes": "23:00"}]
    assert (store["phone"], store["opening_hours"]["saturday"]) == ("+551133334444", spans)
    assert not store["opening_hours"].get("sunday")
    menu = town.operator.must("GET", f"/v1/stores/{store['id']}/menu")["items"]
    assert {one["name"]: (one["price_minor"], one["stock_count"]) for one in menu} == {
        "Pastel de palmito": (3_490, None),
        "Caldo de cana": (800, 12),
    }


async def test_a_zone_is_drawn_as_a_circle_and_by_corners(town, browser, wire):
    city = City(town, "Zonas", is_new=True)

    async with a_desk(town, browser, wire.address, part="zones") as tab:
        await city.is_chosen(tab)
        await tab.sees("There are no zones yet")
        await tab.page.locator("#zone-name").fill("Centro")
        await tab.page.locator("#radius").select_option("2000")
        await tab.press("The city's centre")
        await tab.is_good("zone")
        await tab.press("Add a zone")
        await tab.is_told("Saved: Centro")

        await tab.page.locator("#zone-name").fill("Triângulo")
        await tab.page.locator("#shape").select_option("corners")
        for x, y in ((0.3, 0.3), (0.7, 0.3), (0.9, 0.9), (0.5, 0.7)):
            await tab.touches_map(x=x, y=y)
        await tab.sees("4 corners")
        await tab.press("Take the last point back")
        await tab.sees("3 corners")
        await tab.press("Add a zone")
        await tab.is_told("Saved: Triângulo")

        await tab.page.locator("#zones li", has_text="Centro").get_by_role("button", name="Change").click()
        await tab.page.locator("#zone-name").fill("Centro histórico")
        await tab.press("Save")
        await tab.is_told("Saved: Centro histórico")

    zones = town.operator.must("GET", f"/v1/zones?city_id={city.id}")
    assert {one["name"]: len(one["polygon"]) for one in zones} == {"Centro histórico": 36, "Triângulo": 3}


async def test_a_rider_is_added_and_their_phone_paired(town, browser, wire):
    city = City(town, "Garagem")

    async with a_desk(town, browser, wire.address, part="riders") as tab:
        await city.is_chosen(tab)
        await tab.press("Add a rider")
        await tab.page.locator("#rider-name").fill("Beto")
        await tab.page.locator("#rider-phone").fill("11 98888-0042")
        await tab.named("Vehicle").select_option("motorcycle")
        await tab.is_good("rider")
        await tab.press("Add a rider", within="#dialog")
        await tab.sees("+5511988880042")
        await tab.is_good("riders")
        await tab.press("Pair the phone")
        await expect(tab.page.locator(".qr img")).to_be_visible()
        await tab.is_good("pair")
        code = await tab.page.locator(".pair-code").inner_text()

        async with a_tab(browser, wire.address) as phone:
            await phone.go("/pair")
            await phone.page.locator("#code").fill(code)
            await phone.page.locator("#pairing button[type=submit]").click()
            await phone.page.wait_for_url("**/rider")
        await expect(tab.page.locator("#dialog")).to_contain_text("Paired: ")


async def test_a_tablet_is_paired_and_revoked(town, browser, wire):
    city = City(town, "Balcão")

    async with a_desk(town, browser, wire.address, part="devices") as tab:
        await city.is_chosen(tab)
        await tab.press("Pair a store's tablet")
        await tab.page.locator("#label").fill("By the oven")
        await tab.is_good("tablet")
        await tab.press("Make a code")
        code = await tab.page.locator(".pair-code").inner_text()

        async with a_tab(browser, wire.address) as tablet:
            await tablet.go(f"/pair#{code.replace('-', '')}")
            await tablet.page.locator("#pairing button[type=submit]").click()
            await tablet.page.wait_for_url("**/store")
            await tablet.page.locator("#connection[data-state=live]").wait_for()
            await expect(tab.page.locator("#dialog")).to_contain_text("Paired: ")
            await tab.page.keyboard.press("Escape")
            line = tab.page.locator("#devices li", has_text="By the oven")
            await expect(line).to_contain_text("Cantina da Praça")
            await tab.is_good("devices")
            await line.get_by_role("button").click()
            await tab.press("Unpair", within="#dialog")
            await expect(line).to_have_count(0)
            await tablet.page.wait_for_url("**/pair?as=store")


async def test_a_colleague_is_paired_as_somebody_new(town, browser, wire):
    async with a_desk(town, browser, wire.address, part="devices") as tab:
        await tab.press("Pair a desk or operations")
        await tab.named("Who uses it").fill("Eva")
        await tab.named("Administer").uncheck()
        await tab.press("Make a code")
        code = await tab.page.locator(".pair-code").inner_text()
        paired = await tab.claims(code, device_name="Laptop", keep="body")

    assert (paired["role"], sorted(paired["scopes"])) == ("operator", ["dispatch", "intake", "support"])
    assert paired["subject_id"] not in {"", tab.person_id}


async def test_another_city_is_made_with_its_centre_and_led_to_its_zones(town, browser, wire):
    async with a_desk(town, browser, wire.address, part="zones") as tab:
        await tab.page.locator("#city").select_option("Another city…")
        await tab.page.locator("#city-name").fill("Montevideo")
        await tab.named("Country").select_option("UY")
        await tab.named("Time zone").fill("America/Montevideo")
        await tab.page.locator("#centre").fill("-34.9011, -56.1645")
        await tab.is_good("city")
        await tab.press("Make a city")
        await tab.sees("There are no zones yet")
        await expect(tab.page.locator("#city option:checked")).to_have_text("Montevideo")

    (city,) = [one for one in town.operator.must("GET", "/v1/cities") if one["name"] == "Montevideo"]
    assert (city["currency"], city["centre"]) == ("UYU", {"lat": -34.9011, "lon": -56.1645})


async def test_an_installation_without_a_city_begins_with_one(town, browser, wire):
    async with a_desk(town, browser, wire.address) as tab:
        # There is one already in the town of these tests: the list alone is answered for it.
        await tab.page.route("**/v1/cities", lambda route: route.fulfill(json=[]))
        await tab.page.reload()
        await tab.sees("Zone, stores and riders come next.")
        await expect(tab.page.get_by_role("tab")).to_have_count(0)
        await tab.touches_map(x=0.6, y=0.6)
        await tab.is_good("first-city")
        await tab.page.unroute("**/v1/cities")
        await tab.page.locator("#city-name").fill("Primeira")
        await tab.press("Make the first city")
        await tab.sees("There are no zones yet")

    assert "Primeira" in [one["name"] for one in town.operator.must("GET", "/v1/cities")]

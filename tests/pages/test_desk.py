"""The desk's page: a telephone rings, an order is typed in, read back and placed; and a city is set up from nothing."""

import pytest
from playwright.async_api import expect
from tests.pages.browser import PHONE, a_tab, too_small
from tests.pages.desks import City, a_desk
from tests.pages.wire import a_wire

from kernel.geo import Point

LIMA = Point(lat=-12.0464, lon=-77.0428)


async def test_an_order_is_typed_in_priced_read_back_and_placed(town, browser, wire):
    city = City(town, "Telefone")

    async with a_desk(town, browser, wire.address, timezone_id="America/Sao_Paulo") as tab:
        await city.is_chosen(tab)
        await tab.types_an_order()
        await tab.named("One more: Moqueca de banana").click()
        await tab.named("Note for the kitchen: Moqueca de banana").fill("well done")
        await tab.named("Allergies, by commas: Moqueca de banana").fill("peanut, shrimp")
        await tab.named("How to find the door").fill("apto 12, ring twice")
        await tab.named("Pays with").fill("R$ 150,00")
        await expect(tab.page.locator(".sum")).to_contain_text("R$104.00")
        await expect(tab.page.locator(".sum")).to_contain_text("R$46.00")
        await tab.sees("Promised between")
        await tab.is_good("entry")
        await tab.press("Send the order")
        card = tab.page.locator(".receipt .order-card")
        await expect(card).to_contain_text("Moqueca de banana")
        await expect(card).to_contain_text("well done · Without: peanut, shrimp")
        await expect(card).to_contain_text("pays with R$150.00")
        await tab.is_good("receipt")
        (held,) = city.held()
        await card.get_by_role("button", name="It is right: place it").click()
        await tab.sees("It waits no more")

    order = city.read(held["order_id"])
    (line,) = order["lines"]
    assert (order["status"], order["total_minor"], order["change_for_minor"]) == ("placed", 10_400, 15_000)
    assert (line["note"], line["allergies"]) == ("well done", ["peanut", "shrimp"])
    assert order["customer_name"] == "Ana Souza"


async def test_a_share_link_is_made_and_opened(town, browser, wire):
    city = City(town, "Enlace")

    async with a_desk(town, browser, wire.address, permissions=["clipboard-read", "clipboard-write"]) as tab:
        await city.is_chosen(tab)
        await tab.types_an_order()
        await tab.press("Send the order")
        await tab.press("Make a link to follow it")
        link = tab.page.locator(".told a")
        await expect(link).to_contain_text("/t/")
        url = await link.inner_text()

        async with a_tab(browser, wire.address) as customer:
            await customer.go(url)
            await expect(customer.page.locator("h1")).to_be_visible()
            await expect(customer.page.locator("main")).to_contain_text("Cantina da Praça")


async def test_another_operator_confirms_where_the_city_asks_for_it(town, browser, wire):
    city = City(town, "Quatro olhos")
    city.asks_for_another()

    async with a_desk(town, browser, wire.address) as eva, a_desk(town, browser, wire.address, part="waiting") as ana:
        await city.is_chosen(ana)
        await city.is_chosen(eva)
        await ana.turn_to("waiting")
        await eva.types_an_order()
        await eva.sees("Somebody else at the desk confirms it")
        await eva.press("Send the order")
        await eva.sees("not who typed it in")
        await expect(eva.page.get_by_role("button", name="It is right: place it")).to_have_count(0)
        (held,) = city.held()
        card = ana.card(held["short_number"])
        await expect(card).to_be_visible(timeout=4_000)  # told by the feed, without anybody asking
        await ana.is_good("waiting")
        await card.get_by_role("button", name="It is right: place it").click()
        await expect(card).to_have_count(0)
        await eva.sees("It waits no more")

    assert city.read(held["order_id"])["status"] == "placed"


async def test_what_is_typed_in_wrong_is_refused_with_the_reason(town, browser, wire):
    city = City(town, "Errado")

    async with a_desk(town, browser, wire.address) as tab:
        await city.is_chosen(tab)
        await tab.types_an_order()
        await tab.press("Send the order")
        await tab.turn_to("waiting")
        (held,) = city.held()
        await tab.card(held["short_number"]).get_by_role("button", name="Reject").click()
        await tab.press("It was typed in wrong", within="#dialog")
        await tab.is_good("reason")
        await tab.press("Reject", within="#dialog")
        await expect(tab.card(held["short_number"])).to_have_count(0)
        await tab.is_told(f"Order {held['short_number']} is rejected")

    events = town.operator.must("GET", f"/v1/orders/{held['order_id']}/events")
    assert "It was typed in wrong" in str(events)


async def test_held_orders_show_their_problems_and_are_placed_anyway_or_rejected(town, browser, wire):
    city = City(town, "Retidos")
    wrong_total = city.order(total_minor=1)
    nowhere = city.order(dropoff={"lat": 0, "lon": 0, "address": "Ilha Nula"})

    async with a_desk(town, browser, wire.address, part="waiting") as tab:
        await city.is_chosen(tab)
        card, other = (tab.card(one.answer["short_number"]) for one in (wrong_total, nowhere))
        await expect(card).to_contain_text("The total does not add up")
        await expect(other).to_contain_text("The address lies outside every zone")
        await expect(other.get_by_role("button", name="Place it anyway")).to_have_count(0)
        await tab.is_good("held")
        await card.get_by_role("button", name="Place it anyway").click()
        await tab.named("Reason").fill("He agrees with the price")
        await tab.press("Place it anyway", within="#dialog")
        await expect(card).to_have_count(0)
        await other.get_by_role("button", name="Reject").click()
        await tab.press("We do not go there", within="#dialog")
        await tab.press("Reject", within="#dialog")
        await tab.sees("Nothing waits.")

    assert [city.read(one.id)["status"] for one in (wrong_total, nowhere)] == ["placed", "rejected"]


async def test_of_two_operators_who_answer_at_once_the_second_is_told(town, browser, wire):
    city = City(town, "De uma vez")
    order = city.order(total_minor=1)
    number = order.answer["short_number"]

    async with (
        a_desk(town, browser, wire.address, part="waiting") as ana,
        a_desk(town, browser, wire.address, part="waiting") as eva,
    ):
        for tab, answer in ((ana, "Reject"), (eva, "Place it anyway")):
            await city.is_chosen(tab)
            await tab.card(number).get_by_role("button", name=answer).click()
            await tab.named("Reason").fill("said by telephone")
        await ana.press("Reject", within="#dialog")
        await ana.is_told("is rejected")
        await eva.press("Place it anyway", within="#dialog")
        await eva.is_told("It does not wait for review any more.")
        await expect(eva.page.locator("#dialog")).to_be_hidden()
        await eva.sees("Nothing waits.")

    assert city.read(order.id)["status"] == "rejected"


async def test_an_order_sent_into_a_cut_network_is_there_once(town, browser):
    city = City(town, "Sem rede")

    async with a_wire(town.port) as wire, a_desk(town, browser, wire.address) as tab:
        await city.is_chosen(tab)
        await tab.types_an_order()
        keys = []
        tab.page.on("request", lambda one: keys.append(one.headers.get("idempotency-key")))
        wire.be_slow(round_trip_ms=1_500, down_kbps=8_000)
        await tab.press("Send the order")
        await tab.page.wait_for_timeout(1_300)  # it is there, its answer is not
        await wire.cut()
        await tab.sees("there is one order")
        await tab.is_good("unanswered")
        wire.be_slow(round_trip_ms=0, down_kbps=80_000)
        wire.mend()
        await expect(tab.page.locator(".receipt .order-card")).to_be_visible(timeout=20_000)

    sent = [key for key in keys if key]
    assert len(sent) >= 2
    assert len(set(sent)) == 1
    assert len(city.held()) == 1


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
        claim = {"code": code, "device_name": "Laptop", "keep": "body"}
        paired = await (await tab.context.request.post("/v1/pairings/claim", data=claim)).json()

    assert (paired["role"], sorted(paired["scopes"])) == ("operator", ["dispatch", "intake", "support"])
    assert paired["subject_id"] not in {"", tab.person_id}


async def test_a_city_without_streets_is_served_by_touching_the_map_and_pasting_a_place(town, browser, wire):
    city = City(town, "Lima", centre=LIMA)

    async with a_desk(town, browser, wire.address) as tab:
        await city.is_chosen(tab)
        await tab.sees("touch the map, or paste a location")
        await tab.named("Phone").fill("11 91234-5678")
        await tab.named("Name", exact=True).fill("Rosa")
        await tab.page.locator("#address").fill("https://maps.google.com/?q=-12.0500,-77.0400")
        await tab.sees("Now type the address.")
        await tab.page.locator("#address").press_sequentially("Jirón de la Unión 300")
        await tab.named("One more: Pastel de queijo").click()
        await expect(tab.page.locator(".sum")).to_be_visible()
        await tab.touches_map(x=0.6, y=0.4)
        await tab.sees("The place is marked on the map.")
        await tab.is_good("no-streets")
        await tab.press("Send the order")
        await expect(tab.page.locator(".receipt .order-card")).to_contain_text("Jirón de la Unión 300")

    (held,) = city.held()
    dropoff = city.read(held["order_id"])["dropoff"]
    assert abs(dropoff["lat"] - LIMA.lat) < 0.1


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


@pytest.mark.parametrize(
    ("scopes", "tabs"),
    [
        (("intake",), ["New order", "Waiting", "Stores", "Zones"]),
        (("dispatch",), ["Stores", "Riders", "Zones"]),
        (("administration",), ["Stores", "Riders", "Zones", "Devices"]),
    ],
    ids=["intake", "dispatch", "administration"],
)
async def test_an_operator_sees_what_their_scopes_open(town, browser, wire, scopes, tabs):
    async with a_desk(town, browser, wire.address, scopes=scopes) as tab:
        await expect(tab.page.get_by_role("tab")).to_have_text(tabs)
        await tab.turn_to("stores")
        await tab.sees("Cantina da Praça")
        add = tab.page.get_by_role("button", name="Add a store")
        await expect(add).to_have_count(int("administration" in scopes))
        await tab.turn_to("zones")
        await expect(tab.page.locator("#zone-name")).to_have_count(int("administration" in scopes))
        await tab.is_accessible()


async def test_the_desk_works_by_keyboard_alone(town, browser, wire):
    city = City(town, "Teclado")

    async with a_desk(town, browser, wire.address) as tab:
        await city.is_chosen(tab)
        keys = tab.page.keyboard
        await tab.page.locator("#tab-entry").focus()
        await keys.press("ArrowRight")
        await expect(tab.page.locator("#tab-waiting")).to_be_focused()
        await keys.press("Home")
        await expect(tab.page.locator("#tab-entry")).to_be_focused()
        await expect(tab.page.locator("#address")).to_be_visible()
        await tab.named("Phone").focus()
        await keys.type("11912345678")
        await keys.press("Tab")
        await keys.type("Ana")
        await keys.press("Tab")
        await keys.type("rua direita")
        await tab.page.locator("#address-list .offer").first.wait_for()
        await keys.press("ArrowDown")
        chosen = await tab.page.locator("#address").get_attribute("aria-activedescendant")
        await expect(tab.page.locator(f"#{chosen}")).to_have_attribute("aria-selected", "true")
        await keys.press("Enter")
        await expect(tab.page.locator("#address-list")).to_be_hidden()
        await tab.page.locator("#map").focus()
        await keys.press("ArrowUp")
        await tab.page.locator("#mark-middle").focus()
        await keys.press("Enter")
        await tab.sees("The place is marked on the map.")
        await tab.named("One more: Suco de caju").focus()
        await keys.press("Enter")
        await keys.press("Enter")
        await expect(tab.page.locator(".sum")).to_contain_text("R$22.00")
        await tab.page.get_by_role("button", name="Send the order").focus()
        await keys.press("Enter")
        await expect(tab.page.locator(".receipt")).to_be_focused()

    assert [one["lines"][0]["quantity"] for one in city.held()] == [2]


async def test_what_is_typed_stays_while_one_looks_elsewhere(town, browser, wire):
    city = City(town, "Interrompida")

    async with a_desk(town, browser, wire.address) as tab:
        await city.is_chosen(tab)
        await tab.types_an_order(name="Ana Souza")
        await tab.turn_to("waiting")
        await tab.turn_to("stores")
        await tab.turn_to("entry")
        await expect(tab.named("Name", exact=True)).to_have_value("Ana Souza")
        await expect(tab.page.locator(".menu-line.is-taken")).to_contain_text("Moqueca de banana")
        await expect(tab.page.get_by_role("img", name="Address")).to_be_visible()


@pytest.mark.parametrize("locale", ["es-MX", "pt-BR", "en-US"])
async def test_the_desk_is_accessible_on_a_phone_in_every_language(town, browser, wire, locale):
    city = City(town, f"Bolso {locale}")
    city.order(total_minor=1)

    async with a_desk(town, browser, wire.address, locale=locale, viewport=PHONE) as tab:
        await city.is_chosen(tab)
        for part in ("entry", "waiting", "stores", "riders", "zones", "devices"):
            await tab.turn_to(part)
            await tab.page.wait_for_timeout(300)
            await tab.shoot(f"desk-{part}-{locale[:2]}")
            if locale == "es-MX":  # the words are what differs, and those are measured below
                await tab.is_accessible()
            wide = await tab.page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{part} is wider than the phone"
            assert await too_small(tab.page) == []


async def test_the_first_view_costs_little(town, browser):
    async with a_wire(town.port) as wire, a_desk(town, browser, wire.address) as tab:
        await tab.page.wait_for_load_state("networkidle")

        assert wire.bytes_down < 300_000


TYPED = [
    ("34,90", "BRL", 3_490), ("34.90", "BRL", 3_490), ("35", "BRL", 3_500), ("R$ 1.234,50", "BRL", 123_450),
    ("1,234.5", "MXN", 123_450), ("5.990", "CLP", 5_990), ("1 200", "PYG", 1_200), ("-5", "BRL", None),
    ("12 for 3", "BRL", None), ("1.23.4", "BRL", None), ("", "BRL", None), ("3,999", "BRL", 399_900),
]  # fmt: skip


async def test_amounts_are_read_as_people_type_them(town, browser, wire):
    async with a_desk(town, browser, wire.address) as tab:
        read = await tab.page.evaluate(
            """async typed => {
                const from = document.querySelector("script[type=module]").src.replace("main.js", "typed.js");
                const { minorOf } = await import(from);
                const read = (text, currency) => { try { return minorOf(text, currency) } catch { return null } };
                return typed.map(([text, currency]) => read(text, currency));
            }""",
            [one[:2] for one in TYPED],
        )

    assert dict(zip([one[0] for one in TYPED], read, strict=True)) == {one[0]: one[2] for one in TYPED}

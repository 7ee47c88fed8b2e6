"""The desk's page: a telephone rings, an order is typed in, read back and placed."""

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
        await expect(tab.page.locator(".receipt")).to_contain_text("R$")
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


async def test_the_late_answer_for_another_city_is_shown_in_no_city(town, browser, wire):
    """Because its store would be asked for an order of this city, which is outside all its zones."""
    city = City(town, "Tarde")

    async with a_desk(town, browser, wire.address, part="waiting") as tab:
        for part, what in {"entry": "stores", "stores": "stores", "zones": "zones", "riders": "riders"}.items():
            await tab.page.locator("#city").select_option(town.city_id)
            await tab.turn_to("waiting")
            async with tab.is_kept_waiting(f"**/v1/{what}?city_id={town.city_id}*") as is_asked:
                await tab.page.locator(f"#tab-{part}").click()
                await is_asked()
                await city.is_chosen(tab)
                drawn = tab.page.locator(f"#{part} :is(form, .part-head)").first
                await drawn.evaluate("it => it.dataset.is = 'the same'")
            await tab.page.wait_for_timeout(100)  # nothing is to happen

            assert await tab.page.locator(f"#{part} [data-is]").count() == 1, part
            assert await tab.page.locator("#failure").inner_text() == ""


async def test_nobody_types_into_the_form_of_the_city_before(town, browser, wire):
    city = City(town, "Antes")

    async with a_desk(town, browser, wire.address, part="entry") as tab:
        await tab.page.locator("#entry form").wait_for()
        async with tab.is_kept_waiting(f"**/v1/stores?city_id={city.id}*") as is_asked:
            await city.is_chosen(tab)
            await is_asked()
            await expect(tab.page.locator("#entry form")).to_have_count(0)
        await expect(tab.page.locator("#entry form")).to_be_visible()


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
    city = City(town, f"Chaves {scopes[0]}")

    async with a_desk(town, browser, wire.address, scopes=scopes) as tab:
        await city.is_chosen(tab)
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

"""The customer's page, from the link to the last bite: every state as somebody sees it who waits for food."""

import asyncio
import re

import pytest
from playwright.async_api import expect
from tests.pages.browser import DESKTOP, a_tab
from tests.pages.town import DOOR, SE

from kernel.geo import offset

HALF_WAY = offset(SE, east_m=450, north_m=150)


def path_of(link: dict) -> str:
    return "/t/" + link["token"]


async def sees(tab, text: str, selector: str = "h1", *, within_s: float = 10) -> None:
    await expect(tab.page.locator(selector)).to_contain_text(text, timeout=within_s * 1000)


async def is_kept(tab, path: str, *, within_s: float = 15) -> None:
    """Wait until the service worker has a page for the time without a network."""
    async with asyncio.timeout(within_s):
        while not await tab.page.evaluate("async path => Boolean(await caches.match(path))", path):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_an_order_is_followed_from_the_link_to_the_door(town, browser, wire):
    """One order's whole way, as the page tells it without ever being loaded again."""
    order, beto = town.order(), town.rider("Beto", vehicle="motorcycle")
    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(order.share()))

        await sees(tab, "Waiting for Cantina da Praça")
        await sees(tab, "Live", "#connection")
        await expect(tab.page.locator("#eta")).to_be_visible()
        assert re.search(r"\d:\d\d", await tab.text_of("#eta-time"))
        await sees(tab, "Between", "#eta-band")
        await sees(tab, "Promised: between", "#promise")
        await sees(tab, "R$115.00", "#due")
        await sees(tab, "Moqueca de banana", "#content-list")
        await tab.is_accessible()
        await tab.shoot("track-waiting")

        order.say("accept", prep_minutes=12)
        await sees(tab, "Cantina da Praça took your order")
        await tab.shoot("track-accepted")

        delivery_id = order.assign(beto)
        await sees(tab, "Beto", "#carrier-name")
        assert await tab.page.locator("#code-row").is_hidden()
        order.say("start")
        await sees(tab, "Your order is being prepared")
        assert await tab.page.locator("[aria-current=step]").inner_text() != ""

        beto.is_at(SE, seconds_ago=60)
        beto.report(delivery_id, "arrive-at-pickup")
        beto.report(delivery_id, "check-items")
        order.say("ready")
        beto.report(delivery_id, "pick-up")
        await sees(tab, "Your order is on the way")
        await sees(tab, order.answer["dropoff_code"], "#code")
        icon = await tab.page.locator("link[rel=icon]").get_attribute("href")
        assert "%E2%86%92" in str(icon), "an arrow"
        beto.is_at(HALF_WAY, seconds_ago=20)
        await expect(tab.page.get_by_role("img", name="Beto, By motorcycle")).to_be_visible()
        assert await tab.page.locator("#map-age").is_hidden()
        await tab.is_accessible()
        await tab.shoot("track-on-the-way")

        beto.is_at(DOOR)
        beto.report(delivery_id, "arrive-at-dropoff")
        await sees(tab, "Beto is at your door")
        await sees(tab, "Beto is at your door", "#announcer-assertive")

        beto.report(delivery_id, "deliver", code=order.answer["dropoff_code"])
        await sees(tab, "Delivered. Enjoy!")
        await expect(tab.page.locator("#eta")).to_be_hidden()
        await expect(tab.page.locator("#hand-over")).to_be_hidden()
        assert "Delivered" in await tab.page.title()
        await tab.is_accessible()
        await tab.shoot("track-delivered")


async def test_a_change_is_told_with_its_cause_and_with_an_apology_where_it_breaks_the_promise(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Waiting for")
        first = await tab.text_of("#eta-time")

        order.say("accept", prep_minutes=75)

        await sees(tab, "We are sorry: it comes later than promised.", "#late")
        await sees(tab, "The kitchen needs longer than we had reckoned.", "#late")
        await sees(tab, "The kitchen needs longer than we had reckoned.", "#changes-list")
        await sees(tab, "Arrives at about", "#announcer-polite")
        assert await tab.text_of("#eta-time") != first
        await tab.is_accessible()
        await tab.shoot("track-late")


async def is_live(tab) -> None:
    """Wait for the feed, which comes after the words: a place from before the pickup is in no snapshot."""
    await expect(tab.page.locator("html[data-connection=live]")).to_have_count(1)


def carried(town, order, rider) -> str:
    """Bring an order as far as its rider's saddle, and return the delivery."""
    order.say("accept", prep_minutes=8)
    delivery_id = order.assign(rider)
    order.say("ready")
    rider.is_at(SE, seconds_ago=70)
    for step in ("arrive-at-pickup", "check-items", "pick-up"):
        rider.report(delivery_id, step)
    return delivery_id


RIDER = "[role=img][aria-label^=Carla]"
SMOOTH = """async selector => {
    const seen = new Set(), until = performance.now() + 2500;
    while (performance.now() < until) {
        const {x, y} = document.querySelector(selector).getBoundingClientRect();
        seen.add(`${x.toFixed(1)} ${y.toFixed(1)}`);
        await new Promise(requestAnimationFrame);
    }
    return seen.size;
}"""


async def test_the_rider_is_seen_riding_and_an_old_place_is_never_shown_as_theirs(town, browser, wire):
    order, carla = town.order(), town.rider("Carla", vehicle="motorcycle")
    async with a_tab(browser, wire.address, reduced_motion="no-preference") as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Waiting for")
        carried(town, order, carla)
        await sees(tab, "Your order is on the way")
        await is_live(tab)
        carla.is_at(offset(SE, east_m=180, north_m=60), seconds_ago=50)  # stale at 60
        await expect(tab.page.locator(RIDER)).to_be_visible()

        await sees(tab, "The last position is", "#map-age", within_s=25)
        await expect(tab.page.locator(f"{RIDER} .map-pin")).to_have_attribute("data-state", "stale")
        await tab.is_accessible()
        await tab.shoot("track-stale")

        carla.is_at(offset(SE, east_m=600, north_m=200))
        await expect(tab.page.locator("#map-age")).to_be_hidden()
        assert await tab.page.evaluate(SMOOTH, RIDER) > 3, "it glides and does not jump"


async def test_who_opens_the_page_between_two_pings_sees_the_rider_at_once(town, browser, wire):
    """Because a rider in a queue of cars may not move, nor report, for a minute."""
    order, beto = town.order(), town.rider("Beto", vehicle="motorcycle")
    order.say("accept", prep_minutes=12)
    delivery_id = order.assign(beto)
    beto.is_at(SE, seconds_ago=90)
    beto.report(delivery_id, "arrive-at-pickup")
    order.say("ready")
    before = order.tracking()
    beto.report(delivery_id, "pick-up")
    at_once = order.tracking()
    await asyncio.sleep(1)
    beto.is_at(offset(SE, east_m=20, north_m=0))

    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(order.share()))
        await expect(tab.page.get_by_role("img", name="Beto, By motorcycle")).to_be_visible()

    assert "position" not in before, "before the pickup it is nobody's business"
    assert "position" not in at_once, "nor afterwards where they were before"
    assert order.tracking()["position"]["lat"] == pytest.approx(SE.lat)


AREA = ".map-area[role=img]"


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("es-AR", "Gilda hace antes otra parada."),
        ("pt-BR", "Gilda faz outra parada antes."),
        ("en-US", "Gilda makes another stop first."),
    ],
)
async def test_whose_door_comes_later_sees_a_part_of_town_until_it_is_next(town, browser, wire, locale, words):
    """The rider stops at a neighbour's: the page says so, and draws a circle instead of a marker."""
    neighbour, order, gilda = town.order(), town.order(), town.rider("Gilda", vehicle="motorcycle")
    to_neighbour = carried(town, neighbour, gilda)
    carried(town, order, gilda)
    async with a_tab(browser, wire.address, locale=locale) as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, words, "#detail")
        await is_live(tab)
        gilda.is_at(offset(SE, east_m=300, north_m=120), seconds_ago=20)
        await expect(tab.page.locator(AREA)).to_be_visible()
        await expect(tab.page.locator("#map-area")).to_contain_text("Gilda")
        assert await tab.page.locator(".map-pin[data-kind=rider]").count() == 0
        await tab.is_accessible()
        await tab.shoot(f"track-other-stop-first-{locale[:2]}")

        gilda.report(to_neighbour, "deliver", code=neighbour.answer["dropoff_code"])
        await expect(tab.page.locator("#detail")).to_be_hidden()
        gilda.is_at(offset(SE, east_m=500, north_m=150))

        await expect(tab.page.locator(".map-pin[data-kind=rider]")).to_be_visible()
        await expect(tab.page.locator(AREA)).to_have_count(0)
        await expect(tab.page.locator("#map-area")).to_be_hidden()
        await tab.is_accessible()
        await tab.shoot(f"track-next-stop-{locale[:2]}")


async def test_food_that_goes_back_says_so_and_shows_nobody_s_place(town, browser, wire):
    order, davi = town.order(), town.rider("Davi", vehicle="motorcycle")
    async with a_tab(browser, wire.address, locale="es-PE") as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Esperando a")
        delivery_id = carried(town, order, davi)
        await sees(tab, "Tu pedido va en camino")

        davi.report(delivery_id, "turn-back", reason="customer_absent")

        await sees(tab, "El pedido vuelve a la tienda")
        await expect(tab.page.locator("#hand-over")).to_be_hidden()
        await expect(tab.page.locator(".map-pin[data-kind=rider]")).to_have_count(0)
        await tab.shoot("track-turned-back-es")


@pytest.mark.parametrize("locale", ["es-CO", "pt-BR", "en-US"])
async def test_an_order_on_its_way_is_told_in_one_s_own_language(town, browser, wire, locale):
    order, elis = town.order(), town.rider("Elis", vehicle="bicycle")
    carried(town, order, elis)
    async with a_tab(browser, wire.address, locale=locale) as tab:
        await tab.go(path_of(order.share()))

        headline = {"es-CO": "Tu pedido va en camino", "pt-BR": "Seu pedido está a caminho"}
        await sees(tab, headline.get(locale, "Your order is on the way"))
        assert "track." not in await tab.text_of("body")
        await expect(tab.page.locator("#map canvas").first).to_be_visible()
        await tab.shoot(f"track-language-{locale[:2]}")


@pytest.mark.parametrize(
    ("reason", "words"),
    [("too_busy", "The kitchen is too busy now."), ("closing", "The store is closing.")],
)
async def test_an_order_that_its_store_cannot_cook_says_why(town, browser, wire, reason, words):
    order = town.order()
    order.say("reject", reason=reason)
    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(order.share()))

        await sees(tab, "Cantina da Praça could not take your order")
        await sees(tab, words, "#detail")
        await sees(tab, "Not accepted", "#step-ended")
        await tab.is_accessible()
        await tab.shoot(f"track-rejected-{reason}")


async def test_a_cancelled_order_says_so_at_once_and_in_the_customer_s_words(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address, locale="pt-BR") as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Aguardando Cantina da Praça")

        order.cancel("começou a chover")

        await sees(tab, "O pedido foi cancelado")
        await sees(tab, "“começou a chover”", "#detail")
        await sees(tab, "O pedido foi cancelado", "#announcer-assertive")
        await tab.shoot("track-cancelled-pt")


async def test_a_link_that_is_revoked_shows_nothing_within_a_second(town, browser, wire):
    order = town.order()
    link = order.share()
    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(link))
        await sees(tab, "Waiting for")

        order.customer.must("DELETE", f"/v1/share-links/{link['share_id']}")

        await sees(tab, "This link", within_s=2)
        assert "Cantina" not in await tab.text_of("main")
        await tab.is_accessible()
        await tab.shoot("track-revoked")


@pytest.mark.parametrize("token", ["nothing-of-ours", "%00", "x" * 64, "%F0%9F%8D%95"])
async def test_a_link_that_never_was_says_so(town, browser, wire, token):
    async with a_tab(browser, wire.address, locale="es-CL") as tab:
        await tab.go(f"/t/{token}")

        await sees(tab, "Este enlace no abre ningún pedido")


async def test_a_cut_network_is_said_and_what_was_missed_is_there_when_it_is_back(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address, locale="es-MX") as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Esperando a Cantina da Praça")
        await sees(tab, "En vivo", "#connection")

        await wire.cut()
        await sees(tab, "Sin conexión", "#connection")
        await sees(tab, "Esto es lo que sabíamos", "#offline")
        await tab.is_accessible()
        await tab.shoot("track-offline-es")
        order.say("accept", prep_minutes=15)
        wire.mend()

        await sees(tab, "Cantina da Praça aceptó tu pedido", within_s=25)
        await sees(tab, "En vivo", "#connection")
        await expect(tab.page.locator("#offline")).to_be_hidden()


async def test_a_page_that_was_opened_before_opens_again_without_a_network(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address) as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Waiting for")
        await is_kept(tab, "/t/")
        await wire.cut()

        await tab.page.reload()

        await sees(tab, "Offline", "#connection")
        wire.mend()
        await sees(tab, "Waiting for Cantina da Praça", within_s=30)


async def until_the_time_is_seen_s(tab, path: str) -> float:
    began_s = asyncio.get_running_loop().time()
    await tab.page.goto(path, wait_until="commit")
    await expect(tab.page.locator("#eta-time")).to_be_visible(timeout=20_000)
    return asyncio.get_running_loop().time() - began_s


async def test_on_a_slow_network_the_time_is_there_before_anything_else(town, browser, wire):
    """On 3G: 562 ms there and back, 1.6 Mbit/s. What the machine itself takes, busy as it may be, is taken off."""
    order = town.order()
    order.say("accept", prep_minutes=12)
    path = path_of(order.share())
    async with a_tab(browser, wire.address) as tab:
        machine_s = await until_the_time_is_seen_s(tab, path)
    wire.be_slow(round_trip_ms=562, down_kbps=1_600)
    tries_s = []
    while len(tries_s) < 3 and min(tries_s, default=9) - machine_s > 3:
        before = wire.bytes_down
        async with a_tab(browser, wire.address) as tab:
            tries_s.append(await until_the_time_is_seen_s(tab, path))
            first = wire.bytes_down - before
            await is_kept(tab, "/t/", within_s=30)
            await tab.page.wait_for_load_state("networkidle")
            whole = wire.bytes_down - before

    print(f"time seen after {tries_s} s ({machine_s:.2f} s of it the machine's), {first} bytes; {whole} in all")  # noqa: T201
    assert min(tries_s) - machine_s < 3
    assert (first < 60_000, whole < 200_000) == (True, True)


async def test_the_page_is_as_good_at_a_desk(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address, viewport=DESKTOP, color_scheme="dark") as tab:
        await tab.go(path_of(order.share()))
        await sees(tab, "Waiting for")

        await tab.is_accessible()


async def test_the_link_is_in_nobody_s_history_of_referrers(town, browser, wire):
    order = town.order()
    async with a_tab(browser, wire.address) as tab:
        heads = []
        tab.page.on("request", lambda request: heads.append(request.headers.get("referer", "")))
        await tab.go(path_of(order.share()))
        await sees(tab, "Waiting for")

    assert set(heads) == {""}

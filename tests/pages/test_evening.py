"""A cooperative's first evening, from its file to the door: everything through the pages, as the runbook says.

`RECADO_SCREENS=docs/images .venv/bin/pytest tests/pages/test_evening.py` makes the README's pictures.
"""

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import redis
from playwright.async_api import Page, expect
from tests.pages.browser import DESKTOP, PHONE, Tab, a_tab
from tests.pages.cooperative import EXAMPLE, TABLET, Cooperative, a_cooperative, a_device, moves, picture, rides

from kernel.geo import Point

CANTINA = Point(lat=-23.5448, lon=-46.6410)
NEAR_THE_CANTINA = Point(lat=-23.5442, lon=-46.6418)
OUT_OF_THE_CANTINA = Point(lat=-23.5448, lon=-46.6412)
ON_THE_WAY = Point(lat=-23.5447, lon=-46.6433)
DOOR = Point(lat=-23.5452, lon=-46.6475)
PHONE_OF_A_RIDER = {
    "viewport": PHONE,
    "permissions": ["geolocation"],
    "geolocation": {"latitude": NEAR_THE_CANTINA.lat, "longitude": NEAR_THE_CANTINA.lon, "accuracy": 8},
}


@pytest.fixture
def cooperative(databases, stores, tmp_path_factory) -> Iterator[Cooperative]:
    redis_url = f"{stores.redis_url.rstrip('/')}/3"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    database_url = databases.take()
    logs = tmp_path_factory.mktemp("cooperative")
    with a_cooperative(database_url=database_url, redis_url=redis_url, logs=logs) as opened:
        opened.recado_city("import", str(EXAMPLE))
        yield opened
    databases.give_back(database_url)


@pytest.fixture
def codes(cooperative) -> dict[str, str]:
    return cooperative.pair("marina", "otavio", "rosa", "beto")


async def test_an_order_goes_from_the_desk_s_telephone_to_the_door(browser, cooperative, codes):
    async with AsyncExitStack() as people:
        opened = people.enter_async_context
        desk = await opened(a_device(browser, cooperative, "/desk", codes["marina"], viewport=DESKTOP))
        map_ = await opened(a_device(browser, cooperative, "/operations", codes["otavio"], viewport=DESKTOP))
        tablet = await opened(a_device(browser, cooperative, "/store", codes["rosa"], viewport=TABLET))
        phone = await opened(a_device(browser, cooperative, "/rider", codes["beto"], **PHONE_OF_A_RIDER))
        customer = await opened(a_tab(browser, cooperative.address, timezone_id="America/Sao_Paulo"))
        await tablet.page.get_by_text("Touch the screen once").click()
        await does(phone, "Start shift")

        link, code = await types_in(desk)
        await customer.go(link)
        await reads(customer, "We are checking your order")
        await confirms(desk)
        await cooks(tablet)
        await takes_it(phone)
        await expect(line_of(map_.page)).to_contain_text("Beto Alves")
        await reads(customer, "Nonna Rosa")
        await fetches(phone, tablet)
        await reads(customer, "Your order is on the way")
        await looks_around(phone, map_, customer, code)
        await hands_over(phone, code)

        await reads(customer, "Delivered. Enjoy!")
        await expect(line_of(map_.page)).to_have_count(0)
        await tablet.page.get_by_role("link", name="Finished").click()
        await reads(tablet, "Handed over at")
        await closes(phone)


async def types_in(desk: Tab) -> tuple[str, str]:
    """Take the order down while Ana is on the telephone, and return her link and her code."""
    page = desk.page
    await page.get_by_label("Name", exact=True).fill("Ana Souza")
    await page.get_by_label("Phone", exact=True).fill("11 91234-5678")
    await page.get_by_role("combobox", name="Address").press_sequentially("Rua Major Sertório 200")
    await page.get_by_role("option", name="Rua Major Sertório, 200").click()
    await page.get_by_label("How to find the door").fill("Apto 12")
    await page.get_by_role("combobox", name="Store").select_option(label="Cantina da Nonna Rosa")
    for dish in ("Nhoque ao sugo", "Nhoque ao sugo", "Tiramisù da casa"):
        await page.get_by_role("button", name=f"One more: {dish}").click()
    await page.get_by_label("Pays with").fill("150")
    await expect(page.get_by_text("R$115.70")).to_be_visible()
    await page.get_by_text("Promised between").wait_for()
    await page.evaluate("scrollTo(0, 0)")
    await picture(desk, "desk")
    await page.get_by_role("button", name="Send the order").click()
    told = page.locator(".notice-good", has_text="Order 1")
    said = await told.get_by_text("Code for the door").inner_text()
    await told.get_by_role("button", name="Make a link to follow it").click()
    link = await told.get_by_role("link").get_attribute("href")
    assert link is not None
    return link, re.sub(r"\D", "", said)


async def confirms(desk: Tab) -> None:
    """Read it again, and place it."""
    await desk.page.get_by_role("tab", name="Waiting").click()
    await desk.page.get_by_text("Nhoque ao sugo").locator("visible=true").first.wait_for()
    await desk.page.get_by_role("button", name="It is right: place it").click()
    await desk.page.get_by_text("Nothing waits").wait_for()


async def cooks(tablet: Tab) -> None:
    await tablet.page.get_by_role("button", name="15 minutes").click()
    await picture(tablet, "store")
    await tablet.page.get_by_role("button", name="Accept · 15 min").click()
    await tablet.page.get_by_role("button", name="Start order 1").click()
    await tablet.page.get_by_role("button", name="Order 1 is ready").click()


async def takes_it(phone: Tab) -> None:
    accept = phone.page.get_by_role("button", name="Accept", exact=True)
    await accept.wait_for(timeout=25_000)
    await picture(phone, "rider")
    await accept.click()
    await reads(phone, "Pick up at Cantina da Nonna Rosa")


async def fetches(phone: Tab, tablet: Tab) -> None:
    await moves(phone, CANTINA)
    await does(phone, "I am at the store")
    await expect(tablet.page.locator("[data-column=here]")).to_contain_text("Beto")
    await phone.page.get_by_role("button", name="All here", exact=True).click()
    await does(phone, "All here · picked up")
    await reads(phone, "Deliver to Ana Souza")
    await moves(phone, OUT_OF_THE_CANTINA)


async def looks_around(phone: Tab, map_: Tab, customer: Tab, code: str) -> None:
    """See what desk and customer see while the food is on the road."""
    await expect(customer.page.locator("#code")).to_have_text(code)
    await expect(customer.page.locator("#map").get_by_text("Beto")).to_be_visible(timeout=20_000)
    await rides(phone, ON_THE_WAY)
    await picture(customer, "customer", settles_ms=8_000)  # the rider has left the store by then
    await line_of(map_.page).click()
    await reads(map_, "On the way to the door")
    await picture(map_, "operations")


async def hands_over(phone: Tab, code: str) -> None:
    await moves(phone, DOOR)
    await does(phone, "I am at the door")
    await phone.page.get_by_label("code").fill(code)
    await does(phone, "Took R$115.70 · delivered")
    await reads(phone, "Waiting for an offer")


async def closes(phone: Tab) -> None:
    await reads(phone, "R$115.70")  # in cash, to be handed over
    await phone.page.get_by_role("button", name="End shift").click()
    await reads(phone, "Off shift")


def line_of(page: Page):
    return page.locator("#order-list .line", has_text="#1")


async def does(phone: Tab, label: str) -> None:
    """Press the rider's big button, once it says so."""
    await phone.page.locator("#main-action", has_text=label).click()


async def reads(tab: Tab, text: str) -> None:
    await tab.page.get_by_text(text).locator("visible=true").first.wait_for()

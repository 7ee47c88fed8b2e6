"""The operations page: an operator with open orders sees what needs a person, and steps in."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from tests.pages.browser import DESKTOP, PHONE, Tab, a_tab, shoot
from tests.pages.town import SE, Town
from tests.pages.wire import a_wire

from infra import ids
from kernel.geo import offset
from kernel.ids import PersonId

EVERYTHING = ["intake", "dispatch", "support"]


@asynccontextmanager
async def a_desk(
    town: Town, browser: Browser, address: str, *, scopes: tuple[str, ...] = (), **wish: Any
) -> AsyncIterator[Tab]:
    """Pair an operator's computer, and open the page in it."""
    pairing = {"role": "operator", "subject_id": ids.new(PersonId, "per"), "scopes": list(scopes or EVERYTHING)}
    code = town.operator.must("POST", "/v1/pairings", {**pairing, "label": "The desk"})["code"]
    wish = {"viewport": DESKTOP, "timezone_id": "America/Sao_Paulo"} | wish
    async with a_tab(browser, address, **wish) as tab:
        await tab.claims(code, device_name="Computer")
        await tab.go("/operations")
        await tab.page.locator("#connection[data-state=live]").wait_for()
        yield tab


def line_of(tab: Tab, order: Any) -> Any:
    number = order.answer["short_number"]
    return tab.page.locator("#order-list .line", has=tab.page.locator(".line-number", has_text=_whole(f"#{number}")))


async def choose(tab: Tab, order: Any) -> Any:
    await line_of(tab, order).click()
    panel = tab.page.locator("#order")
    await expect(panel.locator("h2")).to_have_text(f"#{order.answer['short_number']}")
    return panel


def _whole(text: str) -> Any:
    return re.compile(f"^{re.escape(text)}$")


async def test_an_order_appears_moves_and_goes_without_a_reload(town, browser, wire):
    async with a_desk(town, browser, wire.address) as tab:
        order = town.order()

        await expect(line_of(tab, order)).to_contain_text("Rings at the store")
        order.say("accept", prep_minutes=15)
        await expect(line_of(tab, order)).to_contain_text("In the kitchen")
        order.say("ready")
        await expect(line_of(tab, order)).to_contain_text("Food waits")

        other = town.order()
        await expect(line_of(tab, other)).to_be_visible()
        other.say("reject", reason="too_busy")
        await expect(line_of(tab, other)).to_have_count(0)


async def test_the_operator_sends_a_rider_with_a_reason_and_takes_the_order_back(town, browser, wire):
    beto = town.rider("Beto da Mesa")
    beto.is_at(offset(SE, east_m=200, north_m=100))
    order = town.order()
    order.say("accept", prep_minutes=40)

    async with a_desk(town, browser, wire.address) as tab:
        panel = await choose(tab, order)
        await expect(panel).to_contain_text("Rua do Carmo, 9, apto 12")
        await panel.get_by_role("button", name="Assign", exact=True).click()
        dialog = tab.page.locator("#dialog")
        await dialog.get_by_label("Beto da Mesa").check()
        await dialog.get_by_role("button", name="Is nearer").click()
        await tab.is_accessible()
        await shoot(tab.page, "operations-assign")
        await dialog.get_by_role("button", name="Confirm").click()

        await expect(dialog).to_be_hidden()
        await expect(panel.locator(".facts")).to_contain_text("Beto da Mesa")
        await expect(line_of(tab, order)).to_contain_text("Beto da Mesa")
        await panel.get_by_role("button", name="Unassign").click()
        await dialog.get_by_label("Reason").fill("His chain broke")
        await dialog.get_by_role("button", name="Confirm").click()
        await expect(line_of(tab, order)).not_to_contain_text("Beto da Mesa")
        # Asked for by hand, dispatch does not wait: it may have found somebody by now.

    events = town.operator.must("GET", f"/v1/orders/{order.id}/events?limit=200")
    reasons = [one["payload"].get("reason") for one in events if one["type"] == "delivery.overridden"]
    assert "Is nearer" in reasons


async def test_a_rider_moves_on_the_map_and_is_in_the_list(town, browser, wire):
    carla = town.rider("Carla do Mapa", vehicle="motorcycle")
    carla.is_at(SE, seconds_ago=30)

    async with a_desk(town, browser, wire.address) as tab:
        pin = tab.page.get_by_role(
            "button", name=re.compile("^Carla do Mapa: (free|asked)$")
        )  # others' orders wait too
        await expect(pin).to_be_visible()
        before = await pin.bounding_box()
        carla.is_at(offset(SE, east_m=250, north_m=250))
        await until_moved(pin, before)
        await tab.page.get_by_role("tab", name="Riders").click()
        await expect(tab.page.locator("#rider-list .line", has_text="Carla do Mapa")).to_contain_text("seen")
        await tab.is_accessible()
        await shoot(tab.page, "operations-riders")


async def until_moved(pin: Any, before: Any) -> None:
    for _ in range(100):
        now = await pin.bounding_box()
        if now and (now["x"], now["y"]) != (before["x"], before["y"]):
            return
        await pin.page.wait_for_timeout(50)
    raise AssertionError("the pin stands still")


async def test_an_incident_comes_to_the_top_and_the_rider_is_told_the_plan(town, browser, wire):
    davi = town.rider("Davi", vehicle="bicycle")
    davi.is_at(SE)
    order = town.order()
    order.say("accept", prep_minutes=40)
    delivery_id = order.assign(davi)

    async with a_desk(town, browser, wire.address) as tab:
        at = tab.page.locator("#order-list li").first
        report = {
            "report_id": "incident-1",
            "occurred_at": datetime.now(tz=UTC).isoformat(),
            "kind": "sos",
            "note": "A car hit me",
        }
        davi.must("POST", f"/v1/deliveries/{delivery_id}/incidents", report)
        await expect(at).to_contain_text("SOS from the rider")
        panel = await choose(tab, order)
        await panel.get_by_role("button", name="Make a plan").click()
        dialog = tab.page.locator("#dialog")
        await dialog.get_by_label("What is to be done").select_option("wait")
        await dialog.get_by_label("Message to the rider").fill("An ambulance is on its way")
        await shoot(tab.page, "operations-sos")
        await dialog.get_by_role("button", name="Confirm").click()
        await expect(dialog).to_be_hidden()
        await expect(line_of(tab, order)).not_to_contain_text("SOS")

    incidents = town.operator.must("GET", f"/v1/incidents?city_id={town.city_id}")["incidents"]
    assert [one["note"] for one in incidents if one["order_id"] == order.id] == ["A car hit me"]


async def test_an_order_is_taken_care_of_by_one_operator_at_a_time(town, browser, wire):
    order = town.order()

    async with a_desk(town, browser, wire.address) as ana, a_desk(town, browser, wire.address) as eva:
        hers = await choose(ana, order)
        other = await choose(eva, order)
        await hers.get_by_role("button", name="Take care of it").click()
        await expect(hers.get_by_role("button", name="Give back")).to_be_visible()
        await expect(other.get_by_role("button", name="Take over")).to_be_visible()
        await hers.get_by_role("button", name="Give back").click()
        await expect(other.get_by_role("button", name="Take care of it")).to_be_visible()


async def test_a_cut_network_is_shown_and_what_happened_meanwhile_is_there_afterwards(town, browser, wire):
    order = town.order()

    async with a_desk(town, browser, wire.address) as tab:
        await expect(line_of(tab, order)).to_be_visible()
        await wire.cut()
        await tab.page.locator("#connection[data-state=offline]").wait_for()
        order.say("accept", prep_minutes=20)
        wire.mend()
        await expect(line_of(tab, order)).to_contain_text("In the kitchen", timeout=30_000)


async def test_the_page_works_by_keyboard(town, browser, wire):
    order = town.order()

    async with a_desk(town, browser, wire.address) as tab:
        line = line_of(tab, order)
        await line.focus()
        await tab.page.keyboard.press("Enter")
        await expect(tab.page.locator("#order")).to_be_focused()
        await tab.page.keyboard.press("Escape")
        await expect(tab.page.locator("#order")).to_be_hidden()
        await expect(line).to_be_focused()
        await tab.page.locator("#tab-orders").focus()
        await tab.page.keyboard.press("ArrowRight")
        await expect(tab.page.locator("#tab-riders")).to_be_focused()
        await expect(tab.page.locator("#riders")).to_be_visible()


@pytest.mark.parametrize("locale", ["es-MX", "pt-BR", "en-US"])
async def test_the_page_is_accessible_in_every_language_and_width(town, browser, wire, locale):
    order = town.order()

    async with a_desk(town, browser, wire.address, locale=locale) as tab:
        await expect(line_of(tab, order)).to_be_visible()
        await tab.is_accessible()
        await shoot(tab.page, f"operations-{locale[:2]}")
        await choose(tab, order)
        await tab.is_accessible()
        await shoot(tab.page, f"operations-order-{locale[:2]}")
        await tab.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await tab.is_accessible()
        await tab.page.keyboard.press("Escape")
        await tab.page.locator("#tab-map").click()
        await tab.is_accessible()
        await shoot(tab.page, f"operations-map-{locale[:2]}", sizes=["phone"])


async def test_the_first_view_costs_little(town, browser):
    async with a_wire(town.port) as wire, a_desk(town, browser, wire.address) as tab:
        await tab.page.wait_for_load_state("networkidle")

        assert wire.bytes_down < 300_000


async def test_an_operator_without_dispatch_sees_orders_and_sends_nobody(town, browser, wire):
    order = town.order()

    async with a_desk(town, browser, wire.address, scopes=("intake",)) as tab:
        panel = await choose(tab, order)
        await expect(panel).to_contain_text("Moqueca de banana")
        await expect(panel.get_by_role("button", name="Assign", exact=True)).to_have_count(0)

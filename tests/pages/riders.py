"""A rider with a phone: paired as the desk would, on a network of its own, with a place that the test decides."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator
from tests.pages.browser import Tab, a_tab
from tests.pages.town import SE, Json, Order, Person, Town
from tests.pages.wire import Wire, a_wire

from kernel.actors import Role
from kernel.geo import Point
from recado.pages.assets import load_assets

_phones: Final = count(1)


class Phone:
    """The page as its rider works with it. `rider` is the same person over the API."""

    def __init__(self, town: Town, rider: Person, tab: Tab, wire: Wire) -> None:
        self.town, self.rider, self.tab, self.wire = town, rider, tab, wire
        self.page = tab.page
        self.action: Locator = tab.page.locator("#main-action")

    async def is_at(self, place: Point, *, accuracy_m: float = 8) -> None:
        await self.tab.context.set_geolocation({"latitude": place.lat, "longitude": place.lon, "accuracy": accuracy_m})

    async def start(self) -> None:
        await self.page.get_by_role("heading", name="Off shift").wait_for()
        await self.does("Start shift")
        await self.sees("Waiting for an offer")

    async def does(self, label: str) -> None:
        """Press the big button, once it says so."""
        await self.page.locator("#main-action", has_text=label).click()

    async def does_between(self, label: str) -> tuple[datetime, datetime]:
        """Press the big button, and return the instants before and after it, as the page holds them."""
        before = await self.domain_now()
        await self.does(label)
        return before, await self.domain_now()

    async def sees(self, title: str) -> None:
        await self.page.locator("h1", has_text=title).wait_for()

    async def reads(self, text: str) -> None:
        await self.page.get_by_text(text).locator("visible=true").first.wait_for()

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def takes(self, order: Order) -> None:
        """Wait for the offer, and accept it."""
        await self.is_offered(order)
        await self.press("Accept")
        await self.sees("Pick up at Cantina da Praça")

    async def is_offered(self, order: Order) -> Json:
        """Wait until the phone rings, and return what it asks."""
        offers = await eventually(lambda: self.rider.must("GET", "/v1/rider/offers")["offers"], within_s=25)
        assert [one["order_id"] for one in offers[0]["deliveries"]] == [order.id]
        await self.page.locator("#offer[open] #accept").wait_for()
        offer: Json = offers[0]
        return offer

    async def carries(self, order: Order) -> Order:
        """Take it, and pick it up."""
        await self.takes(order)
        order.say("ready")
        await self.does("I am at the store")
        await self.ticks_all()
        await self.does("All here · picked up")
        await self.sees("Deliver to Ana")
        return order

    async def fact(self, name: str, *, after_ms: int = 0) -> str:
        """Return what the page says of the shift under this name."""
        await self.page.wait_for_timeout(after_ms)
        return await self.page.locator("#day-facts div", has_text=name).locator("dd").inner_text()

    async def comes_before(self, selector: str, other: str) -> bool:
        """Tell whether one part of the page is read before another."""
        after = (
            "([one, other]) => document.querySelector(one).compareDocumentPosition(document.querySelector(other)) & 4"
        )
        return bool(await self.page.evaluate(after, [selector, other]))

    async def ticks_all(self) -> None:
        await self.press("All here")

    async def types_code(self, code: str) -> None:
        await self.page.locator("#code").fill(code)

    async def has_told_all(self) -> None:
        """Wait until nothing waits for signal."""
        await self.page.locator("#no-reports:not([hidden])").wait_for(state="attached", timeout=20_000)

    async def waiting(self) -> list[str]:
        """Return what waits for signal, as it is shown."""
        rows: list[str] = await self.page.locator("#reports li span").all_text_contents()
        return rows

    async def alerts(self) -> list[str]:
        """Return what the rider is told, besides the stop."""
        said: list[str] = await self.page.locator("#alerts .alert-text").all_text_contents()
        return said

    async def is_kept_by_the_browser(self) -> None:
        """Wait until the page opens without a network."""
        kept = "async () => Boolean(navigator.serviceWorker.controller && await caches.match('/rider'))"
        for _ in range(100):
            if await self.page.evaluate(kept):
                return
            await self.page.wait_for_timeout(100)
        pytest.fail("the page is not kept")

    async def domain_now(self) -> datetime:
        """Return what the page holds for the time."""
        clock = load_assets().url("js/core/clock.js")
        now_ms: float = await self.page.evaluate("url => import(url).then(({clock}) => clock.now())", clock)
        return datetime.fromtimestamp(now_ms / 1000, UTC)

    async def enters_tunnel(self) -> None:
        await self.tab.context.set_offline(True)
        await self.wire.cut()

    async def leaves_tunnel(self) -> None:
        self.wire.mend()
        await self.tab.context.set_offline(False)

    async def look(self, name: str) -> None:
        """Hold this state to WCAG, and take its picture."""
        # At its end the page lies beside the thumb's bar, not below it.
        await self.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await self.tab.is_accessible()
        await self.page.evaluate("scrollTo(0, 0)")
        await self.tab.shoot(name)


@asynccontextmanager
async def a_phone(browser: Browser, town: Town, *, vehicle: str = "bicycle", **wish: Any) -> AsyncIterator[Phone]:
    """Pair a phone for a new rider, and open the page. Afterwards nothing more is offered to them."""
    number = f"+55118{next(_phones):08}"
    rider_id = town.add("/v1/riders", city_id=town.city_id, name="Beto", phone=number, vehicle=vehicle, capacity=2)[
        "id"
    ]
    rider = town.person(Role.RIDER, rider_id)
    place = {"latitude": SE.lat, "longitude": SE.lon, "accuracy": 8}
    wish = {"permissions": ["geolocation"], "geolocation": place, "timezone_id": "America/Sao_Paulo"} | wish
    async with a_wire(town.port) as wire, a_tab(browser, wire.address, **wish) as tab:
        pairing = {"role": "rider", "subject_id": rider_id, "label": "Beto's phone"}
        await tab.claims(town.operator.must("POST", "/v1/pairings", pairing)["code"], device_name="Beto's phone")
        await tab.go("/rider")
        try:
            yield Phone(town, rider, tab, wire)
        finally:
            town.http.post("/v1/rider/shift/break", headers={"Authorization": f"Bearer {rider.token}"})


async def eventually(is_true: Callable[[], Any], *, within_s: float = 15) -> Any:
    """Wait for what others do, and return it; the phone's network goes on meanwhile."""
    give_up_at = time.monotonic() + within_s
    while not (found := is_true()):
        assert time.monotonic() < give_up_at, f"did not happen within {within_s:g} s"
        await asyncio.sleep(0.1)
    return found


def history(order: Order) -> dict[str, Json]:
    """Return an order's facts by their name."""
    events = order.town.operator.must("GET", f"/v1/orders/{order.id}/events?limit=200")
    return {one["type"]: one for one in events}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""A desk: an operator's computer, paired, and what somebody does at it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Browser, Locator, Route, expect
from tests.pages.browser import DESKTOP, Tab, a_tab
from tests.pages.town import SE, Town

from kernel.geo import Point

EVERYTHING: Final = ("intake", "dispatch", "support", "rules", "administration")
BRAZIL: Final = {"country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo"}


class DeskTab(Tab):
    """The page, as somebody with a telephone at their ear uses it."""

    person_id = ""

    def named(self, label: str, **how: Any) -> Locator:
        return self.page.get_by_label(label, **how)

    async def press(self, name: str, *, within: str = "body") -> None:
        await self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    async def turn_to(self, part: str) -> None:
        await self.page.locator(f"#tab-{part}").click()
        await expect(self.page.locator(f"#{part}")).to_be_visible()

    async def sees(self, text: str, *, within: str = "main") -> None:
        seen = self.page.locator(within).get_by_text(text).locator("visible=true")
        await expect(seen.first).to_be_visible()

    async def is_told(self, text: str) -> None:
        await expect(self.page.locator("#toasts")).to_contain_text(text)

    async def finds(self, address: str, *, field: str = "#address") -> None:
        """Type an address and take the first street that is offered."""
        await self.page.locator(field).press_sequentially(address, delay=5)
        await self.page.locator(f"{field}-list .offer").first.wait_for()
        await self.page.keyboard.press("Enter")

    async def touches_map(self, *, x: float = 0.5, y: float = 0.5) -> None:
        """Touch the map at this share of its width and height."""
        at = self.page.locator("#map")
        await at.scroll_into_view_if_needed()
        box = await at.bounding_box()
        assert box
        await at.click(position={"x": box["width"] * x, "y": box["height"] * y})

    async def types_an_order(self, *, name: str = "Ana Souza", item: str = "Moqueca de banana") -> None:
        """Type what a complete order needs."""
        await self.named("Phone").fill("(11) 91234-5678")
        await self.named("Name", exact=True).fill(name)
        await self.finds("praca da se 5")
        await self.named(f"One more: {item}").click()
        await expect(self.page.locator(".sum")).to_be_visible()

    @asynccontextmanager
    async def is_kept_waiting(self, url: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
        """Let no answer for this through until the end; what is given waits until it was asked for."""
        is_asked, may_go = asyncio.Event(), asyncio.Event()

        async def wait(route: Route) -> None:
            is_asked.set()
            await may_go.wait()
            await route.continue_()

        await self.page.route(url, wait)
        try:
            async with self.page.expect_response(url):
                yield is_asked.wait
                may_go.set()
        finally:
            may_go.set()
            await self.page.unroute(url)

    def card(self, number: int) -> Locator:
        """The order that waits, in the list of all of them."""
        return self.page.locator("#waiting .order-card", has_text=f"#{number} ")

    async def is_good(self, name: str) -> None:
        """Look at it in every way: axe-core, the size of what is touched, pictures."""
        await self.shoot(f"desk-{name}")
        await self.is_accessible()


@asynccontextmanager
async def a_desk(
    town: Town, browser: Browser, address: str, *, scopes: tuple[str, ...] = EVERYTHING, part: str = "", **wish: Any
) -> AsyncIterator[DeskTab]:
    """Pair an operator's computer, and open the page in it."""
    pairing = {"role": "operator", "scopes": list(scopes), "label": "The desk"}
    code = town.operator.must("POST", "/v1/pairings", pairing)["code"]
    async with a_tab(browser, address, **({"viewport": DESKTOP} | wish)) as tab:
        tab.__class__ = DeskTab
        assert isinstance(tab, DeskTab)
        tab.person_id = (await tab.claims(code, device_name="Computer"))["subject_id"]
        await tab.go(f"/desk#{part}" if part else "/desk")
        await tab.page.locator("[role=tab][aria-selected=true]:visible").wait_for()
        yield tab


class City:
    """A city of a test's own, so that no other test's orders wait in it; with a zone and a store unless it is new."""

    def __init__(self, town: Town, name: str, *, centre: Point = SE, is_new: bool = False) -> None:
        self.town, self.name, self.centre = town, name, {"lat": centre.lat, "lon": centre.lon}
        self.id = town.add("/v1/cities", name=name, centre=self.centre, **BRAZIL)["id"]
        self.items: dict[str, str] = {}
        if not is_new:
            self._open()

    def _open(self) -> None:
        lat, lon = self.centre["lat"], self.centre["lon"]
        ring = [{"lat": lat + 0.05 * y, "lon": lon + 0.05 * x} for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self.town.add("/v1/zones", city_id=self.id, name="Centro", polygon=ring)
        merchant = self.town.add("/v1/merchants", name="Cooperativa")
        place = {"phone": "+551133334444", "address": "Praça da Sé, 1", "point": self.centre}
        wish = {"merchant_id": merchant["id"], "city_id": self.id, "name": "Cantina da Praça"}
        self.store_id = self.town.add("/v1/stores", **wish, **place)["id"]
        menu = {"Moqueca de banana": 5_200, "Suco de caju": 1_100, "Pastel de queijo": 900}
        items = [{"external_ref": name, "name": name, "price_minor": price} for name, price in menu.items()]
        said = self.town.operator.must("PUT", f"/v1/stores/{self.store_id}/menu", {"items": items})
        self.items = {item["name"]: item["id"] for item in said["items"]}

    def asks_for_another(self) -> None:
        value = {"needs_confirmation": True, "by_another": True, "confirm_within_s": 300, "expire_after_s": 1800}
        wish = {"scope_id": self.id, "reason": "four eyes", "value": value}
        self.town.operator.must("PUT", "/v1/rules/manual_entry", wish)

    def order(self, **wish: Any) -> Any:
        """Let a customer order here; what is said makes it held."""
        return self.town.order(
            store_id=self.store_id, lines=[{"item_id": self.items["Suco de caju"], "quantity": 1}], **wish
        )

    def read(self, order_id: str) -> Any:
        return self.town.operator.must("GET", f"/v1/orders/{order_id}")

    def held(self) -> list[Any]:
        held: list[Any] = self.town.operator.must("GET", f"/v1/orders/held?city_id={self.id}")["orders"]
        return held

    async def is_chosen(self, tab: DeskTab) -> None:
        await tab.page.locator("#city").select_option(self.id)
        await expect(tab.page.locator("#city")).to_have_value(self.id)

"""A store of a test's own, and the tablet on its counter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Browser, Locator, expect
from tests.pages.browser import DESKTOP, Tab, a_tab
from tests.pages.town import SE, Order, Rider, Town
from tests.pages.wire import Wire

from infra import ids
from kernel.actors import Role
from kernel.ids import PersonId, StoreId

MENU: Final = {"Feijoada": 4_800, "Suco de caju": 1_100, "Pudim": 1_400}
WINDOW_S: Final = 300  # what a customer's own order gets


class Counter:
    """One store with its menu; `say` is its staff over the API, from elsewhere than the tablet."""

    def __init__(self, town: Town, name: str = "Cantina da Nena") -> None:
        self.town = town
        merchant = town.add("/v1/merchants", name="Nena Ltda.")
        place = {"address": "Rua Augusta, 1500", "point": {"lat": SE.lat, "lon": SE.lon}, "phone": "+551130001234"}
        wish = {"merchant_id": merchant["id"], "city_id": town.city_id, "name": name, "default_prep_minutes": 20}
        self.store_id = town.add("/v1/stores", **wish, **place)["id"]
        items = [{"external_ref": item, "name": item, "price_minor": price} for item, price in MENU.items()]
        menu = town.operator.must("PUT", f"/v1/stores/{self.store_id}/menu", {"items": items})
        self.items = {item["name"]: item["id"] for item in menu["items"]}
        self.staff = self.person(self.store_id)

    def person(self, *store_ids: str) -> Any:
        return self.town.person(
            Role.MERCHANT, ids.new(PersonId, "per"), store_ids=frozenset(StoreId(one) for one in store_ids)
        )

    def line(self, item: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
        return {"item_id": self.items[item], "quantity": quantity, **more}

    def order(self, *lines: dict[str, Any]) -> "StoreOrder":
        """Let somebody order: two feijoadas and a juice where nothing else is said."""
        wanted = list(lines) or [self.line("Feijoada", 2), self.line("Suco de caju")]
        return StoreOrder(self, self.town.order(store_id=self.store_id, lines=wanted))

    def accept_within(self, seconds: int) -> None:
        """Give this store so long to accept."""
        rule = {"own_channel_window_s": seconds, "window_s": seconds, "reminders_after_s": []}
        change = {"scope_id": self.store_id, "value": rule, "reason": "a test that cannot wait"}
        self.town.operator.must("PUT", "/v1/rules/acceptance", change)

    def view(self) -> Any:
        return self.staff.must("GET", f"/v1/stores/{self.store_id}")

    def item(self, name: str) -> Any:
        menu = self.staff.must("GET", f"/v1/stores/{self.store_id}/menu")["items"]
        return next(item for item in menu if item["name"] == name)


class StoreOrder:
    """An order of this store, as its kitchen, its rider and its customer see it."""

    def __init__(self, counter: Counter, order: Order) -> None:
        self.counter, self.order = counter, order
        self.number = order.answer["short_number"]

    def ticket(self) -> Any:
        path = f"/v1/stores/{self.counter.store_id}/tickets"
        tickets = self.counter.staff.must("GET", path)["tickets"]
        return next(one for one in tickets if one["order_id"] == self.order.id)

    def say(self, word: str, **said: Any) -> Any:
        """Let somebody of the staff say something on another tablet."""
        return self.counter.staff.must("POST", f"/v1/tickets/{self.ticket()['id']}/{word}", said or None)

    def given_to(self, rider: Rider) -> str:
        return self.order.assign(rider)


class Tablet(Tab):
    """The page, as somebody at the counter uses it."""

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    async def press(self, name: str) -> None:
        await self.button(name).first.click()

    def card(self, number: int) -> Locator:
        return self.page.locator(f".ticket[data-number='{number}']")

    async def is_in(self, number: int, status: str) -> None:
        """Wait until the board has this order there, by the server's word."""
        await self.page.locator(f".ticket[data-number='{number}'][data-status={status}]").wait_for()

    async def is_in_front(self, number: int) -> None:
        await expect(self.page.locator(".offer-number span:last-child")).to_have_text(str(number))

    def column(self, name: str) -> Locator:
        return self.page.locator(f"[data-column={name}]")

    async def sees(self, text: str, *, within_s: float = 10) -> None:
        await self.page.get_by_text(text).first.wait_for(state="visible", timeout=within_s * 1000)

    async def hears(self, text: str) -> None:
        """Wait for what a screen reader says."""
        await self.page.wait_for_function(
            """text => [...document.querySelectorAll("[aria-live]")].some(one => one.textContent.includes(text))""",
            arg=text,
        )

    async def is_good(self, name: str) -> None:
        """Look at it in every way: axe-core, the size of what is touched, pictures."""
        await self.shoot(f"store-{name}")
        await self.is_accessible()


@asynccontextmanager
async def a_tablet(
    browser: Browser, wire: Wire, counter: Counter, *, store_ids: tuple[str, ...] = (), **wish: Any
) -> AsyncIterator[Tablet]:
    """Pair a tablet with a store, or with several, and open its page."""
    stores = store_ids or (counter.store_id,)
    subject = {"role": "merchant", "subject_id": ids.new(PersonId, "per"), "store_ids": list(stores)}
    code = counter.town.operator.must("POST", "/v1/pairings", {**subject, "label": "Tablet at the counter"})["code"]
    async with a_tab(browser, wire.address, **({"viewport": DESKTOP} | wish)) as tab:
        tab.__class__ = Tablet
        assert isinstance(tab, Tablet)
        await tab.claims(code, device_name="Tablet")
        await tab.go("/store")
        if len(stores) == 1:
            await tab.page.locator("#connection[data-state=live]").wait_for()
        yield tab

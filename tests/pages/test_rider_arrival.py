"""The rider's page asks whether they have arrived, once their phone was seen at the stop; it reports nothing itself."""

from datetime import timedelta

from playwright.async_api import expect
from tests.pages.riders import Phone, a_phone, eventually, history, instant
from tests.pages.test_rider import a_meal, evening, jump, whole_evening
from tests.pages.town import DOOR, SE, Order

from kernel.geo import Point

__all__ = ["evening", "whole_evening"]
STAY_S = 60


def stays(phone: Phone, place: Point, *, for_s: int = STAY_S, until_s: int = 0) -> None:
    """Let the rider's own app tell that they were at a place, until so many seconds ago."""
    now = instant(phone.town.operator.must("GET", "/v1/clock")["now"])
    ago = range(until_s + for_s, until_s - 1, -5)
    where = {"lat": place.lat, "lon": place.lon, "accuracy_m": 8, "source": "app"}
    pings = [where | {"device_at": (now - timedelta(seconds=seconds)).isoformat()} for seconds in ago]
    phone.rider.must("POST", "/v1/rider/positions", {"positions": pings})


async def takes_an_order(phone: Phone) -> Order:
    """Say where they are, and take what is offered."""
    await phone.start()
    stays(phone, SE, for_s=0)
    order = a_meal(phone.town)
    await phone.takes(order)
    return order


async def asks(phone: Phone, text: str) -> None:
    await phone.page.locator("#thumb .seen", has_text=text).wait_for(timeout=20_000)


async def asks_nothing(phone: Phone) -> None:
    await expect(phone.page.locator("#thumb .seen")).to_have_count(0)


async def test_one_tap_confirms_the_store_and_the_door_that_the_phone_has_seen(browser, evening):
    async with a_phone(browser, evening, permissions=[]) as phone:
        order = await takes_an_order(phone)
        await asks_nothing(phone)
        jump(evening, seconds=STAY_S + 5)

        stays(phone, SE)

        await asks(phone, "You are at Cantina da Praça: confirm your arrival")
        await expect(phone.page.locator("#announcer-assertive")).to_contain_text("You are at Cantina da Praça")
        await phone.look("rider-seen-at-store")
        assert "order.rider_arrived_at_pickup" not in history(order)
        await phone.does("I am at the store")
        await asks_nothing(phone)
        await eventually(lambda: "order.rider_arrived_at_pickup" in history(order))

        order.say("ready")
        await phone.ticks_all()
        await phone.does("All here · picked up")
        await phone.sees("Deliver to Ana")
        await phone.has_told_all()
        jump(evening, seconds=STAY_S * 6)
        stays(phone, DOOR)
        await asks(phone, "You are at the door of Ana")
        await phone.look("rider-seen-at-door")
        await phone.does("I am at the door")
        await asks_nothing(phone)


async def test_who_goes_away_is_asked_no_more(browser, evening):
    async with a_phone(browser, evening) as phone:
        await takes_an_order(phone)
        jump(evening, seconds=STAY_S + 5)
        stays(phone, SE)
        await asks(phone, "You are at Cantina da Praça")

        await phone.is_at(DOOR)

        await asks_nothing(phone)
        await phone.page.locator("#main-action", has_text="I am at the store").wait_for()


async def test_a_visit_that_is_told_late_asks_nothing(browser, evening):
    async with a_phone(browser, evening, permissions=[]) as phone:
        await takes_an_order(phone)
        jump(evening, seconds=STAY_S * 10)

        stays(phone, SE, until_s=400)
        stays(phone, DOOR)

        truth = f"/v1/riders/{phone.rider.caller.id}/truth"
        await eventually(lambda: evening.operator.must("GET", truth)["seen_at"])
        await phone.page.wait_for_timeout(2_000)  # longer than the page takes to hear of it and to ask
        await asks_nothing(phone)

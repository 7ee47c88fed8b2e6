"""Whatever people write stays text: in lists, titles and on the map's markers."""

from playwright.async_api import expect
from tests.pages.browser import DESKTOP, a_tab
from tests.pages.counter import Counter, a_tablet
from tests.pages.desks import a_desk as a_computer
from tests.pages.riders import a_phone
from tests.pages.test_operations import a_desk, choose
from tests.pages.town import DOOR, SE

EVIL = "\"><img src=/x onerror=window.hit=1><script>window.hit=1</script>{{7*7}}<!--'"
ADDED = "() => [window.hit ?? 0, document.querySelectorAll(\"img[src='/x'], body script:not([src])\").length]"


def an_evil_order(town, counter):
    return town.order(
        store_id=counter.store_id,
        lines=[counter.line("Feijoada", note=EVIL, options=[EVIL], allergies=[EVIL[:80]])],
        dropoff={"lat": DOOR.lat, "lon": DOOR.lon, "address": EVIL, "note": EVIL},
        customer={"name": EVIL, "phone": "+5511912345678"},
    )


async def test_html_in_names_notes_and_addresses_is_read_as_it_was_written(town, browser, wire):
    counter, rider = Counter(town, name=EVIL), town.rider(EVIL, vehicle="motorcycle")
    order = an_evil_order(town, counter)
    async with a_tablet(browser, wire, counter) as tablet:
        await expect(tablet.page.locator("body")).to_contain_text(EVIL)
        assert await tablet.page.evaluate(ADDED) == [0, 0]
    ticket = next(one for one in counter.staff.must("GET", f"/v1/stores/{counter.store_id}/tickets")["tickets"])
    counter.staff.must("POST", f"/v1/tickets/{ticket['id']}/accept", {"prep_minutes": 9})
    delivery_id = order.assign(rider)
    rider.is_at(SE)
    async with a_tab(browser, wire.address, viewport=DESKTOP) as tab:
        await tab.go("/t/" + order.share()["token"])
        await expect(tab.page.locator("h1")).to_contain_text(EVIL)
        await expect(tab.page.locator("#map .map-marker").first).to_be_visible()
        assert await tab.page.evaluate(ADDED) == [0, 0]
    counter.staff.must("POST", f"/v1/tickets/{ticket['id']}/ready")
    rider.report(delivery_id, "arrive-at-pickup")
    async with a_desk(town, browser, wire.address) as desk:
        panel = await choose(desk, order)
        await expect(panel).to_contain_text(EVIL)
        await expect(desk.page.locator("#map .map-marker").first).to_be_visible()
        assert await desk.page.evaluate(ADDED) == [0, 0]


async def test_a_rider_reads_what_a_customer_wrote(town, browser):
    counter = Counter(town, name=EVIL)
    order = an_evil_order(town, counter)
    ticket = next(one for one in counter.staff.must("GET", f"/v1/stores/{counter.store_id}/tickets")["tickets"])
    counter.staff.must("POST", f"/v1/tickets/{ticket['id']}/accept", {"prep_minutes": 9})
    async with a_phone(browser, town) as phone:
        await phone.start()
        wish = {"rider_id": phone.rider.caller.id, "reason": EVIL}
        town.operator.must("POST", f"/v1/deliveries/{order.delivery_id()}/assign", wish)
        await expect(phone.page.locator("body")).to_contain_text(EVIL)
        assert await phone.page.evaluate(ADDED) == [0, 0]


async def test_the_desk_reads_back_what_somebody_typed(town, browser, wire):
    counter = Counter(town, name=EVIL)
    town.order(
        store_id=counter.store_id,
        lines=[counter.line("Feijoada", note=EVIL)],
        dropoff={"lat": DOOR.lat, "lon": DOOR.lon, "address": EVIL, "note": EVIL},
        customer={"name": EVIL, "phone": EVIL[:32]},
    )
    async with a_computer(browser=browser, town=town, address=wire.address, part="waiting") as desk:
        await desk.page.locator("#city").select_option(town.city_id)
        await expect(desk.page.locator("#waiting")).to_contain_text(EVIL)
        assert await desk.page.locator("#waiting a[href^=tel]", has_text=EVIL[:32]).count() == 0
        assert await desk.page.evaluate(ADDED) == [0, 0]

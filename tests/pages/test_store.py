import asyncio
import re

import pytest
from tests.pages.counter import Counter, a_tablet
from tests.pages.town import SE

AT_THE_STORE = SE


@pytest.fixture
def counter(town):
    return Counter(town)


async def test_an_evening_at_the_counter_from_the_bell_to_the_rider(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        await tablet.sees("No new orders. It rings when one comes.")
        await tablet.is_good("quiet")
        order = counter.order(
            counter.line(
                "Feijoada", 2, options=["sem couve", "farofa extra"], note="bem quente", allergies=["amendoim"]
            ),
            counter.line("Suco de caju"),
        )

        await tablet.hears(f"New order {order.number}, 3 items, 5 minutes to accept")
        await tablet.sees("Allergy: amendoim")
        assert re.match(r"4:\d\d|5:00", await tablet.text_of(".offer-left"))
        assert await tablet.text_of("#minutes") == "20"  # the store's usual time
        await tablet.is_good("ringing")
        await tablet.press("15 minutes")
        await tablet.press("More minutes")
        await tablet.press("25 minutes")
        await tablet.press("Accept · 25 min")

        await tablet.sees(f"Order {order.number} accepted")
        assert (order.ticket()["status"], order.ticket()["prep_minutes"]) == ("accepted", 25)
        await tablet.press(f"Start order {order.number}")
        await tablet.is_in(order.number, "preparing")
        assert order.ticket()["status"] == "preparing"
        await tablet.press(f"More time for order {order.number}")
        await tablet.page.get_by_text("Trouble with the equipment").click()
        await tablet.is_good("longer")
        await tablet.press("Tell them")
        await tablet.sees("They were told.")
        assert order.ticket()["extended_minutes"] == 5

        beto = counter.town.rider("Beto Lima")
        beto.is_at(AT_THE_STORE)
        delivery_id = order.given_to(beto)
        await tablet.sees("Beto is on the way · bicycle")
        await tablet.is_good("preparing")
        await tablet.press(f"Order {order.number} is ready")
        await tablet.column("ready").locator(".ticket").wait_for()
        beto.report(delivery_id, "arrive-at-pickup")
        await tablet.column("here").locator(".ticket").wait_for()
        await tablet.hears("Beto has been here since")
        await tablet.is_good("rider-here")
        beto.report(
            delivery_id,
            "check-items",
            problems=[
                {
                    "item_id": counter.items["Suco de caju"],
                    "problem": "missing",
                    "missing_quantity": 1,
                    "note": "só a feijoada",
                }
            ],
        )
        await tablet.sees("Beto counted and something is not right")
        await tablet.is_good("disputed")
        await tablet.page.get_by_label("Note (if needed)").fill("estava na geladeira")
        await tablet.press("Fixed: all is there now")
        await tablet.page.locator(".question").wait_for(state="detached")
        assert order.ticket()["items_disputed"] == []

        beto.report(delivery_id, "pick-up")
        await tablet.sees(f"Order {order.number} is on its way.")
        await tablet.card(order.number).wait_for(state="detached")
        await tablet.page.goto("/store#past")
        await tablet.sees("Handed over at")
        await tablet.is_good("past")


async def test_an_order_that_cannot_be_cooked_is_rejected_and_what_is_missing_goes_off_the_menu(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        order = counter.order()
        await tablet.press("Reject")
        await tablet.press("Reject it")
        await tablet.sees("Why?")
        await tablet.page.get_by_label("Something is out of stock").check()
        await tablet.press("Reject it")
        await tablet.page.get_by_role("alert").filter(has_text="What is out of stock?").wait_for()
        await tablet.page.get_by_role("checkbox", name="Suco de caju").check()
        await tablet.is_good("reject")

        await tablet.press("Reject it")

        await tablet.sees(f"Order {order.number} rejected.")
        await tablet.sees("No new orders.")
        assert (order.ticket()["status"], order.ticket()["end_reason"]) == ("rejected", "item_out_of_stock")
        assert counter.item("Suco de caju")["is_available"] is False
        await tablet.page.locator("#menu-count").get_by_text("1 out").wait_for()
        assert await tablet.page.locator(".end").count() == 0  # nobody tells us what we said ourselves


async def test_an_order_expires_in_front_of_ones_eyes(browser, wire, counter):
    counter.accept_within(6)
    async with a_tablet(browser, wire, counter) as tablet:
        order = counter.order()
        await tablet.page.locator(".countdown[data-tone=alert]").wait_for()

        await tablet.hears("it was not accepted in time")

        await tablet.sees("No new orders.")
        assert order.ticket()["status"] == "expired"
        await tablet.is_good("expired")
        await tablet.press("Got it")
        await tablet.page.locator(".end").wait_for(state="detached")


async def test_an_answer_that_comes_too_late_says_so(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        order = counter.order()
        await tablet.button("Accept · 20 min").wait_for()
        # The news is held up on its way, and somebody answers meanwhile.
        await tablet.page.route(
            "**/v1/tickets/*/accept", lambda route: _after(order.say, route, "reject", reason="closing")
        )

        await tablet.press("Accept · 20 min")

        await tablet.page.locator(".toast, .end").get_by_text("ejected").first.wait_for()
        await tablet.sees("No new orders.")


async def _after(say, route, word, **said):
    say(word, **said)
    await route.continue_()


async def test_the_tablet_works_while_the_network_is_gone_and_claims_nothing(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        cooking = counter.order()
        await tablet.press("Accept · 20 min")
        await tablet.is_in(cooking.number, "accepted")
        waiting = counter.order()
        await tablet.sees("1 new order")

        await wire.cut()
        await tablet.press("Accept · 20 min")
        await tablet.press(f"Order {cooking.number} is ready")
        await tablet.sees("Not accepted yet: there is no connection.")
        await tablet.sees("No connection since")
        await tablet.sees("2 answers wait to be sent.")
        await tablet.sees("Not sent yet: Ready.")
        unheard = counter.order()
        assert (waiting.ticket()["status"], cooking.ticket()["status"]) == ("offered", "accepted")
        await tablet.is_good("cut")
        wire.mend()

        await tablet.sees(f"Order {waiting.number} accepted", within_s=30)
        await tablet.is_in(cooking.number, "ready")
        await tablet.hears(f"New order {unheard.number}")
        assert (waiting.ticket()["status"], cooking.ticket()["status"]) == ("accepted", "ready")
        await tablet.page.locator("#cut").wait_for(state="hidden")


async def test_what_was_said_without_a_network_outlives_a_reload_and_can_be_taken_back(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        order = counter.order()
        await tablet.button("Accept · 20 min").wait_for()
        await tablet.page.route("**/v1/tickets/**", lambda route: route.abort())
        await tablet.press("Accept · 20 min")
        await tablet.sees("Not accepted yet")

        await tablet.page.reload()

        await tablet.sees("Not accepted yet")
        await tablet.press("Do not send it")
        await tablet.button("Accept · 20 min").wait_for()
        assert order.ticket()["status"] == "offered"


async def test_the_kitchen_says_whether_it_began_when_somebody_wants_to_cancel(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        begun, given_up = counter.order(), counter.order()
        for order in (begun, given_up):
            order.say("accept", prep_minutes=20)
            order.order.cancel("changed_mind")
        first, second = tablet.card(begun.number), tablet.card(given_up.number)
        await first.get_by_text("Did you begin?").wait_for()
        await tablet.is_good("cancellation-asked")

        await first.get_by_role("button", name="We began").click()
        await tablet.is_in(begun.number, "preparing")
        await second.get_by_role("button", name="Agree").click()
        await tablet.press("Cancel the order")

        await tablet.sees(f"Order {given_up.number} is cancelled.")
        await second.wait_for(state="detached")
        assert (begun.ticket()["status"], given_up.ticket()["status"]) == ("preparing", "withdrawn")


async def test_an_order_that_is_cancelled_while_it_is_cooked_says_stop(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        order = counter.order()
        order.say("accept", prep_minutes=20)
        order.say("start")
        await tablet.is_in(order.number, "preparing")

        path = f"/v1/orders/{order.order.id}/cancellation"
        quote = counter.town.operator.must("GET", path)
        counter.town.operator.must("POST", path, {"version": quote["version"], "reason": "fraud"})

        await tablet.hears("Stop cooking it.")
        await tablet.is_good("cancelled")


async def test_a_store_pauses_gets_busy_and_says_what_it_usually_needs(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        await tablet.page.get_by_role("link", name="Store", exact=True).click()
        await tablet.press("30 minutes")
        await tablet.page.locator("#opening").get_by_text("Paused until").wait_for()
        assert counter.view()["is_paused"] is True
        await tablet.is_good("paused")
        await tablet.press("Take orders again")
        await tablet.page.locator("#opening").get_by_text("Open").wait_for()

        await tablet.press("10 minutes more")
        await tablet.page.locator("#opening").get_by_text("Busy: +10 min").wait_for()
        await tablet.page.locator("[data-act=usual-more]").click()
        await tablet.page.locator("#settings .minutes").get_by_text("25").wait_for()
        assert (counter.view()["busy"]["extra_minutes"], counter.view()["default_prep_minutes"]) == (10, 25)
        await tablet.is_good("busy")
        counter.order()
        await tablet.page.get_by_role("link", name="Orders").click()
        await tablet.button("Accept · 35 min").wait_for()


async def test_an_item_goes_off_the_menu_with_one_tap_and_is_counted(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        await tablet.page.get_by_role("link", name="Menu").click()
        pudim = tablet.page.get_by_role("switch", name="Pudim: in stock")
        await pudim.click()
        await tablet.page.locator(".item[data-sold=no]").wait_for()
        assert counter.item("Pudim")["is_available"] is False
        await tablet.press("Count Feijoada")
        await tablet.press("One less of Feijoada")
        await tablet.sees("9 left")
        assert counter.item("Feijoada")["stock_count"] == 9
        await tablet.is_good("menu")

        await pudim.click()
        await tablet.page.locator(".item[data-sold=no]").wait_for(state="detached")
        await wire.cut()
        await pudim.click()

        await tablet.sees("Not changed.")
        assert await pudim.get_attribute("aria-checked") == "true"
        assert counter.item("Pudim")["is_available"] is True


async def test_who_works_in_two_stores_chooses_one(browser, wire, counter, town):
    other = Counter(town, "Boteco do Tião")
    async with a_tablet(browser, wire, counter, store_ids=(counter.store_id, other.store_id)) as tablet:
        await tablet.sees("Which store does this tablet serve?")
        await tablet.is_good("choose")

        await tablet.press("Boteco do Tião")

        await tablet.page.locator("#store-name").get_by_text("Boteco do Tião").wait_for()
        other.order()
        await tablet.sees("1 new order")
        await tablet.press("Switch")
        await tablet.sees("Which store does this tablet serve?")


@pytest.mark.parametrize(("locale", "word"), [("es-CO", "Aceptar · 20 min"), ("pt-BR", "Aceitar · 20 min")])
async def test_orders_wait_in_a_row_and_are_answered_by_keyboard(browser, wire, counter, locale, word):
    async with a_tablet(browser, wire, counter, locale=locale) as tablet:
        first = counter.order()
        await tablet.is_in_front(first.number)
        second = counter.order()
        await tablet.page.locator(".queued").nth(1).wait_for()
        await tablet.page.keyboard.press("Escape")  # any touch or key lets it sound
        await tablet.page.locator("#sound").wait_for(state="hidden")
        await tablet.is_good(f"two-new-{locale[:2]}")

        await tablet.button(word).focus()
        await tablet.page.keyboard.press("Enter")

        await tablet.is_in(first.number, "accepted")
        await tablet.is_in_front(second.number)
        await tablet.button(word).wait_for()
        assert await tablet.page.evaluate("document.activeElement.dataset.act") == "accept"


async def test_of_two_orders_the_one_that_rang_first_is_in_front_though_read_later(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        is_second_read = asyncio.Event()

        async def wait(route):
            await is_second_read.wait()
            await route.continue_()

        await tablet.page.route("**/v1/tickets/*", wait, times=1)
        first, second = counter.order(), counter.order()
        await tablet.is_in_front(second.number)
        is_second_read.set()

        await tablet.is_in_front(first.number)
        await tablet.page.locator(".queued").nth(1).click()
        await tablet.is_in_front(second.number)


async def test_what_was_told_meanwhile_is_not_undone_by_an_older_list(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        is_told, is_listed = asyncio.Event(), asyncio.Event()

        async def wait(route):
            listed = await route.fetch()
            is_listed.set()
            await is_told.wait()
            await route.fulfill(response=listed)

        await tablet.page.route("**/tickets?open=true*", wait, times=1)
        order = counter.order()
        order.say("accept", prep_minutes=15)
        rider = counter.town.rider("Beto Lima")
        rider.is_at(AT_THE_STORE)
        delivery_id = order.given_to(rider)
        await tablet.sees("Beto is on the way")
        await is_listed.wait()

        rider.report(delivery_id, "arrive-at-pickup")
        await tablet.column("here").locator(".ticket").wait_for()
        async with tablet.page.expect_response("**/tickets?open=true*"):
            is_told.set()
        await tablet.page.evaluate("() => new Promise(done => setTimeout(done, 200))")

        assert await tablet.column("here").locator(".ticket").count() == 1


async def test_a_ticket_is_printed_without_the_page_around_it(browser, wire, counter):
    async with a_tablet(browser, wire, counter) as tablet:
        await tablet.page.evaluate("window.print = () => { window.wasPrinted = true; }")
        order = counter.order(counter.line("Feijoada", 2, allergies=["leite"]))
        await tablet.press(f"Print order {order.number}")
        assert await tablet.page.evaluate("window.wasPrinted") is True

        await tablet.page.emulate_media(media="print")

        assert "Allergy: leite" in await tablet.text_of("#slip")
        assert await tablet.page.locator("#slip").is_visible()
        assert not await tablet.page.locator(".board, .topbar").first.is_visible()


async def test_the_tablets_page_opens_on_a_few_kilobytes(browser, wire, counter):
    async with a_tablet(browser, wire, counter):
        assert wire.bytes_down < 100_000

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
        await tablet.hears("Beto is here since")
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

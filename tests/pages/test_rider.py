"""A rider's whole evening on the page: on real processes, in a town whose clock the test moves."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import redis
from playwright.async_api import expect
from tests.pages.riders import Phone, a_phone, eventually, history, instant
from tests.pages.town import DOOR, SE, Json, Order, Town, a_town

from infra import clock
from infra.clock import wall_now
from infra.db import Database
from kernel.geo import offset

MEALS: list[Order] = []


@pytest.fixture
def evening(whole_evening: Town) -> Iterator[Town]:
    """The town, for one test: what it leaves in the streets is brought home before the next."""
    MEALS.clear()
    yield whole_evening
    flow(whole_evening, rate=1)
    left = [order for order in MEALS if not history(order).keys() & {"order.delivered", "order.returned"}]
    if left:
        clara = whole_evening.rider("Clara")
        for order in left:
            delivery_id = order.delivery_id()
            if "order.picked_up" not in history(order):
                order.assign(clara)
            by_hand = {
                "report_id": f"home-{delivery_id}",
                "occurred_at": wall_now().isoformat(),
                "reason": "the test is over",
            }
            whole_evening.operator.must("POST", f"/v1/deliveries/{delivery_id}/deliver", by_hand)
        clara.must("POST", "/v1/rider/shift/end")


@pytest.fixture(scope="module")
def whole_evening(databases, stores, tmp_path_factory) -> Iterator[Town]:
    """A town whose domain time begins now, flows as wall time does, and can be moved."""
    redis_url = f"{stores.redis_url.rstrip('/')}/2"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    database_url = databases.take()
    asyncio.run(_simulate(database_url))
    with a_town(database_url=database_url, redis_url=redis_url, logs=tmp_path_factory.mktemp("evening")) as town:
        yield town
    databases.give_back(database_url)


async def _simulate(database_url: str) -> None:
    async with Database.connect(database_url, pool_size=1) as database, database.begin() as tx:
        await clock.simulate(tx, start_at=wall_now(), rate=1)


def flow(town: Town, *, rate: float) -> None:
    """Let so many seconds pass in one."""
    town.operator.must("PUT", "/v1/clock", {"rate": rate})


def jump(town: Town, *, seconds: float) -> None:
    now = instant(town.operator.must("GET", "/v1/clock")["now"])
    town.operator.must("PUT", "/v1/clock", {"to": (now + timedelta(seconds=seconds)).isoformat()})


def in_tunnel(phone: Phone, entered_at: datetime, left_at: datetime) -> list[Json]:
    """Return the rider's way between two instants, as the desk sees it."""
    since = {"since": entered_at.isoformat()}
    path = f"/v1/riders/{phone.rider.caller.id}/trail?{urlencode(since)}"
    points = phone.town.operator.must("GET", path)["points"]
    return [one for one in points if instant(one["device_at"]) <= left_at]


def another_code(order: Order) -> str:
    return f"{(int(order.answer['dropoff_code']) + 1) % 10_000:04}"


def a_meal(town: Town, **wish: Any) -> Order:
    """Let somebody order and the kitchen cook it at once."""
    order = town.order(**wish)
    order.say("accept", prep_minutes=1)
    MEALS.append(order)
    return order


async def test_a_whole_job_from_the_first_tap_to_the_door(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.sees("Off shift")
        await phone.look("rider-off")
        await phone.start()
        await phone.look("rider-waiting")
        order = a_meal(evening, payment={"method": "cash", "change_for_minor": 15_000})
        await phone.is_offered(order)
        await phone.look("rider-offer")
        await phone.takes(order)
        await phone.look("rider-to-store")

        await phone.does("I am at the store")
        await phone.does("Check the items · 0 of 2")
        order.say("ready")
        await phone.page.get_by_label("Moqueca de banana").check()
        await phone.look("rider-items")
        await phone.page.get_by_label("Suco de caju").check()
        await phone.does("All here · picked up")
        await phone.sees("Deliver to Ana")
        await phone.look("rider-to-door")
        await phone.is_at(DOOR)
        await phone.does("I am at the door")
        await phone.reads("Pays with")
        await phone.types_code(order.answer["dropoff_code"])
        await phone.look("rider-at-door")
        await phone.does("delivered")

        await phone.sees("Waiting for an offer")
        await phone.reads("Offers taken")
        await phone.look("rider-delivered")
        facts = {"order.rider_arrived_at_pickup", "order.picked_up", "order.delivered"}
        await eventually(lambda: facts <= history(order).keys())  # the phone goes on before it is heard
        await phone.press("End shift")
        await phone.sees("Off shift")
        await phone.reads("Your last shift")
        assert await phone.comes_before("#day", "#start")
        await phone.look("rider-ended")


async def test_ten_minutes_without_signal_lose_nothing(browser, evening):
    """Because a rider goes through a tunnel, closes the page there, opens it again and goes on working."""
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = a_meal(evening)
        await phone.takes(order)
        order.say("ready")
        await phone.is_kept_by_the_browser()
        flow(evening, rate=60)
        await phone.page.reload()  # the page learns that time flows faster
        await phone.sees("Pick up at")
        await phone.page.locator("html[data-connection=live]").wait_for()

        await phone.enters_tunnel()
        entered_at, arrived_by = await phone.does_between("I am at the store")
        await phone.ticks_all()
        await phone.does("All here · picked up")
        await phone.reads("3 reports wait for signal")
        await phone.look("rider-tunnel")
        await phone.page.reload()
        await phone.reads("3 reports wait for signal")
        await phone.page.locator("#map .leaflet-marker-pane").wait_for(state="attached")
        way = [offset(SE, east_m=90 * step, north_m=30 * step) for step in range(1, 11)]
        for place in way:
            await phone.is_at(place)
            await phone.page.wait_for_timeout(500)
        await phone.does("I am at the door")
        await phone.types_code(order.answer["dropoff_code"])
        while await phone.domain_now() < entered_at + timedelta(minutes=10):
            await phone.page.wait_for_timeout(250)
        tapped_at, tapped_by = await phone.does_between("delivered")
        await phone.reads("5 reports wait for signal")
        await phone.page.reload()
        await phone.reads("5 reports wait for signal")
        assert await phone.fact("With orders") == await phone.fact("With orders", after_ms=1_500)  # more than a minute
        steps = ["Arrived at the store", "Items checked", "Picked up", "Arrived at the door", "Delivered"]
        assert [row.split(" · ")[0] for row in await phone.waiting()] == steps

        flow(evening, rate=1)
        await phone.leaves_tunnel()

        await phone.has_told_all()
        facts = await eventually(lambda: (found := history(order)).keys() >= {"order.delivered"} and found)
        told = [
            facts[f"order.{step}"]
            for step in ("rider_arrived_at_pickup", "picked_up", "rider_arrived_at_dropoff", "delivered")
        ]
        happened = [instant(fact["occurred_at"]) for fact in told]
        assert happened == sorted(happened)
        assert entered_at <= happened[0] <= arrived_by
        assert tapped_at <= happened[-1] <= tapped_by
        assert happened[-1] - happened[0] > timedelta(minutes=7)
        assert all(instant(fact["recorded_at"]) >= tapped_at for fact in told)
        trail = await eventually(lambda: len(seen := in_tunnel(phone, entered_at, tapped_at)) >= len(way) and seen)
        assert [round(one["lat"], 4) for one in trail][-1] == round(way[-1].lat, 4)
        await phone.sees("Waiting for an offer")


async def test_an_offer_is_declined_with_a_reason_that_costs_nothing(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        offer = await phone.is_offered(a_meal(evening))
        await phone.press("No, thanks")
        await phone.look("rider-decline")
        await phone.press("Too far")

        await phone.sees("Waiting for an offer")
        await phone.page.locator("#offer").wait_for(state="hidden")
        (delivery,) = offer["delivery_ids"]
        (why,) = evening.operator.must("GET", f"/v1/deliveries/{delivery}/decisions")["decisions"][:1]
        assert why
        assert (await phone.alerts()) == []


async def test_an_offer_that_nobody_answers_says_that_its_time_is_over(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        await phone.is_offered(a_meal(evening))

        jump(evening, seconds=31)

        await phone.page.get_by_role("heading", name="Time is over").wait_for()
        await phone.look("rider-expired")
        await phone.press("Understood")
        await phone.sees("Waiting for an offer")


async def test_an_offer_that_somebody_else_took_says_so(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = a_meal(evening)
        await phone.is_offered(order)
        other = evening.rider("Clara")

        order.assign(other)

        await phone.page.locator("#offer .offer-over").wait_for()
        await phone.look("rider-taken")
        await phone.press("Understood")
        other.must("POST", "/v1/rider/shift/break")


async def test_a_wrong_code_says_how_many_tries_are_left(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = await phone.carries(a_meal(evening))
        await phone.does("I am at the door")
        await phone.types_code(another_code(order))
        await phone.does("delivered")

        await phone.reads("Tries left: 4")
        await phone.look("rider-wrong-code")
        await phone.page.reload()
        await phone.reads("4 tries are left")
        await phone.types_code(order.answer["dropoff_code"])
        await phone.does("delivered")
        await phone.sees("Waiting for an offer")
        await expect(phone.page.get_by_text("Tries left").locator("visible=true")).to_have_count(0)
        await eventually(lambda: "order.delivered" in history(order))


async def test_what_is_missing_is_told_to_the_store_which_answers(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = a_meal(evening)
        await phone.takes(order)
        await phone.does("I am at the store")
        await phone.press("Not all here")
        await phone.page.locator("#problem-1").select_option("missing")
        await phone.look("rider-missing")
        await phone.press("Tell the store")
        await phone.reads("The store knows")

        await eventually(lambda: "order.items_disputed" in history(order))
        order.say("items-answer", resolution="fixed", note="Here it is")

        await phone.reads("The store fixed it")
        await phone.look("rider-answered")
        await phone.does("Picked up")
        await phone.sees("Deliver to Ana")


async def test_help_is_called_and_food_is_brought_back(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = await phone.carries(a_meal(evening))
        await phone.press("Problem")
        await phone.look("rider-problem")
        await phone.press("SOS · I need help")
        await phone.look("rider-sos")
        assert await phone.page.get_by_role("link", name="Call 190").get_attribute("href") == "tel:190"
        await phone.press("Send SOS to the desk")
        await phone.reads("The desk has your word")
        (incident,) = [
            one
            for one in evening.operator.must("GET", "/v1/incidents?open=true")["incidents"]
            if one["order_id"] == order.id
        ]
        assert (incident["kind"], incident["is_urgent"]) == ("sos", True)
        evening.operator.must(
            "POST", f"/v1/incidents/{incident['id']}/resolve", {"plan": "wait", "note": "We are coming"}
        )
        await phone.reads("The desk says: wait where you are. “We are coming”")

        await phone.press("Problem")
        await phone.page.get_by_label("Nobody comes").check()
        await phone.press("Take it back")
        await phone.sees("Take back to Cantina da Praça")
        await phone.look("rider-return")
        evening.operator.must("POST", f"/v1/deliveries/{order.delivery_id()}/confirm-return")

        await phone.reads("The store has order")
        await phone.sees("Waiting for an offer")


async def test_a_shift_rests_and_says_why_it_cannot_end(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        await phone.press("Take a break")
        await phone.sees("On a break")
        await phone.look("rider-break")
        await phone.does("Back to work")
        await phone.sees("Waiting for an offer")
        await phone.enters_tunnel()
        await phone.sees("Without signal no offers come")
        await phone.look("rider-unheard")
        await phone.leaves_tunnel()
        await phone.sees("Waiting for an offer")
        await phone.takes(a_meal(evening))

        await phone.reads("To end it, finish the order you have in hand first")
        assert await phone.page.locator("#end").is_disabled()


async def test_a_phone_that_may_not_tell_where_it_is_says_what_to_do(browser, evening):
    async with a_phone(browser, evening, permissions=[]) as phone:
        await phone.start()

        await phone.reads("Location permission is off")
        await phone.look("rider-no-permission")


async def test_an_order_that_is_taken_away_is_said_and_leaves_the_stops(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.start()
        order = a_meal(evening)
        await phone.takes(order)

        evening.operator.must("POST", f"/v1/deliveries/{order.delivery_id()}/unassign", {"reason": "closer rider"})
        evening.http.post("/v1/rider/shift/break", headers={"Authorization": f"Bearer {phone.rider.token}"})

        await phone.reads("is no longer yours")
        await phone.look("rider-taken-away")


@pytest.mark.parametrize(("locale", "title"), [("es-MX", "Fuera de turno"), ("pt-BR", "Fora do turno")])
async def test_the_page_speaks_the_rider_s_language(browser, evening, locale, title):
    async with a_phone(browser, evening, locale=locale) as phone:
        await phone.sees(title)
        await phone.look(f"rider-off-{locale[:2]}")

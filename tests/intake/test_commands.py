from datetime import timedelta

import msgspec
import pytest
from tests.intake.counter import NOON, PLATFORM, Counter

from infra.db import Database
from intake import commands, queries
from intake.errors import CannotWaveThrough, ReviewNotOpen, StoreUnknown
from intake.model import CustomerRequest, DropoffRequest, LineRequest, PaymentRequest
from kernel.ids import ItemId, StoreId
from orders.model import PaymentMethod
from places.model import ZoneMap

ONE_ROW = "SELECT * FROM orders WHERE id = $1"


async def test_a_complete_order_is_placed_with_all_that_follows_from_it(counter: Counter):
    order_id = await counter.receive()

    order = await counter.one(ONE_ROW, order_id)
    assert (order["status"], order["total_minor"], order["customer_phone"]) == ("placed", 1800, "+5511988887777")
    for table in ("tickets", "deliveries", "promises"):
        assert await counter.one(f"SELECT 1 FROM {table} WHERE order_id = $1", order_id), table
    kinds = {row["kind"] for row in await counter.all("SELECT kind FROM timers WHERE status = 'pending'")}
    assert {"ticket.reminder", "ticket.expiry"} <= kinds
    numbers = [
        row["seq"] for row in await counter.all("SELECT seq FROM events WHERE stream_id = $1 ORDER BY seq", order_id)
    ]
    assert numbers == list(range(1, order["seq"] + 1))


async def test_the_kitchen_reads_what_somebody_cannot_have(counter: Counter):
    menu = await counter.one("SELECT id FROM menu_items LIMIT 1")
    line = LineRequest(item_id=menu["id"], quantity=1, note="well done", allergies=["peanut"])

    order_id = await counter.receive(lines=[line])

    ticket = await counter.one("SELECT lines FROM tickets WHERE order_id = $1", order_id)
    assert msgspec.json.decode(ticket["lines"])[0]["allergies"] == ["peanut"]


async def test_a_platform_gives_the_store_eight_minutes_and_the_own_channel_five(counter: Counter):
    own = await counter.receive()
    platform = await counter.receive(caller=PLATFORM, external_id="R-1")

    sql = "SELECT accept_by FROM tickets WHERE order_id = $1"
    assert (await counter.one(sql, own))["accept_by"] == NOON + timedelta(minutes=5)
    assert (await counter.one(sql, platform))["accept_by"] == NOON + timedelta(minutes=8)


async def test_an_incomplete_order_is_held_with_everything_that_is_wrong(counter: Counter):
    order_id = await counter.receive(
        lines=[LineRequest(item_id=ItemId("itm_NOBODY_SELLS_IT"), quantity=1)],
        dropoff=DropoffRequest(lat=0, lon=0, address="Nowhere"),
        customer=CustomerRequest(name="Ana", phone="12"),
    )

    order = await counter.one(ONE_ROW, order_id)
    problems = {problem["code"] for problem in msgspec.json.decode(order["problems"])}
    assert order["status"] == "held_for_review"
    assert problems == {"item_unknown", "dropoff_outside", "phone_missing"}
    assert await counter.one("SELECT 1 FROM tickets WHERE order_id = $1", order_id) is None


async def test_in_a_zone_drawn_a_moment_ago_an_order_is_placed(counter: Counter):
    counter.around = msgspec.structs.replace(counter.around, zones=ZoneMap([]))

    order_id = await counter.receive()

    assert (await counter.one(ONE_ROW, order_id))["status"] == "placed"
    assert (await counter.one("SELECT zone_id FROM deliveries WHERE order_id = $1", order_id))["zone_id"] is not None


async def test_a_phone_number_that_is_none_is_kept_as_it_was_typed(counter: Counter):
    """Because a person at the desk may see what was meant."""
    order_id = await counter.receive(customer=CustomerRequest(name="Ana", phone=" 8888-7777, ask for Ana "))

    assert (await counter.one(ONE_ROW, order_id))["customer_phone"] == "8888-7777, ask for Ana"


async def test_a_store_nobody_knows_is_refused_by_name(counter: Counter):
    with pytest.raises(StoreUnknown):
        await counter.receive(store_id=StoreId("sto_00000000000000000000000000"))


async def test_the_last_pastel_is_sold_once(database_url: str):
    async with Database.connect(database_url, pool_size=4) as database:
        counter = await Counter(database).open(stock_count=3)
        first, second = await counter.receive(), await counter.receive()

        assert (await counter.one(ONE_ROW, first))["status"] == "placed"
        assert (await counter.one(ONE_ROW, second))["status"] == "held_for_review"
        assert (await counter.one("SELECT stock_count FROM menu_items"))["stock_count"] == 1


async def test_a_card_is_authorised_before_the_store_is_asked(counter: Counter):
    order_id = await counter.receive(payment=PaymentRequest(method=PaymentMethod.CARD, token="tok_ok"))
    waiting = await counter.one(ONE_ROW, order_id)

    await counter.settle_payments(is_done=True)

    assert waiting["status"] == "received"
    assert (await counter.one(ONE_ROW, order_id))["status"] == "placed"


async def test_an_order_whose_card_is_declined_never_rings_in_the_kitchen(counter: Counter):
    order_id = await counter.receive(payment=PaymentRequest(method=PaymentMethod.CARD, token="tok_declined"))

    await counter.settle_payments(is_done=False)

    order = await counter.one(ONE_ROW, order_id)
    assert (order["status"], order["end_reason"]) == ("rejected", "payment_refused")
    assert await counter.one("SELECT 1 FROM tickets WHERE order_id = $1", order_id) is None


async def test_the_desk_places_a_held_order_in_spite_of_a_wrong_total(counter: Counter):
    order_id = await counter.receive(total_minor=1)

    async with counter.database.begin() as tx:
        await commands.review_order(
            tx, order_id, is_placed=True, reason="called Ana", around=counter.around, act=counter.act
        )

    assert (await counter.one(ONE_ROW, order_id))["status"] == "placed"


async def test_the_desk_cannot_place_what_nobody_cooks(counter: Counter):
    order_id = await counter.receive(lines=[LineRequest(item_id=ItemId("itm_X"), quantity=1)])

    with pytest.raises(CannotWaveThrough):
        async with counter.database.begin() as tx:
            await commands.review_order(
                tx, order_id, is_placed=True, reason="please", around=counter.around, act=counter.act
            )


async def test_a_card_that_answers_late_does_not_place_what_the_desk_rejected(counter: Counter):
    order_id = await counter.receive(total_minor=1, payment=PaymentRequest(method=PaymentMethod.CARD, token="tok_ok"))
    async with counter.database.begin() as tx:
        await commands.review_order(
            tx, order_id, is_placed=False, reason="prank", around=counter.around, act=counter.act
        )

    await counter.settle_payments(is_done=True)

    order = await counter.one(ONE_ROW, order_id)
    assert (order["status"], order["end_reason"]) == ("rejected", "prank")
    kinds = [row["kind"] for row in await counter.all("SELECT kind FROM payment_entries ORDER BY requested_at, id")]
    assert kinds == ["authorise", "void"]


async def test_a_placed_order_is_not_up_for_review(counter: Counter):
    order_id = await counter.receive()

    with pytest.raises(ReviewNotOpen):
        async with counter.database.begin() as tx:
            await commands.review_order(
                tx, order_id, is_placed=True, reason="again", around=counter.around, act=counter.act
            )


async def test_the_desk_sees_which_held_order_can_be_placed_and_what_change_the_rider_brings(counter: Counter):
    cash = PaymentRequest(method=PaymentMethod.CASH, change_for_minor=5000)
    prank = await counter.receive(dropoff=DropoffRequest(lat=0, lon=0, address="Nowhere"))
    wrong_total = await counter.receive(total_minor=1, payment=cash)

    async with counter.database.begin() as tx:
        city_id = (await counter.one(ONE_ROW, prank))["city_id"]
        held = (await queries.list_held(tx, city_id, after=None, limit=10, now=NOON)).orders

    seen = {order.order_id: (order.can_be_placed, order.change_for_minor) for order in held}
    assert seen == {prank: (False, None), wrong_total: (True, 5000)}

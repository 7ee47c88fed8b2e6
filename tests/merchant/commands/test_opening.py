from datetime import timedelta

import pytest
from tests.merchant.builders import MINUTE, NOON

from merchant.errors import ItemsOutOfStock
from merchant.model.stores import Busy


async def test_placing_rings_the_tablet_and_sets_every_deadline(kitchen):
    order_id = await kitchen.order()

    assert await kitchen.told(order_id) == ["order.received", "order.placed", "ticket.offered"]
    assert (await kitchen.ticket(order_id))["status"] == "offered"
    rows = await kitchen.rows("SELECT kind, due_at - $1 AS after FROM timers ORDER BY due_at, kind", NOON)
    assert [(row["kind"], row["after"]) for row in rows if row["kind"] != "payment.perform"] == [
        ("ticket.reminder", timedelta(minutes=1)),
        ("ticket.reminder", timedelta(minutes=2)),
        ("ticket.reminder", timedelta(minutes=3)),
        ("ticket.expiry", timedelta(minutes=5)),
    ]


async def test_the_own_channel_has_five_minutes_and_a_platform_eight(kitchen):
    own = await kitchen.order(is_own_channel=True)
    platform = await kitchen.order(is_own_channel=False)

    assert (await kitchen.ticket(own))["accept_by"] == NOON + 5 * MINUTE
    assert (await kitchen.ticket(platform))["accept_by"] == NOON + 8 * MINUTE


async def test_a_store_on_auto_accept_accepts_as_the_order_is_placed(kitchen):
    await kitchen.change(auto_accept=True)

    order_id = await kitchen.order()

    assert await kitchen.order_status(order_id) == "accepted"
    assert (await kitchen.told(order_id))[-2:] == ["ticket.offered", "order.accepted"]
    assert (await kitchen.last(order_id, "order.accepted"))["prep_minutes"] == 15
    assert await kitchen.timers(order_id) == [("ticket.ready_due", "pending", None)]


async def test_busy_mode_makes_auto_accept_promise_more(kitchen):
    await kitchen.change(auto_accept=True, busy=Busy(extra_minutes=10, until=NOON + 60 * MINUTE))

    order_id = await kitchen.order()

    assert (await kitchen.ticket(order_id))["ready_by"] == NOON + 25 * MINUTE


async def test_stock_goes_down_when_an_order_is_placed(kitchen):
    await kitchen.count(kitchen.pizza, 5)

    await kitchen.order(pizzas=2)

    assert await kitchen.left(kitchen.pizza) == 3


async def test_nothing_is_placed_where_too_little_is_left(kitchen):
    await kitchen.count(kitchen.pizza, 1)

    with pytest.raises(ItemsOutOfStock):
        await kitchen.order(pizzas=2)

    assert await kitchen.left(kitchen.pizza) == 1
    assert await kitchen.rows("SELECT id FROM tickets") == []

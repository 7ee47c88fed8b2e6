from tests.merchant.builders import MINUTE, NOON

from merchant import commands
from merchant.commands import deadlines
from orders import commands as orders


async def test_a_kitchen_that_never_answers_is_reminded_three_times_then_the_desk_is_called_then_it_is_over(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order(pizzas=2)

    await kitchen.wait(10)

    assert (await kitchen.told(order_id))[2:] == [
        "ticket.offered",
        "ticket.reminded",
        "ticket.reminded",
        "ticket.reminded",
        "ticket.escalated",
        "order.expired",
    ]
    ticket = await kitchen.ticket(order_id)
    assert (ticket["status"], ticket["ended_at"], ticket["reminders_sent"]) == ("expired", NOON + 5 * MINUTE, 3)
    assert await kitchen.order_status(order_id) == "expired"
    assert (await kitchen.last(order_id, "order.expired"))["refund_minor"] == 8900
    assert await kitchen.left(kitchen.pizza) == 5


async def test_reminders_are_counted(kitchen):
    order_id = await kitchen.order()

    await kitchen.wait(2)

    assert (await kitchen.last(order_id, "ticket.reminded"))["n"] == 2


async def test_a_call_for_help_about_an_order_that_is_over_is_moot(kitchen):
    order_id = await kitchen.order()
    await kitchen.wait(4)
    assert await kitchen.value("SELECT status FROM escalations WHERE order_id = $1", order_id) == "open"

    await kitchen.answer(commands.accept, order_id, prep_minutes=15)

    row = (await kitchen.rows("SELECT status, closed_because FROM escalations WHERE order_id = $1", order_id))[0]
    assert tuple(row) == ("moot", "accepted")


async def test_an_answered_kitchen_is_left_alone(kitchen):
    order_id = await kitchen.accepted(prep_minutes=60)
    told = await kitchen.told(order_id)

    await kitchen.wait(30)

    assert await kitchen.told(order_id) == told


async def test_a_deadline_already_firing_when_the_order_was_cancelled_is_moot(kitchen):
    order_id = await kitchen.order()
    await kitchen.cancel(order_id)
    told = await kitchen.told(order_id)

    await kitchen.wait(10)

    assert await kitchen.told(order_id) == told
    assert {why for _, _, why in await kitchen.timers(order_id)} == {"the order is cancelled"}


async def test_food_that_is_late_is_asked_for_and_five_minutes_later_the_desk_is_called(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)

    await kitchen.wait(19)
    assert (await kitchen.told(order_id))[-1] == "ticket.ready_overdue"
    await kitchen.wait(1)

    assert (await kitchen.told(order_id))[-1] == "ticket.escalated"
    row = (await kitchen.rows("SELECT kind, status, opened_at FROM escalations"))[0]
    assert tuple(row) == ("not_ready", "open", NOON + 20 * MINUTE)


async def test_a_kitchen_that_asked_for_longer_is_asked_later(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)
    await kitchen.wait(16)
    await kitchen.answer(commands.extend, order_id, extended_minutes=10, reason="oven full")

    await kitchen.wait(8)

    assert (await kitchen.told(order_id)).count("ticket.ready_overdue") == 1
    await kitchen.wait(1)
    assert (await kitchen.told(order_id)).count("ticket.ready_overdue") == 2
    assert await kitchen.rows("SELECT id FROM escalations") == []


async def test_being_ready_settles_the_call_about_being_late(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)
    await kitchen.wait(21)

    await kitchen.answer(commands.ready, order_id)

    assert await kitchen.value("SELECT status FROM escalations") == "moot"


async def test_food_a_rider_took_is_not_waited_for(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)
    await kitchen.on_order(order_id, lambda tx, order: orders.pick_up(tx, order, act=kitchen.act()))

    await kitchen.wait(30)

    assert "ticket.ready_overdue" not in await kitchen.told(order_id)
    assert await kitchen.rows("SELECT id FROM escalations") == []


async def test_a_deadline_that_was_firing_while_the_kitchen_spoke_finds_out_under_the_lock(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)
    ticket_id = await kitchen.ticket_of(order_id)
    await kitchen.answer(commands.extend, order_id, extended_minutes=10, reason="oven full")
    kitchen.now = NOON + 15 * MINUTE

    reminded = await kitchen.do(lambda tx: deadlines.remind_ready(tx, ticket_id, act=kitchen.act()))
    escalated = await kitchen.do(lambda tx: deadlines.escalate_ready(tx, ticket_id, act=kitchen.act()))
    expired = await kitchen.do(lambda tx: deadlines.expire(tx, ticket_id, act=kitchen.act()))

    assert (reminded, escalated) == ("the kitchen asked for longer", "the kitchen asked for longer")
    assert expired == "the ticket is accepted"

from tests.merchant.builders import MINUTE, NOON, an_id

from kernel.actors import Role
from merchant import commands
from merchant import store as db
from orders import commands as orders
from orders.model import RiderComing


async def test_a_cancelled_order_leaves_the_tablet_and_its_food_can_be_sold_again(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order(pizzas=2)
    await kitchen.cancel(order_id)

    await kitchen.hear()

    ticket = await kitchen.ticket(order_id)
    assert (ticket["status"], ticket["end_reason"]) == ("withdrawn", "cancelled")
    assert await kitchen.left(kitchen.pizza) == 5
    assert {why for _, _, why in await kitchen.timers(order_id)} == {"withdrawn"}
    assert (await kitchen.told(order_id))[-2:] == ["order.cancelled", "ticket.withdrawn"]


async def test_cooked_food_cannot_be_sold_again(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.accepted(pizzas=2)
    await kitchen.answer(commands.start, order_id)
    await kitchen.cancel(order_id)

    await kitchen.hear()

    assert (await kitchen.ticket(order_id))["status"] == "withdrawn"
    assert await kitchen.left(kitchen.pizza) == 3


async def test_hearing_the_same_twice_puts_nothing_back_twice(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order(pizzas=2)
    await kitchen.cancel(order_id)
    await kitchen.hear()

    await kitchen.do(lambda tx: tx.execute("UPDATE events SET is_sent = false"))
    await kitchen.hear()

    assert await kitchen.left(kitchen.pizza) == 5
    assert (await kitchen.told(order_id)).count("ticket.withdrawn") == 1


async def test_an_order_the_desk_rejects_leaves_the_tablet(kitchen):
    order_id = await kitchen.order()
    await kitchen.on_order(
        order_id,
        lambda tx, order: orders.reject(tx, order, reason="payment_refused", item_ids=[], act=kitchen.act()),
    )

    await kitchen.hear()

    assert (await kitchen.ticket(order_id))["end_reason"] == "payment_refused"


async def test_food_a_rider_took_was_ready_before(kitchen):
    order_id = await kitchen.accepted()
    kitchen.now = NOON + 9 * MINUTE
    await kitchen.on_order(order_id, lambda tx, order: orders.pick_up(tx, order, act=kitchen.act()))
    kitchen.now = NOON + 10 * MINUTE

    await kitchen.hear()

    ticket = await kitchen.ticket(order_id)
    assert ticket["status"] == "handed_over"
    assert ticket["ready_at"] == ticket["ended_at"] == NOON + 9 * MINUTE
    assert (await kitchen.told(order_id))[-1] == "ticket.handed_over"
    assert [row for row in await kitchen.timers(order_id) if row[1] == "pending"] == []


async def test_what_the_kitchen_said_itself_is_not_news_to_it(kitchen):
    order_id = await kitchen.accepted()
    await kitchen.answer(commands.start, order_id)
    await kitchen.answer(commands.ready, order_id)
    before = await kitchen.ticket(order_id)

    await kitchen.hear()

    assert await kitchen.ticket(order_id) == before


async def test_a_refusal_given_for_the_kitchen_starts_its_ticket(kitchen):
    order_id = await kitchen.accepted()
    await kitchen.on_order(order_id, lambda tx, order: orders.start_preparing(tx, order, act=kitchen.act()))

    await kitchen.hear()

    assert (await kitchen.ticket(order_id))["status"] == "preparing"


async def test_an_order_without_a_ticket_concerns_no_kitchen(kitchen):
    order_id = await kitchen.order()
    await kitchen.do(lambda tx: tx.execute("DELETE FROM tickets"))
    await kitchen.cancel(order_id)

    await kitchen.hear()

    sql = "SELECT count(*) FROM events WHERE actor_role = $1 AND type LIKE 'ticket.w%'"
    assert await kitchen.value(sql, Role.SYSTEM) == 0


async def test_the_tablet_shows_since_when_a_rider_waits_and_forgets_one_who_left(kitchen):
    order_id = await kitchen.accepted()
    kitchen.now = NOON + 9 * MINUTE
    await kitchen.on_order(order_id, lambda tx, order: orders.rider_arrived_at_pickup(tx, order, act=kitchen.act()))
    kitchen.now = NOON + 10 * MINUTE
    await kitchen.hear()
    assert (await kitchen.ticket(order_id))["rider_arrived_at"] == NOON + 9 * MINUTE

    await kitchen.on_order(
        order_id,
        lambda tx, order: orders.unassign_rider(
            tx, order, delivery_id=an_id("dlv"), assignment_no=1, reason="flat tyre", act=kitchen.act()
        ),
    )
    await kitchen.hear()

    assert (await kitchen.ticket(order_id))["rider_arrived_at"] is None


async def test_the_tablet_shows_who_comes_and_when_until_the_food_is_gone(kitchen):
    order_id = await kitchen.accepted()
    beto = RiderComing(rider_id=an_id("rdr"), first_name="Beto", vehicle="bicycle", pickup_eta_at=NOON + 12 * MINUTE)
    await kitchen.on_order(order_id, lambda tx, order: assigned(kitchen, tx, order, beto, 1))
    await kitchen.hear()
    assert (await kitchen.answer(commands.start, order_id)).rider == beto

    await kitchen.on_order(order_id, lambda tx, order: orders.pick_up(tx, order, act=kitchen.act()))
    await kitchen.hear()

    ticket_id = await kitchen.ticket_of(order_id)
    seen = await kitchen.do(lambda tx: db.tickets.find_ticket(tx, ticket_id))
    assert (seen.status, seen.rider) == ("handed_over", None)


async def test_a_rider_who_takes_over_is_not_at_the_counter_yet(kitchen):
    order_id = await kitchen.accepted()
    ana, beto = (RiderComing(rider_id=an_id("rdr", n)) for n in (1, 2))
    await kitchen.on_order(order_id, lambda tx, order: assigned(kitchen, tx, order, ana, 1))
    await kitchen.on_order(order_id, lambda tx, order: orders.rider_arrived_at_pickup(tx, order, act=kitchen.act()))
    await kitchen.on_order(order_id, lambda tx, order: assigned(kitchen, tx, order, beto, 2))

    await kitchen.hear()

    ticket = await kitchen.answer(commands.start, order_id)
    assert (ticket.rider, ticket.rider_arrived_at) == (beto, None)


def assigned(kitchen, tx, order, rider, assignment_no):
    return orders.assign_rider(
        tx, order, rider=rider, delivery_id=an_id("dlv"), assignment_no=assignment_no, act=kitchen.act()
    )

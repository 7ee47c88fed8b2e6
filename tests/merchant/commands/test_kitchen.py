import pytest
from tests.merchant.builders import MINUTE, NOON, an_id
from tests.merchant.kitchen import DISPATCHER

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import StoreId, TicketId
from merchant import commands, queries
from merchant.errors import NothingDisputed, TicketExpired, TicketMoved, TicketNotFound
from merchant.model.tickets import RejectReason, TicketStatus
from orders import commands as orders
from orders import queries as order_queries
from orders.errors import CancellationNotOpen, OrderMoved
from orders.messages import ItemProblem


async def test_accepting_promises_the_food_and_calls_the_deadlines_off(kitchen):
    order_id = await kitchen.order()
    kitchen.now = NOON + MINUTE

    ticket = await kitchen.answer(commands.accept, order_id, prep_minutes=20)

    assert ticket.status is TicketStatus.ACCEPTED
    assert ticket.ready_by == NOON + 21 * MINUTE
    assert await kitchen.order_status(order_id) == "accepted"
    assert await kitchen.timers(order_id) == [
        *[("ticket.reminder", "cancelled", "accepted")] * 3,
        ("ticket.expiry", "cancelled", "accepted"),
        ("ticket.ready_due", "pending", None),
    ]


async def test_accepting_without_minutes_promises_what_the_store_usually_needs(kitchen):
    await kitchen.change(default_prep_minutes=12)
    order_id = await kitchen.order()

    ticket = await kitchen.answer(commands.accept, order_id, prep_minutes=None)

    assert ticket.prep_minutes == 12


async def test_accepting_twice_changes_nothing_and_gets_the_first_answer(kitchen):
    order_id = await kitchen.order()
    first = await kitchen.answer(commands.accept, order_id, prep_minutes=20)
    told = await kitchen.told(order_id)
    kitchen.now = NOON + 30 * MINUTE

    assert await kitchen.answer(commands.accept, order_id, prep_minutes=20) == first
    assert await kitchen.told(order_id) == told


async def test_the_first_answer_stands_also_when_the_kitchen_went_on_since(kitchen):
    order_id = await kitchen.order()
    first = await kitchen.answer(commands.accept, order_id, prep_minutes=20)
    await kitchen.answer(commands.extend, order_id, extended_minutes=5, reason="oven full")
    await kitchen.answer(commands.ready, order_id)

    assert await kitchen.answer(commands.accept, order_id, prep_minutes=20) == first


async def test_accepting_otherwise_than_before_is_a_conflict(kitchen):
    order_id = await kitchen.accepted(prep_minutes=20)

    with pytest.raises(TicketMoved) as refused:
        await kitchen.answer(commands.accept, order_id, prep_minutes=30)

    assert refused.value.facts["prep_minutes"] == 20


async def test_a_late_yes_is_gone_even_before_the_deadline_was_worked_off(kitchen):
    order_id = await kitchen.order()
    kitchen.now = NOON + 5 * MINUTE

    with pytest.raises(TicketExpired):
        await kitchen.answer(commands.accept, order_id, prep_minutes=20)


async def test_an_order_cancelled_a_moment_ago_refuses_to_be_accepted(kitchen):
    order_id = await kitchen.order()
    await kitchen.cancel(order_id)

    with pytest.raises(OrderMoved):
        await kitchen.answer(commands.accept, order_id, prep_minutes=20)

    assert (await kitchen.ticket(order_id))["status"] == "offered"


async def test_rejecting_gives_the_money_and_the_stock_back(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order(pizzas=2)

    ticket = await kitchen.answer(commands.reject, order_id, reason=RejectReason.TOO_BUSY, item_ids=[])

    assert ticket.status is TicketStatus.REJECTED
    assert ticket.end_reason == "too_busy"
    assert (await kitchen.last(order_id, "order.rejected"))["refund_minor"] == 8900
    assert await kitchen.left(kitchen.pizza) == 5
    assert {status for _, status, _ in await kitchen.timers(order_id)} == {"cancelled"}


async def test_what_is_out_of_stock_goes_off_the_menu(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order()

    await kitchen.answer(commands.reject, order_id, reason=RejectReason.ITEM_OUT_OF_STOCK, item_ids=[kitchen.pizza])

    assert (await kitchen.last(order_id, "order.rejected"))["item_ids"] == [kitchen.pizza]
    row = (await kitchen.rows("SELECT is_available, stock_count FROM menu_items WHERE id = $1", kitchen.pizza))[0]
    assert tuple(row) == (False, 0)


async def test_starting_and_being_ready_are_the_orders_too(kitchen):
    order_id = await kitchen.accepted()

    await kitchen.answer(commands.start, order_id)
    assert await kitchen.order_status(order_id) == "preparing"
    ticket = await kitchen.answer(commands.ready, order_id)

    assert await kitchen.order_status(order_id) == "ready"
    assert ticket.ready_at == kitchen.now
    assert [row for row in await kitchen.timers(order_id) if row[1] == "pending"] == []


async def test_a_kitchen_that_never_said_it_started_can_be_ready(kitchen):
    order_id = await kitchen.accepted()

    ticket = await kitchen.answer(commands.ready, order_id)

    assert (ticket.status, ticket.preparing_at) == (TicketStatus.READY, None)


async def test_nothing_is_ready_that_was_not_accepted(kitchen):
    order_id = await kitchen.order()

    with pytest.raises(TicketMoved):
        await kitchen.answer(commands.ready, order_id)


async def test_extending_counts_in_all_and_moves_the_deadline(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)

    await kitchen.answer(commands.extend, order_id, extended_minutes=5, reason="oven full")
    ticket = await kitchen.answer(commands.extend, order_id, extended_minutes=12, reason="oven full")

    assert ticket.ready_by == NOON + 27 * MINUTE
    assert (await kitchen.last(order_id, "order.ready_by_changed"))["extended_minutes"] == 12
    due = await kitchen.value("SELECT due_at FROM timers WHERE kind = 'ticket.ready_due' AND status = 'pending'")
    assert due == NOON + 27 * MINUTE


async def test_extending_twice_by_the_same_extends_once(kitchen):
    order_id = await kitchen.accepted(prep_minutes=15)
    first = await kitchen.answer(commands.extend, order_id, extended_minutes=5, reason="oven full")

    assert await kitchen.answer(commands.extend, order_id, extended_minutes=5, reason="oven full") == first
    with pytest.raises(TicketMoved):
        await kitchen.answer(commands.extend, order_id, extended_minutes=5, reason="short of hands")


async def asked_to_cancel(kitchen):
    """An accepted order whose customer wants to cancel."""
    order_id = await kitchen.accepted()

    async def ask(tx, order):
        customer = Caller(role=Role.CUSTOMER, id=order.customer_id)
        quote = await order_queries.quote_cancellation(tx, order.id, caller=customer, now=kitchen.now)
        act = customer.act(kitchen.now)
        await orders.request_cancellation(tx, order, version=quote.version, reason="changed_mind", act=act)

    await kitchen.on_order(order_id, ask)
    return order_id


async def test_a_kitchen_that_agrees_cancels_and_puts_the_food_back(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await asked_to_cancel(kitchen)

    ticket = await kitchen.answer(commands.answer_cancellation, order_id, agree=True)

    assert ticket.status is TicketStatus.WITHDRAWN
    assert await kitchen.order_status(order_id) == "cancelled"
    assert await kitchen.left(kitchen.pizza) == 5
    assert await kitchen.answer(commands.answer_cancellation, order_id, agree=True) == ticket


async def test_a_kitchen_that_refuses_has_begun_to_cook(kitchen):
    order_id = await asked_to_cancel(kitchen)

    ticket = await kitchen.answer(commands.answer_cancellation, order_id, agree=False)

    assert ticket.status is TicketStatus.PREPARING
    assert await kitchen.order_status(order_id) == "preparing"
    assert (await kitchen.told(order_id))[-2:] == ["order.preparation_started", "order.cancellation_refused"]


async def test_the_tablet_shows_until_when_the_answer_is_waited_for(kitchen):
    order_id = await asked_to_cancel(kitchen)
    await kitchen.hear()

    assert (await kitchen.ticket(order_id))["cancellation_answer_by"] == NOON + 2 * MINUTE


async def test_a_question_nobody_asked_is_not_answered(kitchen):
    order_id = await kitchen.accepted()

    with pytest.raises(CancellationNotOpen):
        await kitchen.answer(commands.answer_cancellation, order_id, agree=True)


async def disputed(kitchen, order_id, note="no drink"):
    problem = ItemProblem(item_id=kitchen.pizza, problem="missing", missing_quantity=1, note=note)
    await kitchen.on_order(
        order_id, lambda tx, order: orders.dispute_items(tx, order, problems=[problem], act=kitchen.act())
    )


async def test_a_riders_count_is_shown_until_it_is_answered(kitchen):
    order_id = await kitchen.accepted()
    await disputed(kitchen, order_id)
    await kitchen.hear()
    ticket_id = await kitchen.ticket_of(order_id)
    shown = await kitchen.do(lambda tx: queries.get_ticket(tx, ticket_id, caller=kitchen.nena))
    assert [problem.note for problem in shown.items_disputed] == ["no drink"]

    ticket = await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="here it is")

    assert ticket.items_disputed == []
    assert (await kitchen.last(order_id, "order.items_answered"))["resolution"] == "fixed"


async def test_an_answer_that_was_quicker_than_the_news_counts(kitchen):
    order_id = await kitchen.accepted()
    await disputed(kitchen, order_id)
    await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="")

    await kitchen.hear()

    ticket_id = await kitchen.ticket_of(order_id)
    shown = await kitchen.do(lambda tx: queries.get_ticket(tx, ticket_id, caller=kitchen.nena))
    assert shown.items_disputed == []


async def test_every_complaint_is_answered_once(kitchen):
    order_id = await kitchen.accepted()
    with pytest.raises(NothingDisputed):
        await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="")

    await disputed(kitchen, order_id)
    first = await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="")
    assert await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="") == first
    with pytest.raises(NothingDisputed):
        await kitchen.answer(commands.answer_items, order_id, resolution="disagrees", note="")
    await disputed(kitchen, order_id, note="cold")
    await kitchen.answer(commands.answer_items, order_id, resolution="fixed", note="")

    assert (await kitchen.told(order_id)).count("order.items_answered") == 2


STRANGER = Caller(role=Role.MERCHANT, id=an_id("per", 9), store_ids=frozenset({StoreId(an_id("sto", 9))}))
SUPPORTER = Caller(role=Role.OPERATOR, id=an_id("per", 8), scopes=frozenset({Scope.SUPPORT}))
RIDER = Caller(role=Role.RIDER, id=an_id("rdr", 9))


@pytest.mark.parametrize("caller", [STRANGER, SUPPORTER, RIDER], ids=["another store", "support", "rider"])
async def test_other_peoples_tickets_are_not_there(kitchen, caller):
    order_id = await kitchen.order()

    with pytest.raises(TicketNotFound) as refused:
        await kitchen.answer(commands.accept, order_id, by=caller, prep_minutes=15)
    with pytest.raises(TicketNotFound) as never:
        await kitchen.do(
            lambda tx: commands.accept(tx, TicketId(an_id("tkt", 9)), prep_minutes=15, by=kitchen.nena, now=kitchen.now)
        )

    assert refused.value.detail == never.value.detail
    assert refused.value.facts == never.value.facts == {}


async def test_the_dispatch_desk_may_answer_for_a_store(kitchen):
    order_id = await kitchen.order()

    await kitchen.answer(commands.accept, order_id, by=DISPATCHER, prep_minutes=15)

    row = (await kitchen.rows("SELECT actor_role, cause FROM events WHERE type = 'order.accepted'"))[0]
    assert tuple(row) == ("operator", "by_hand")

import pytest
from tests.merchant.builders import MINUTE, NOON
from tests.merchant.kitchen import ADMINISTRATOR, DISPATCHER

from merchant import commands, queries
from merchant.errors import EscalationClosed, EscalationNotFound, HelpNotPossible, TicketExpired
from merchant.model.escalations import Help, HelpOutcome


async def escalated(kitchen):
    """An order that rang three times in vain."""
    order_id = await kitchen.order()
    await kitchen.wait(3)
    return order_id, await kitchen.value("SELECT id FROM escalations WHERE order_id = $1", order_id)


async def resolve(kitchen, call_id, outcome, minutes=None, *, by=DISPATCHER):
    given = Help(reached="Nena, by phone", reason="the tablet was muted", outcome=outcome, minutes=minutes)
    return await kitchen.do(lambda tx: commands.resolve_escalation(tx, call_id, given, by=by, now=kitchen.now))


async def test_the_desk_sees_whom_to_call_and_about_what(kitchen):
    order_id, call_id = await escalated(kitchen)

    page = await kitchen.do(lambda tx: queries.list_escalations(tx, cursor=None, limit=10))

    call = page.escalations[0]
    assert (call.id, call.order_id, call.store_phone) == (call_id, order_id, "+551130001234")
    assert call.accept_by == NOON + 5 * MINUTE
    assert page.next_cursor is None


async def test_the_list_has_pages(kitchen):
    first, second = await kitchen.order(), await kitchen.order()
    await kitchen.wait(3)

    page = await kitchen.do(lambda tx: queries.list_escalations(tx, cursor=None, limit=1))
    rest = await kitchen.do(lambda tx: queries.list_escalations(tx, cursor=page.next_cursor, limit=1))

    assert {page.escalations[0].order_id, rest.escalations[0].order_id} == {first, second}
    assert rest.next_cursor is None


async def test_the_desk_accepts_on_the_stores_behalf(kitchen):
    order_id, call_id = await escalated(kitchen)

    call = await resolve(kitchen, call_id, HelpOutcome.ACCEPTED_ON_BEHALF, 25)

    assert (await kitchen.ticket(order_id))["ready_by"] == NOON + 28 * MINUTE
    assert call.status == "resolved"
    assert call.help.reached == "Nena, by phone"
    assert (await kitchen.told(order_id))[-2:] == ["order.accepted", "escalation.resolved"]


async def test_a_longer_window_ends_later_and_only_once(kitchen):
    order_id, call_id = await escalated(kitchen)

    await resolve(kitchen, call_id, HelpOutcome.WINDOW_EXTENDED, 4)
    await kitchen.wait(5.9)
    assert await kitchen.order_status(order_id) == "placed"
    await kitchen.wait(0.1)

    ticket = await kitchen.ticket(order_id)
    assert (ticket["status"], ticket["ended_at"]) == ("expired", NOON + 9 * MINUTE)
    assert (await kitchen.told(order_id)).count("order.expired") == 1


async def test_an_order_can_be_accepted_in_the_longer_window(kitchen):
    order_id, call_id = await escalated(kitchen)
    await resolve(kitchen, call_id, HelpOutcome.WINDOW_EXTENDED, 4)
    kitchen.now = NOON + 8 * MINUTE

    ticket = await kitchen.answer(commands.accept, order_id, prep_minutes=15)

    assert ticket.is_window_extended


async def test_a_window_that_is_over_is_not_extended(kitchen):
    _, call_id = await escalated(kitchen)
    kitchen.now = NOON + 5 * MINUTE

    with pytest.raises(TicketExpired):
        await resolve(kitchen, call_id, HelpOutcome.WINDOW_EXTENDED, 4)


async def test_a_store_that_nobody_answers_for_takes_no_more_orders_for_a_while(kitchen):
    _, call_id = await escalated(kitchen)

    await resolve(kitchen, call_id, HelpOutcome.STORE_PAUSED, 60)

    facts = await kitchen.do(lambda tx: queries.facts_for_order(tx, kitchen.store_id, [], kitchen.now))
    assert facts.is_paused
    assert facts.paused_until == NOON + 63 * MINUTE


async def test_the_desk_cancels_and_the_ticket_goes_with_it(kitchen):
    await kitchen.count(kitchen.pizza, 5)
    order_id, call_id = await escalated(kitchen)

    await resolve(kitchen, call_id, HelpOutcome.CANCELLED)

    assert await kitchen.order_status(order_id) == "cancelled"
    assert (await kitchen.ticket(order_id))["status"] == "withdrawn"
    assert await kitchen.left(kitchen.pizza) == 5
    assert (await kitchen.last(order_id, "order.cancelled"))["refund_minor"] == 4700


async def test_where_nobody_can_help_the_order_expires(kitchen):
    order_id, call_id = await escalated(kitchen)

    await resolve(kitchen, call_id, HelpOutcome.NO_HELP)
    await kitchen.wait(2)

    assert await kitchen.order_status(order_id) == "expired"
    assert await kitchen.value("SELECT status FROM escalations") == "resolved"


async def test_a_late_kitchen_cannot_be_accepted_for(kitchen):
    await kitchen.accepted(prep_minutes=15)
    await kitchen.wait(20)
    call_id = await kitchen.value("SELECT id FROM escalations")

    with pytest.raises(HelpNotPossible):
        await resolve(kitchen, call_id, HelpOutcome.WINDOW_EXTENDED, 4)


async def test_helping_twice_helps_once(kitchen):
    order_id, call_id = await escalated(kitchen)
    first = await resolve(kitchen, call_id, HelpOutcome.ACCEPTED_ON_BEHALF, 25)
    told = await kitchen.told(order_id)

    assert await resolve(kitchen, call_id, HelpOutcome.ACCEPTED_ON_BEHALF, 25) == first
    assert await kitchen.told(order_id) == told
    with pytest.raises(EscalationClosed):
        await resolve(kitchen, call_id, HelpOutcome.NO_HELP)


async def test_an_operator_without_the_scope_sees_no_call(kitchen):
    _, call_id = await escalated(kitchen)

    with pytest.raises(EscalationNotFound):
        await resolve(kitchen, call_id, HelpOutcome.NO_HELP, by=ADMINISTRATOR)

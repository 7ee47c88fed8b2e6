"""What an operator types in is read again before any store is asked."""

import asyncio
from datetime import timedelta

import pytest
from tests.intake.counter import NOON, Counter

from accounts.model import Caller, Scope
from infra.timers import Due
from intake import commands, worker
from intake.commands.entries import EXPIRY
from intake.errors import AnotherMustConfirm, ConfirmationNotOpen, ReviewNotOpen
from intake.model import CustomerRequest, PaymentRequest
from intake.policy import ManualEntryRules
from kernel.actors import Role
from kernel.ids import OrderId, PersonId
from orders import commands as orders
from orders.model import PaymentMethod
from places import commands as places

CLARA, DIEGO = (
    Caller(role=Role.OPERATOR, id=PersonId(f"per_{n:026}"), scopes=frozenset({Scope.INTAKE})) for n in (7, 8)
)


async def status(counter: Counter, order_id: OrderId) -> str:
    return (await counter.one("SELECT status FROM orders WHERE id = $1", order_id))["status"]


async def confirm(counter: Counter, order_id: OrderId, who: Caller = DIEGO, *, is_right=True, reason=""):
    async with counter.database.begin() as tx:
        await commands.confirm_order(
            tx, order_id, is_right=is_right, reason=reason, around=counter.around, act=who.act(NOON)
        )


async def rule(counter: Counter, **value):
    async with counter.database.begin() as tx:
        await places.set_rule(
            tx, "manual_entry", scope_id="", value=value, valid_from=NOON, reason="as the city wants",
            known={"manual_entry": ManualEntryRules}, act=counter.act,
        )  # fmt: skip


async def expire(counter: Counter, order_id: OrderId):
    due = Due(id="tmr_1", kind=EXPIRY, subject_id=order_id, payload=None, due_at=NOON, attempts=0)
    async with counter.database.begin() as tx:
        return await worker.TIMERS[EXPIRY](tx, due, counter.act)


async def facts(counter: Counter, order_id: OrderId):
    rows = await counter.all("SELECT type FROM events WHERE stream_id = $1 ORDER BY seq", order_id)
    return [row["type"] for row in rows]


async def test_what_was_typed_in_waits_and_is_placed_when_it_was_read_again(counter: Counter):
    order_id = await counter.receive(caller=CLARA)
    assert await status(counter, order_id) == "received"
    assert await counter.one("SELECT FROM tickets WHERE order_id = $1", order_id) is None

    for _ in range(2):
        await confirm(counter, order_id)

    assert await status(counter, order_id) == "placed"
    assert (await facts(counter, order_id))[:4] == [
        "order.received", "order.confirmation_awaited", "order.confirmed", "order.placed",
    ]  # fmt: skip
    timer = await counter.one("SELECT status FROM timers WHERE subject_id = $1 AND kind = $2", order_id, EXPIRY)
    assert timer["status"] == "cancelled"


async def test_what_is_wrong_is_rejected_with_the_reason(counter: Counter):
    order_id = await counter.receive(caller=CLARA)

    await confirm(counter, order_id, is_right=False, reason="two pizzas, not twenty")

    row = await counter.one("SELECT status, end_reason FROM orders WHERE id = $1", order_id)
    assert tuple(row) == ("rejected", "two pizzas, not twenty")


async def test_where_the_city_asks_for_it_another_operator_confirms(counter: Counter):
    await rule(counter, by_another=True)
    order_id = await counter.receive(caller=CLARA)

    with pytest.raises(AnotherMustConfirm):
        await confirm(counter, order_id, CLARA)
    await confirm(counter, order_id, DIEGO)

    assert await status(counter, order_id) == "placed"


async def test_a_city_may_do_without(counter: Counter):
    await rule(counter, needs_confirmation=False)

    assert await status(counter, await counter.receive(caller=CLARA)) == "placed"


async def test_of_two_who_answer_at_once_one_counts(counter: Counter):
    order_id = await counter.receive(caller=CLARA)

    answers = await asyncio.gather(
        confirm(counter, order_id, CLARA),
        confirm(counter, order_id, DIEGO, is_right=False, reason="no such street"),
        return_exceptions=True,
    )

    refused = [answer for answer in answers if answer is not None]
    assert [type(answer) for answer in refused] == [ConfirmationNotOpen]
    entry = await counter.one("SELECT status, answered_by_id FROM manual_entries WHERE order_id = $1", order_id)
    assert refused[0].facts["answered_by_id"] == entry["answered_by_id"]
    assert await status(counter, order_id) == {"confirmed": "placed", "refused": "rejected"}[entry["status"]]


async def test_a_customer_s_own_order_needs_no_second_reader(counter: Counter):
    order_id = await counter.receive()

    with pytest.raises(ConfirmationNotOpen):
        await confirm(counter, order_id)


async def test_an_order_nobody_reads_again_expires_with_its_reason(counter: Counter):
    order_id = await counter.receive(caller=CLARA)
    due = await counter.one("SELECT due_at FROM timers WHERE subject_id = $1 AND kind = $2", order_id, EXPIRY)

    assert await expire(counter, order_id) is None

    row = await counter.one("SELECT status, end_reason FROM orders WHERE id = $1", order_id)
    assert tuple(row) == ("expired", "not_confirmed_in_time")
    assert due["due_at"] == NOON + timedelta(minutes=30)
    assert (await facts(counter, order_id))[-1] == "order.expired"
    assert await expire(counter, order_id) == "the entry was answered"
    with pytest.raises(ConfirmationNotOpen):
        await confirm(counter, order_id)


async def test_an_order_that_ended_meanwhile_does_not_expire(counter: Counter):
    order_id = await counter.receive(caller=CLARA)
    async with counter.database.begin() as tx:
        order = await orders.lock_one(tx, order_id)
        await orders.cancel(tx, order, reason="changed mind", fee_minor=0, act=counter.act)

    assert await expire(counter, order_id) == "the order is cancelled"

    assert (await counter.one("SELECT status FROM manual_entries WHERE order_id = $1", order_id))["status"] == "moot"


async def test_a_review_of_what_was_typed_in_is_the_second_reading(counter: Counter):
    await rule(counter, by_another=True)
    order_id = await counter.receive(caller=CLARA, customer=CustomerRequest(name="Ana", phone="12"))
    assert await status(counter, order_id) == "held_for_review"
    assert "held" in (await expire(counter, order_id) or "")

    async def review(who: Caller):
        async with counter.database.begin() as tx:
            await commands.review_order(
                tx, order_id, is_placed=True, reason="she stands here", around=counter.around, act=who.act(NOON)
            )

    with pytest.raises(AnotherMustConfirm):
        await review(CLARA)
    await review(DIEGO)

    assert await status(counter, order_id) == "placed"
    with pytest.raises(ReviewNotOpen):
        await review(DIEGO)


async def test_a_card_is_placed_when_both_the_money_and_the_reader_are_there(counter: Counter):
    card = PaymentRequest(method=PaymentMethod.CARD, token="tok")
    first, second = [await counter.receive(caller=CLARA, payment=card) for _ in range(2)]

    await confirm(counter, first)
    assert await status(counter, first) == "received"
    await counter.settle_payments(is_done=True)
    assert (await status(counter, first), await status(counter, second)) == ("placed", "received")
    await confirm(counter, second)

    assert await status(counter, second) == "placed"

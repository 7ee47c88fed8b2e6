"""Whoever comes first wins, whole; everybody else is refused, and nothing happens twice."""

import asyncio
import random

import pytest
from tests.merchant.builders import MINUTE, NOON

from kernel.errors import DomainError
from merchant import commands
from merchant.commands import deadlines
from merchant.model.tickets import RejectReason

ENDS = {"order.accepted", "order.rejected", "order.expired", "order.cancelled"}


async def only_refusals(step):
    """Return what it answered, or its refusal; anything else is a bug."""
    try:
        return await step
    except DomainError as refusal:
        return refusal


@pytest.mark.parametrize("seed", range(12))
async def test_accepting_rejecting_cancelling_and_expiring_at_once_have_one_winner(kitchen, seed):
    await kitchen.count(kitchen.pizza, 5)
    order_id = await kitchen.order(pizzas=2)
    ticket_id = await kitchen.ticket_of(order_id)
    kitchen.now = NOON + 5 * MINUTE
    just_in_time = NOON + 5 * MINUTE - MINUTE / 60

    def answer(move, **content):
        return kitchen.do(lambda tx: move(tx, ticket_id, by=kitchen.nena, now=just_in_time, **content))

    racing = [
        answer(commands.accept, prep_minutes=15),
        answer(commands.accept, prep_minutes=15),
        answer(commands.accept, prep_minutes=30),
        answer(commands.reject, reason=RejectReason.CLOSING, item_ids=[]),
        kitchen.do(lambda tx: deadlines.expire(tx, ticket_id, act=kitchen.act())),
        kitchen.cancel(order_id),
    ]
    random.Random(seed).shuffle(racing)
    await asyncio.gather(*map(only_refusals, racing))
    await kitchen.hear()

    told = await kitchen.told(order_id)
    ends = [kind for kind in told if kind in ENDS]
    assert len(ends) == len(set(ends))
    # The one who may still come after another: a cancellation of what was accepted but not cooked.
    assert ends[:1] == ends or ends == ["order.accepted", "order.cancelled"]
    ticket, status = await kitchen.ticket(order_id), await kitchen.order_status(order_id)
    expected = {"accepted": "accepted", "rejected": "rejected", "expired": "expired", "cancelled": "withdrawn"}
    assert ticket["status"] == expected[status]
    assert await kitchen.left(kitchen.pizza) == (3 if status == "accepted" else 5)
    numbers = await kitchen.rows("SELECT seq FROM events WHERE stream_id = $1 ORDER BY seq", order_id)
    assert [row["seq"] for row in numbers] == list(range(1, len(numbers) + 1))
    refunds = await kitchen.value("SELECT count(*) FROM payment_entries WHERE kind = 'refund'")
    assert refunds == (0 if status == "accepted" else 1)

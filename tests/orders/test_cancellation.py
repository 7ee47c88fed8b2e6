import asyncio
import contextlib
import os
import random
from collections import Counter

import pytest
from tests.infra.facts import going, until
from tests.orders.builders import BETO, MINUTE, NOON, a_caller, an_act

from infra.clock import DomainClock, wall_now
from infra.timekeeper import Timekeeper
from kernel.actors import Role
from kernel.events import Act, Cause
from orders import commands, queries, worker
from orders.commands.asking import ANSWER_DUE
from orders.errors import (
    CancellationAlreadyAsked,
    CancellationLapsed,
    CancellationNotOpen,
    OrderMoved,
    OrderNotFound,
    QuoteChanged,
    TooLateToCancel,
)
from orders.model import CancellationStatus, PaymentMethod, RiderComing

SOAK = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))


async def quote(house, order_id, *, caller=None, now=NOON):
    async with house.database.read() as tx:
        return await queries.quote_cancellation(tx, order_id, caller=caller or a_caller(), now=now)


async def ask(house, order_id, *, act=None, reason="changed my mind", version=None):
    act = act or an_act()
    if version is None:
        version = (await quote(house, order_id, caller=a_caller(act.actor.role, act.actor.id), now=act.now)).version
    return await house.do(order_id, commands.request_cancellation, version=version, reason=reason, act=act)


async def answer(house, order_id, *, agreed, now=NOON + MINUTE):
    return await house.do(order_id, commands.answer_cancellation, agreed=agreed, act=an_act(Role.MERCHANT, now=now))


async def lapse(house, order_id, *, now=NOON + 2 * MINUTE):
    async with house.database.begin() as tx:
        return await commands.lapse_cancellation(tx, order_id, act=Act.by_system(now, Cause.DEADLINE))


async def requests(house, order_id):
    return [
        row[0]
        for row in await house.fetch("SELECT status FROM cancellations WHERE order_id = $1 ORDER BY id", order_id)
    ]


@pytest.mark.parametrize("status", ["received", "placed"])
async def test_until_the_store_accepted_it_is_done_at_once(house, status):
    order_id = await house.order(status)

    request = await ask(house, order_id)

    assert request.status is CancellationStatus.EXECUTED
    assert await house.status(order_id) == "cancelled"
    assert (await house.told(order_id))[-1] == "order.cancelled"


async def test_afterwards_the_store_is_asked_for_two_minutes(house):
    order_id = await house.order("accepted")

    request = await ask(house, order_id)

    assert (request.status, request.answer_by) == (CancellationStatus.ASKED, NOON + 2 * MINUTE)
    assert await house.status(order_id) == "accepted"
    assert await house.timers(order_id) == [(ANSWER_DUE, "pending", NOON + 2 * MINUTE)]


async def test_the_assigned_rider_hears_the_question_too(house):
    order_id = await house.order("accepted")
    await house.do(
        order_id,
        commands.assign_rider,
        rider=RiderComing(rider_id=BETO),
        delivery_id="dlv_x",
        assignment_no=1,
        act=an_act(),
    )

    await ask(house, order_id)

    feeds = await house.fetch("SELECT feeds FROM events WHERE type = 'order.cancellation_asked'")
    assert BETO in feeds[0][0]


async def test_a_yes_cancels(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    await answer(house, order_id, agreed=True)

    assert (await house.status(order_id), await requests(house, order_id)) == ("cancelled", ["agreed"])
    assert await house.timers(order_id) == [(ANSWER_DUE, "cancelled", NOON + 2 * MINUTE)]


async def test_a_no_records_that_the_kitchen_began(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    await answer(house, order_id, agreed=False)

    assert (await house.status(order_id), await requests(house, order_id)) == ("preparing", ["refused"])
    assert (await house.told(order_id))[-2:] == ["order.preparation_started", "order.cancellation_refused"]


@pytest.mark.parametrize("step", [commands.start_preparing, commands.mark_ready, commands.pick_up])
async def test_a_kitchen_that_goes_on_cooking_has_answered_no(house, step):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    await house.do(order_id, step, act=an_act(now=NOON + MINUTE))

    assert await requests(house, order_id) == ["refused"]
    assert "order.cancellation_refused" in await house.told(order_id)
    assert (await house.timers(order_id))[0][1] == "cancelled"


async def test_silence_cancels(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    assert await lapse(house, order_id) is None

    assert (await house.status(order_id), await requests(house, order_id)) == ("cancelled", ["lapsed"])


async def test_an_answer_at_the_second_it_is_due_is_too_late(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    with pytest.raises(CancellationLapsed):
        await answer(house, order_id, agreed=False, now=NOON + 2 * MINUTE)


async def test_silence_after_an_answer_is_moot(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)
    await answer(house, order_id, agreed=False)

    assert await lapse(house, order_id) == "nothing is asked of an order that is preparing"
    assert await house.status(order_id) == "preparing"


async def test_an_answer_nobody_asked_for_is_refused(house):
    order_id = await house.order("accepted")

    with pytest.raises(CancellationNotOpen):
        await answer(house, order_id, agreed=True)


@pytest.mark.parametrize("status", ["preparing", "ready", "picked_up", "delivered"])
async def test_once_it_is_cooked_the_customer_alone_cannot(house, status):
    order_id = await house.order(status)

    with pytest.raises(TooLateToCancel):
        await ask(house, order_id)
    assert await house.status(order_id) == status


async def test_the_desk_cancels_what_is_being_cooked(house):
    order_id = await house.order("preparing")

    request = await ask(house, order_id, act=an_act(Role.OPERATOR), reason="flooded kitchen")

    assert request.status is CancellationStatus.EXECUTED
    assert (await house.payload(order_id, "order.cancelled"))["by_role"] == "operator"


async def test_an_older_quote_is_answered_with_the_one_of_now(house):
    order_id = await house.order("placed")
    old = await quote(house, order_id)
    await house.do(order_id, commands.accept, prep_minutes=20, ready_by=NOON, act=an_act())

    with pytest.raises(QuoteChanged) as refusal:
        await ask(house, order_id, version=old.version)
    assert refusal.value.facts["quote"].outcome == "store_is_asked"
    assert await house.status(order_id) == "accepted"


async def test_a_quote_changes_nothing_and_waits_for_nobody(house):
    order_id = await house.order("placed")

    async with house.database.begin() as tx:
        await commands.lock_one(tx, order_id)
        async with asyncio.timeout(10):
            await quote(house, order_id)


async def test_a_quote_for_somebody_elses_order_is_not_found(house):
    order_id = await house.order("placed")

    with pytest.raises(OrderNotFound):
        await quote(house, order_id, caller=a_caller(subject="cus_other"))


@pytest.mark.parametrize("status", ["placed", "accepted"])
async def test_a_repeat_gets_the_request_as_it_stands_and_tells_nobody(house, status):
    order_id = await house.order(status)
    version = (await quote(house, order_id)).version
    first = await ask(house, order_id, version=version)
    told = await house.told(order_id)

    assert await ask(house, order_id, version=version) == first
    assert await house.told(order_id) == told


async def test_a_repeat_after_the_answer_gets_what_became_of_it(house):
    order_id = await house.order("accepted")
    version = (await quote(house, order_id)).version
    await ask(house, order_id, version=version)
    await answer(house, order_id, agreed=False)

    assert (await ask(house, order_id, version=version)).status is CancellationStatus.REFUSED
    assert await house.status(order_id) == "preparing"


async def test_the_same_question_for_another_reason_is_refused_while_it_is_open(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    with pytest.raises(CancellationAlreadyAsked) as refusal:
        await ask(house, order_id, reason="too slow")
    assert refusal.value.facts["answer_by"] == NOON + 2 * MINUTE


async def test_the_desk_need_not_wait_for_the_store_that_a_customer_asked(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)

    request = await ask(house, order_id, act=an_act(Role.OPERATOR), reason="store burns")

    assert request.status is CancellationStatus.EXECUTED
    assert await house.status(order_id) == "cancelled"
    assert sorted(await requests(house, order_id)) == ["executed", "moot"]
    assert (await house.timers(order_id))[0][1] == "cancelled"


async def test_a_deadline_that_finds_its_question_overtaken_closes_it(house):
    order_id = await house.order("accepted")
    await ask(house, order_id)
    await house.fetch("UPDATE orders SET status = 'ready' WHERE id = $1 RETURNING id", order_id)

    assert await lapse(house, order_id) == "the order is ready"
    assert await requests(house, order_id) == ["moot"]


async def test_a_cancelled_order_never_comes_back(house):
    order_id = await house.order("placed")
    await ask(house, order_id)

    for step in (commands.start_preparing, commands.mark_ready, commands.pick_up):
        with pytest.raises(OrderMoved):
            await house.do(order_id, step, act=an_act())
    assert await lapse(house, order_id) is not None


async def test_of_cancelling_accepting_and_expiring_at_once_exactly_one_wins(house):
    """200 times, begun within a few milliseconds of each other in an order of the seed's."""
    dice = random.Random(7)
    won = Counter()

    async def after(pause_s, doing):
        await asyncio.sleep(pause_s)
        return await doing

    async def race():
        order_id = await house.order("placed", payment_method=PaymentMethod.PREPAID)
        version = (await quote(house, order_id)).version
        steps = [
            ask(house, order_id, version=version),
            house.do(order_id, commands.accept, prep_minutes=5, ready_by=NOON, act=an_act(Role.MERCHANT)),
            house.do(order_id, commands.expire, accept_by=NOON, act=Act.by_system(NOON, Cause.DEADLINE)),
        ]
        answers = await asyncio.gather(*(after(dice.uniform(0, 0.003), step) for step in steps), return_exceptions=True)
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1, answers
        status = await house.status(order_id)
        won[status] += 1
        told = await house.told(order_id)
        assert sum(f"order.{ending}" in told for ending in ("cancelled", "accepted", "expired")) == 1
        assert [kind for kind, _, _ in await house.ledger(order_id)].count("refund") == (status != "accepted")

    for _ in range(20 * SOAK):
        await asyncio.gather(*(race() for _ in range(10)))

    assert set(won) == {"cancelled", "accepted", "expired"}


async def test_of_the_stores_answer_and_its_deadline_exactly_one_counts(house):
    """Through the real timekeeper: the two meet within some milliseconds, fifty times."""
    clock = DomainClock(house.database.read)
    keeper = Timekeeper(house.database, clock, in_transaction=worker.TIMERS, outside={})
    now = wall_now() - 2 * MINUTE
    ids = [await house.order("accepted", now=now) for _ in range(50)]
    begins_at = wall_now() + MINUTE / 60
    for n, order_id in enumerate(ids):
        await ask(house, order_id, act=an_act(now=begins_at - 2 * MINUTE + n * MINUTE / 6000))

    async def refuse(n, order_id):
        due_at = begins_at + n * MINUTE / 6000
        await asyncio.sleep((due_at - wall_now()).total_seconds() + random.Random(n).uniform(-0.01, 0.002))
        with contextlib.suppress(CancellationLapsed, CancellationNotOpen):
            await answer(house, order_id, agreed=False, now=wall_now())

    async def all_settled():
        return await house.fetch("SELECT FROM timers WHERE status = 'pending'") == []

    async with going(keeper.run()):
        await asyncio.gather(*(refuse(n, order_id) for n, order_id in enumerate(ids)))
        await until(all_settled)

    ends = Counter([(await house.status(order_id), *await requests(house, order_id)) for order_id in ids])
    assert set(ends) <= {("cancelled", "lapsed"), ("preparing", "refused")}
    assert ends.total() == 50

import asyncio
from datetime import timedelta

import pytest
from tests.orders.builders import A_DELIVERY, BETO, ITEM, MINUTE, NOON, WAY, a_new_order, an_act

from kernel.actors import Role
from kernel.errors import IllegalMove
from kernel.events import Act, Cause
from orders import commands, policy
from orders.commands.placing import COMPLETION
from orders.errors import OrderMoved, OrderNotFound
from orders.messages import ItemProblem
from orders.model import OrderStatus, Problem, RiderComing
from orders.state import TRANSITIONS

STEPS = [
    "order.received", "order.placed", "order.accepted", "order.preparation_started", "order.ready", "order.picked_up",
]  # fmt: skip
RIDING = {"delivery_id": A_DELIVERY, "assignment_no": 1}


async def test_a_received_order_waits_to_be_placed(house):
    order_id = await house.order()

    assert await house.status(order_id) == "received"
    assert await house.told(order_id) == ["order.received"]


@pytest.mark.parametrize(("status", "facts"), [(name, n) for n, name in enumerate(WAY, start=2) if n < 7])
async def test_every_step_moves_the_order_and_tells_one_fact(house, status, facts):
    order_id = await house.order(status)

    assert await house.status(order_id) == status
    assert await house.told(order_id) == STEPS[:facts]


async def test_a_delivered_order_is_completed_when_nobody_complained_for_a_day(house):
    order_id = await house.order("delivered")
    assert await house.timers(order_id) == [(COMPLETION, "pending", NOON + timedelta(hours=24))]

    async with house.database.begin() as tx:
        assert (
            await commands.complete(tx, order_id, act=Act.by_system(NOON + timedelta(hours=24), Cause.DEADLINE)) is None
        )

    assert await house.status(order_id) == "completed"
    assert (await house.told(order_id))[-1] == "order.completed"


async def test_completing_what_went_on_is_moot(house):
    order_id = await house.order("ready")

    async with house.database.begin() as tx:
        assert await commands.complete(tx, order_id, act=an_act()) == "the order is ready"


@pytest.mark.parametrize("status", ["accepted", "preparing"])
async def test_picking_up_what_nobody_called_ready_implies_that_it_was(house, status):
    order_id = await house.order(status)

    await house.do(order_id, commands.pick_up, act=an_act(Role.RIDER))

    assert (await house.told(order_id))[-2:] == ["order.ready", "order.picked_up"]
    rows = await house.fetch(
        "SELECT type, cause, actor_role FROM events WHERE stream_id = $1 ORDER BY seq DESC LIMIT 2", order_id
    )
    assert rows == [("order.picked_up", "requested", "rider"), ("order.ready", "implied", "rider")]


@pytest.mark.parametrize("status", ["ready", "delivered"])
async def test_of_food_that_is_not_on_the_road_nobody_is_told_whose_door_is_next(house, status):
    order_id = await house.order(status)

    with pytest.raises(OrderMoved):
        await house.do(order_id, commands.say_whether_next, is_next=True, act=an_act())

    assert "order.is_next_stop" not in await house.told(order_id)


async def test_a_late_report_keeps_when_it_happened_and_when_it_came(house):
    order_id = await house.order("ready")

    await house.do(
        order_id, commands.pick_up, act=an_act(Role.RIDER, now=NOON + 60 * MINUTE, occurred_at=NOON + MINUTE)
    )

    row = await house.fetch("SELECT occurred_at, recorded_at FROM events WHERE type = 'order.picked_up'")
    assert row == [(NOON + MINUTE, NOON + 60 * MINUTE)]
    assert await house.fetch("SELECT picked_up_at FROM orders") == [(NOON + MINUTE,)]


async def test_what_the_table_does_not_allow_is_refused_with_the_state(house):
    order_id = await house.order("accepted")

    with pytest.raises(OrderMoved) as refusal:
        await house.do(order_id, commands.deliver, proof="code", act=an_act(Role.RIDER))
    assert refusal.value.facts == {"order_id": order_id, "status": "accepted", "move": "deliver"}
    assert len(await house.told(order_id)) == 3


@pytest.mark.parametrize("status", ["received", "placed", "accepted", "preparing", "ready", "picked_up", "delivered"])
async def test_no_command_leads_where_the_table_does_not(house, status):
    """Every command on every state: it either moves along the table, keeps the state, or refuses."""
    act = an_act(Role.OPERATOR)
    everything = {
        "place": {"accept_by": NOON}, "hold": {"problems": []}, "accept": {"prep_minutes": 5, "ready_by": NOON},
        "reject": {"reason": "busy", "item_ids": []}, "expire": {"accept_by": NOON}, "start_preparing": {},
        "mark_ready": {}, "pick_up": {}, "deliver": {"proof": "code"}, "bring_back": {"reason": "refused"},
        "cancel": {"reason": "x", "fee_minor": 0}, "rider_arrived_at_pickup": {}, "rider_arrived_at_dropoff": {},
        "assign_rider": {"rider": RiderComing(rider_id=BETO), **RIDING},
        "unassign_rider": {"reason": "x", **RIDING},
        "change_ready_by": {"ready_by": NOON, "extended_minutes": 5, "reason": "x"},
    }  # fmt: skip
    allowed = {to for (before, _), to in TRANSITIONS.items() if before == status} | {OrderStatus(status)}
    if status in {"accepted", "preparing"}:
        allowed.add(OrderStatus.PICKED_UP)  # implied ready in between

    for name, arguments in everything.items():
        order_id = await house.order(status)
        try:
            await house.do(order_id, getattr(commands, name), **arguments, act=act)
        except (OrderMoved, IllegalMove):
            assert await house.status(order_id) == status
        else:
            assert OrderStatus(await house.status(order_id)) in allowed, name
        await house.told(order_id)


async def test_a_held_order_names_every_problem(house):
    order_id = await house.order()

    await house.do(
        order_id, commands.hold, problems=[Problem(code="item_unknown", detail="There is no such item.", item_id=ITEM)],
        act=an_act(),
    )  # fmt: skip

    assert await house.status(order_id) == "held_for_review"
    assert (await house.payload(order_id, "order.held_for_review"))["problems"][0]["code"] == "item_unknown"


async def test_an_expired_order_says_why_it_ended_and_when(house):
    order_id = await house.order("placed")

    await house.do(order_id, commands.expire, accept_by=NOON, act=Act.by_system(NOON, Cause.DEADLINE))

    assert await house.fetch("SELECT status, end_reason, ended_at FROM orders") == [
        ("expired", "not_accepted_in_time", NOON)
    ]


async def test_a_longer_time_is_told_to_everybody_and_keeps_the_first_word(house):
    order_id = await house.order("preparing")

    await house.do(
        order_id,
        commands.change_ready_by,
        ready_by=NOON + 30 * MINUTE,
        extended_minutes=10,
        reason="oven",
        act=an_act(),
    )

    assert await house.fetch("SELECT ready_by, prep_minutes FROM orders") == [(NOON + 30 * MINUTE, 20)]


async def test_a_rider_comes_and_goes_until_the_food_is_on_the_road(house):
    order_id = await house.order("accepted")
    act = an_act(Role.RIDER)

    await house.do(order_id, commands.assign_rider, rider=RiderComing(rider_id=BETO), **RIDING, act=act)
    assert await house.fetch("SELECT rider_id FROM orders") == [(BETO,)]
    await house.do(order_id, commands.unassign_rider, reason="accident", **RIDING, act=act)
    assert await house.fetch("SELECT rider_id FROM orders") == [(None,)]

    assert (await house.payload(order_id, "order.rider_unassigned"))["rider_id"] == BETO
    feeds = await house.fetch("SELECT feeds FROM events WHERE type = 'order.rider_unassigned'")
    assert BETO in feeds[0][0]


async def test_items_are_disputed_and_answered(house):
    order_id = await house.order("ready")
    problem = ItemProblem(item_id=ITEM, problem="missing", missing_quantity=1)

    await house.do(order_id, commands.dispute_items, problems=[problem], act=an_act(Role.RIDER))
    await house.do(order_id, commands.answer_items, resolution="fixed", note="", act=an_act(Role.MERCHANT))

    assert (await house.told(order_id))[-2:] == ["order.items_disputed", "order.items_answered"]


async def test_food_that_comes_back_ends_the_order(house):
    order_id = await house.order("picked_up")

    await house.do(order_id, commands.bring_back, reason="absent", act=an_act(Role.RIDER))

    assert await house.fetch("SELECT status, end_reason FROM orders") == [("returned", "absent")]


async def test_fifty_steps_at_once_leave_no_gap_in_an_orders_numbers(house):
    order_id = await house.order("ready")

    await asyncio.gather(
        *(house.do(order_id, commands.dispute_items, problems=[], act=an_act(Role.RIDER)) for _ in range(50))
    )

    assert len(await house.told(order_id)) == 5 + 50
    rows = await house.fetch("SELECT seq FROM events WHERE stream_id = $1 ORDER BY position", order_id)
    assert [seq for (seq,) in rows] == list(range(1, 56))


async def test_of_fifty_who_accept_at_once_one_does(house):
    order_id = await house.order("placed")

    answers = await asyncio.gather(
        *(house.do(order_id, commands.accept, prep_minutes=5, ready_by=NOON, act=an_act()) for _ in range(50)),
        return_exceptions=True,
    )

    assert sorted({type(answer).__name__ for answer in answers}) == ["Order", "OrderMoved"]
    assert (await house.told(order_id)).count("order.accepted") == 1


async def test_steps_over_the_same_orders_never_wait_for_each_other_in_a_ring(house):
    ids = [await house.order("ready") for _ in range(5)]

    async def touch(order_ids):
        async with house.database.begin() as tx:
            for order in (await commands.lock(tx, order_ids)).values():
                await commands.dispute_items(tx, order, problems=[], act=an_act())

    await asyncio.gather(*(touch(ids if n % 2 else reversed(ids)) for n in range(40)))

    assert {len(await house.told(order_id)) for order_id in ids} == {45}


async def test_an_unknown_order_is_not_found(house):
    with pytest.raises(OrderNotFound):
        await house.do(a_new_order().id, commands.pick_up, act=an_act())


def test_the_complaint_window_is_a_day():
    assert timedelta(hours=24) == policy.COMPLAINT_WINDOW

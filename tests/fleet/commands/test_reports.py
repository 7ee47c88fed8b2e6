import msgspec
import pytest
from tests.fleet.town import minutes

from fleet.commands.reports import confirm_return
from fleet.errors import CodeLocked, DeliveryNotFound, ReasonMissing, ReportReused, WrongCode
from kernel.errors import IllegalMove
from orders.messages import ItemProblem

STEPS = ("arrive_at_pickup", "check_items", "pick_up", "arrive_at_dropoff", "deliver")


async def on_the_way(town, *, code: str = ""):
    ana, order = await town.rider("Ana"), await town.order(code=code)
    (delivery,) = await town.carry(ana, order)
    return ana, order, delivery


async def test_step_by_step_to_the_door(town):
    ana, order, delivery = await on_the_way(town)

    for step in STEPS:
        town.now += minutes(5)
        assert (await town.report(ana, delivery, step)).applied

    told = await town.told(order)
    assert told[told.index("order.rider_assigned") + 1 :] == [
        "order.rider_arrived_at_pickup",
        "order.ready",
        "order.picked_up",
        "order.rider_arrived_at_dropoff",
        "payment.settled",
        "order.delivered",
    ]
    assert await town.status(order) == "delivered"
    assert (await town.last(order, "order.ready"))["cause"] == "implied"


async def test_delivering_implies_everything_before_and_says_so(town):
    ana, order, delivery = await on_the_way(town)

    await town.report(ana, delivery, "deliver")

    causes = {
        kind: (await town.last(order, kind))["cause"]
        for kind in ("order.rider_arrived_at_pickup", "order.picked_up", "order.rider_arrived_at_dropoff")
    }
    assert set(causes.values()) == {"implied"}
    assert (await town.last(order, "order.delivered"))["cause"] == "requested"


async def test_replays_after_an_hour_without_signal_keep_their_event_time(town):
    ana, order, delivery = await on_the_way(town)
    left = town.now
    town.now += minutes(60)

    for step, minute in zip(STEPS, (5, 6, 10, 20, 22), strict=True):
        await town.report(ana, delivery, step, at=left + minutes(minute))

    row = (
        await town.rows("SELECT arrived_at_pickup_at, picked_up_at, arrived_at_dropoff_at, ended_at FROM deliveries")
    )[0]
    assert tuple(row) == tuple(left + minutes(minute) for minute in (5, 10, 20, 22))
    assert (await town.last(order, "order.delivered"))["occurred_at"] == left + minutes(22)


async def test_reports_that_come_in_the_wrong_order_settle_in_the_right_one(town):
    ana, order, delivery = await on_the_way(town)
    left = town.now
    town.now += minutes(60)

    await town.report(ana, delivery, "arrive_at_dropoff", at=left + minutes(20))
    late = await town.report(ana, delivery, "pick_up", at=left + minutes(10))
    await town.report(ana, delivery, "arrive_at_pickup", at=left + minutes(5))

    assert late.applied
    assert await town.status(order) == "arrived_at_dropoff"
    row = (await town.rows("SELECT arrived_at_pickup_at, picked_up_at, implied FROM deliveries"))[0]
    assert tuple(row) == (left + minutes(5), left + minutes(10), [])
    assert (await town.told(order)).count("order.picked_up") == 1
    assert (await town.last(order, "delivery.step_timed"))["step"] == "arrived_at_pickup"


async def test_a_report_sent_twice_gets_the_first_answer(town):
    ana, order, delivery = await on_the_way(town)

    first = await town.report(ana, delivery, "pick_up", report_id="p-1", at=town.now)
    again = await town.report(ana, delivery, "pick_up", report_id="p-1", at=town.now)

    assert again == first
    assert (await town.told(order)).count("order.picked_up") == 1


async def test_a_report_id_used_for_something_else_is_refused(town):
    ana, _, delivery = await on_the_way(town)
    await town.report(ana, delivery, "arrive_at_pickup", report_id="p-1")

    with pytest.raises(ReportReused):
        await town.report(ana, delivery, "pick_up", report_id="p-1")


async def test_a_double_tap_with_a_new_id_changes_nothing(town):
    ana, order, delivery = await on_the_way(town)

    await town.report(ana, delivery, "pick_up")
    assert (await town.report(ana, delivery, "pick_up")).applied

    assert (await town.told(order)).count("order.picked_up") == 1


async def test_a_late_report_about_a_delivery_that_went_to_somebody_else_is_kept_with_its_facts(town):
    ana, order, delivery = await on_the_way(town)
    arrived = town.now
    await town.assign(delivery, await town.rider("Beto"))

    answer = await town.report(ana, delivery, "arrive_at_pickup", at=arrived, report_id="late", note="I was there")

    assert (answer.applied, answer.why) == (False, "reassigned")
    told = await town.last(order, "report.unapplied")
    assert (told["rider_id"], told["report_id"], told["move"], told["why"]) == (
        ana, "late", "arrive_at_pickup", "reassigned",
    )  # fmt: skip
    kept = (await town.rows("SELECT outcome, facts FROM delivery_reports"))[0]
    assert kept["outcome"] == "unapplied"
    assert msgspec.json.decode(kept["facts"])["note"] == "I was there"
    assert (
        await town.report(ana, delivery, "arrive_at_pickup", at=arrived, report_id="late", note="I was there") == answer
    )
    assert (await town.told(order)).count("report.unapplied") == 1


async def test_a_pickup_of_a_cancelled_order_is_kept_and_not_applied_even_before_anybody_reacted(town):
    ana, order, delivery = await on_the_way(town)
    await town.cancel(order)

    before = await town.report(ana, delivery, "pick_up")
    await town.drain()
    after = await town.report(ana, delivery, "pick_up")

    assert [(one.applied, one.why) for one in (before, after)] == [(False, "order_over")] * 2
    assert await town.status(order) == "cancelled"


async def test_who_never_had_it_learns_nothing(town):
    _, _, delivery = await on_the_way(town)

    with pytest.raises(DeliveryNotFound):
        await town.report(await town.rider("Beto"), delivery, "pick_up")
    with pytest.raises(DeliveryNotFound):
        await town.report(await town.rider("Carla"), "dlv_00000000000000000000000000", "pick_up")


async def test_a_wrong_code_is_counted_once_and_five_are_the_end(town):
    ana, _, delivery = await on_the_way(town, code="4711")

    first = await town.report(ana, delivery, "deliver", code="1", report_id="d-0")
    repeat = await town.report(ana, delivery, "deliver", code="1", report_id="d-0")
    rest = [await town.report(ana, delivery, "deliver", code=str(number)) for number in range(2, 6)]

    assert all(isinstance(answer, WrongCode) for answer in (first, repeat, *rest))
    assert [answer.facts["tries_left"] for answer in (first, repeat, *rest)] == [4, 4, 3, 2, 1, 0]
    with pytest.raises(CodeLocked):
        await town.report(ana, delivery, "deliver", code="4711")


async def test_the_right_code_is_the_proof_and_is_kept_nowhere(town):
    ana, order, delivery = await on_the_way(town, code="4711")

    await town.report(ana, delivery, "deliver", code="4711")

    assert (await town.last(order, "order.delivered"))["proof"] == "code"
    assert await town.value("SELECT count(*) FROM delivery_reports WHERE facts::text LIKE '%4711%'") == 0


async def test_an_operator_completes_with_a_reason_and_without_a_code(town):
    _, order, delivery = await on_the_way(town, code="4711")

    with pytest.raises(ReasonMissing):
        await town.report("", delivery, "deliver", act=town.by_hand())
    await town.report("", delivery, "deliver", act=town.by_hand(), reason="confirmed by phone")

    assert (await town.last(order, "delivery.overridden"))["reason"] == "confirmed by phone"
    delivered = await town.last(order, "order.delivered")
    assert (delivered["proof"], delivered["cause"]) == ("by_hand", "by_hand")


async def test_what_is_missing_at_pickup_goes_to_the_store(town):
    ana, order, delivery = await on_the_way(town)
    missing = [ItemProblem(item_id="itm_1", problem="missing", missing_quantity=1)]

    await town.report(ana, delivery, "check_items", problems=missing)

    assert (await town.last(order, "order.items_disputed"))["problems"][0]["missing_quantity"] == 1
    assert (await town.last(order, "order.rider_arrived_at_pickup"))["cause"] == "implied"


async def test_food_nobody_takes_goes_back_and_the_store_confirms(town):
    ana, order, delivery = await on_the_way(town)
    await town.report(ana, delivery, "pick_up")
    await town.report(ana, delivery, "turn_back", reason="customer_absent")
    assert await town.status(order) == "returning"

    for _ in range(2):
        async with town.database.begin() as tx:
            await confirm_return(tx, delivery, act=town.by_hand())

    assert await town.status(order) == "returned"
    assert (await town.last(order, "order.returned"))["reason"] == "customer_absent"
    await town.offer(ana, await town.order())


async def test_a_flat_tyre_before_pickup_lets_another_rider_be_found(town):
    ana, order, delivery = await on_the_way(town)

    await town.report(ana, delivery, "fail", reason="vehicle")

    assert await town.status(order) == "unassigned"
    assert (await town.last(order, "order.rider_unassigned"))["reason"] == "vehicle"


async def test_an_accident_with_the_food_leaves_the_order_open_with_the_desk(town):
    ana, order, delivery = await on_the_way(town)
    await town.report(ana, delivery, "pick_up")

    await town.report(ana, delivery, "fail", reason="accident")

    assert (await town.last(order, "delivery.failed"))["had_food"] is True
    assert await town.value("SELECT status FROM orders") == "picked_up"
    assert (await town.report(ana, delivery, "deliver")).why == "failed"


async def test_a_delivered_meal_does_not_turn_back(town):
    ana, _, delivery = await on_the_way(town)
    await town.report(ana, delivery, "deliver")

    with pytest.raises(IllegalMove):
        await town.report(ana, delivery, "turn_back", reason="customer_absent")


async def test_a_phone_whose_clock_is_days_behind_reports_no_step_before_the_assignment(town):
    ana, _, delivery = await on_the_way(town)
    assigned = town.now

    await town.report(ana, delivery, "arrive_at_pickup", at=town.now - minutes(5000))

    assert await town.value("SELECT arrived_at_pickup_at FROM deliveries") == assigned

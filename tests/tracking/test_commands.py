"""The promise, the estimate and its causes, on a real database. Prep 15 min, 10 min of way, 2 min at either end."""

import pytest
from tests.tracking.evening import NOON, delivery_of, minutes

from fleet.messages import DeliveryFailed, DeliveryOpened, OfferAccepted
from kernel.ids import OfferId, RiderId
from places import commands as places
from tracking import worker


async def test_a_placed_order_has_a_promise_and_a_first_estimate(evening):
    order_id = await evening.place()

    (made,) = await evening.facts(order_id, "promise.made")

    assert await evening.eta_in(order_id) == 2 + 15 + 2 + 10 + 2  # answer, cook, hand out, ride, hand over
    assert made["promised_from"] == "2026-03-02T15:26:00Z"
    assert made["promised_by"] == "2026-03-02T15:46:00Z"


async def test_the_window_of_a_promise_is_a_rule(evening):
    async with evening.database.begin() as tx:
        await places.set_rule(
            tx,
            "tracking.estimate",
            scope_id=evening.store_id,
            value={"promise_late_s": 60, "promise_early_s": 0, "accept_s": 0},
            valid_from=NOON,
            reason="A quick kitchen",
            known=worker.RULES,
            act=evening.act,
        )
    await evening.wait(1)

    (made,) = await evening.facts(await evening.place(), "promise.made")

    assert (made["promised_from"], made["promised_by"]) == ("2026-03-02T15:32:00Z", "2026-03-02T15:33:00Z")
    assert made["rule_version"] > 0


async def test_a_kitchen_that_keeps_to_the_usual_minutes_changes_nothing(evening):
    order_id = await evening.place()
    await evening.wait(1.5)

    await evening.accept(order_id, ready_in=15)

    assert await evening.causes(order_id) == []


async def test_a_kitchen_that_needs_longer_is_why_the_estimate_moves(evening):
    order_id = await evening.place()
    await evening.accept(order_id, ready_in=30)
    ready_by = evening.now + minutes(38)

    await evening.step(order_id, "change_ready_by", ready_by=ready_by, extended_minutes=8, reason="oven")

    assert await evening.causes(order_id) == ["kitchen_estimate", "prep_extended"]
    assert await evening.eta_in(order_id) == 38 + 14


async def test_a_revision_past_the_promise_breaks_it_and_says_so_once(evening):
    order_id = await evening.place()
    await evening.accept(order_id, ready_in=40)
    ready_by = evening.now + minutes(50)
    await evening.step(order_id, "change_ready_by", ready_by=ready_by, extended_minutes=10, reason="oven")

    revised = await evening.facts(order_id, "eta.revised")
    (breach,) = await evening.facts(order_id, "promise.breached")

    assert [fact["breaks_promise"] for fact in revised] == [True, True]
    assert (breach["is_expected"], breach["late_by_s"], breach["cause"]) == (True, 8 * 60, "kitchen_estimate")


async def test_a_rider_lost_and_another_found_are_reassignment(evening):
    order_id = await evening.place()
    await evening.accept(order_id, ready_in=5)
    await evening.assign(order_id, "Ana", pickup_in=8)
    await evening.step(order_id, "mark_ready")
    await evening.step(
        order_id, "unassign_rider", delivery_id=delivery_of(order_id), assignment_no=1, reason="flat tyre"
    )
    await evening.assign(order_id, "Beto", pickup_in=12, no=2)

    assert await evening.causes(order_id) == ["kitchen_estimate", "rider_reassigned"]
    assert await evening.eta_in(order_id) == 12 + 2 + 20 + 2  # Beto rides a bicycle, half as fast


async def test_a_rider_who_waits_for_the_food_pushes_the_estimate_before_it_lies_in_the_past(evening):
    order_id = await evening.place()
    await evening.accept(order_id, ready_in=15)
    await evening.assign(order_id, pickup_in=10)
    await evening.wait(10)
    await evening.step(order_id, "rider_arrived_at_pickup")
    before = await evening.causes(order_id)

    await evening.wait(25)

    assert set((await evening.causes(order_id))[len(before) :]) == {"waiting_at_pickup"}
    assert await evening.eta_in(order_id) > 10


async def test_at_no_time_does_the_estimate_lie_in_the_past(evening):
    order_id = await evening.place()
    for step in (None, "accept", None, "assign_rider", None, "mark_ready", "pick_up", None):
        if step == "accept":
            await evening.accept(order_id)
        elif step == "assign_rider":
            await evening.assign(order_id)
        elif step:
            await evening.step(order_id, step)
        for _ in range(7):
            await evening.wait(1)
            assert await evening.eta_in(order_id) > 0, step

    assert "traffic" in await evening.causes(order_id)


async def test_an_overdue_order_is_not_told_about_every_minute(evening):
    order_id = await evening.place()
    await evening.accept(order_id)

    await evening.wait(240)

    assert len(await evening.causes(order_id)) < 30


async def test_another_stop_first_is_on_the_way_and_is_named(evening):
    first, second = await evening.place(away_m=1500), await evening.place(away_m=3000)
    for order_id in (first, second):
        await evening.tell(
            order_id,
            DeliveryOpened(
                order_id=order_id,
                delivery_id=delivery_of(order_id),
                city_id=evening.city_id,
                zone_id=None,
                store_id=evening.store_id,
            ),
        )
        await evening.accept(order_id, ready_in=15)
    before = await evening.eta_in(second)
    for order_id in (first, second):
        await evening.tell(
            order_id,
            OfferAccepted(
                order_id=order_id,
                delivery_id=delivery_of(order_id),
                rider_id=RiderId("rdr_0000000000000000000000000A"),
                offer_id=OfferId("off_1"),
                delivery_ids=[delivery_of(first), delivery_of(second)],
                assignment_no=1,
            ),
        )

    assert (await evening.causes(first))[1:] == []
    assert (await evening.causes(second))[-1] == "other_stop_first"
    # The first stop lies on the way: it costs the two minutes at its door.
    assert await evening.eta_in(second) == pytest.approx(before + 2, abs=0.05)


async def test_an_order_at_the_door_in_time_keeps_its_promise(evening):
    order_id = await on_the_road(evening)
    await evening.wait(8)
    await evening.step(order_id, "deliver", proof="code")

    (promise,) = await evening.rows("SELECT outcome, settled_at FROM promises")

    assert (promise["outcome"], promise["settled_at"]) == ("kept", evening.now)
    assert await evening.facts(order_id, "promise.breached") == []
    assert await pending(evening) == []


async def test_an_order_at_the_door_too_late_breaks_its_promise_with_the_last_cause(evening):
    order_id = await on_the_road(evening)
    await evening.wait(60)
    await evening.step(order_id, "deliver", proof="code")

    breaches = await evening.facts(order_id, "promise.breached")

    assert [breach["is_expected"] for breach in breaches] == [True, False]
    assert breaches[1]["cause"] == "traffic"


@pytest.mark.parametrize("how", ["cancel", "fail"])
async def test_nothing_is_expected_of_an_order_that_will_not_come(evening, how):
    order_id = await on_the_road(evening) if how == "fail" else await evening.place()
    if how == "cancel":
        await evening.step(order_id, "cancel", reason="changed_mind", fee_minor=0)
    else:
        fact = DeliveryFailed(
            order_id=order_id, delivery_id=delivery_of(order_id), rider_id=None, reason="accident", had_food=True
        )
        await evening.tell(order_id, fact)
    told = await evening.causes(order_id)

    await evening.wait(120)

    assert await evening.causes(order_id) == told
    assert (await evening.rows("SELECT outcome FROM promises"))[0]["outcome"] == "moot"
    assert await pending(evening) == []


async def test_the_ledger_of_estimates_says_the_same_as_the_facts(evening):
    order_id = await evening.place()
    await evening.accept(order_id, ready_in=30)
    await evening.wait(90)

    rows = await evening.rows("SELECT revision_no, cause FROM eta_revisions ORDER BY revision_no")

    assert [row["revision_no"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["cause"] for row in rows] == await evening.causes(order_id)


async def test_a_fact_about_an_order_that_was_never_placed_changes_nothing(evening):
    order_id = await evening.place()
    async with evening.database.begin() as tx:
        await tx.execute("DELETE FROM etas")

    await evening.accept(order_id)

    assert await evening.causes(order_id) == []


async def on_the_road(evening):
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.wait(15)
    await evening.step(order_id, "mark_ready")
    await evening.step(order_id, "pick_up")
    return order_id


async def pending(evening):
    return await evening.rows("SELECT kind FROM timers WHERE kind = 'eta.watchdog' AND status = 'pending'")

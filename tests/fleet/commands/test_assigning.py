import pytest
from tests.fleet.town import minutes

from fleet.errors import DeliveryNotFound, OfferIsWithdrawn, RiderNotFound, RiderNotWorking
from kernel.errors import IllegalMove
from orders import commands as orders


async def test_an_operator_gives_a_delivery_to_a_rider_with_a_reason(town):
    ana, order = await town.rider("Ana"), await town.order()

    await town.assign(await town.delivery_of(order), ana, reason="lives next door")

    assert (await town.told(order))[-3:] == ["delivery.overridden", "offer.accepted", "order.rider_assigned"]
    assert (await town.last(order, "delivery.overridden"))["reason"] == "lives next door"
    assert (await town.last(order, "order.rider_assigned"))["cause"] == "by_hand"


async def test_assigning_the_same_rider_again_changes_nothing(town):
    ana, order = await town.rider("Ana"), await town.order()
    delivery = await town.delivery_of(order)
    await town.assign(delivery, ana)
    told = await town.told(order)

    await town.assign(delivery, ana)

    assert await town.told(order) == told


async def test_reassigning_takes_it_from_the_first_and_counts_the_assignments(town):
    ana, beto, order = await town.rider("Ana"), await town.rider("Beto"), await town.order()
    (delivery,) = await town.carry(ana, order)

    await town.assign(delivery, beto)

    assert (await town.last(order, "order.rider_unassigned"))["rider_id"] == ana
    assigned = await town.last(order, "order.rider_assigned")
    assert (assigned["rider_id"], assigned["assignment_no"]) == (beto, 2)
    winners = await town.rows("SELECT assignment_no FROM offer_deliveries WHERE released_at IS NULL")
    assert [row["assignment_no"] for row in winners] == [2]


async def test_who_was_being_asked_is_told_that_it_was_given_away(town):
    ana, beto, order = await town.rider("Ana"), await town.rider("Beto"), await town.order()
    offer_id = await town.offer(ana, order)

    await town.assign(await town.delivery_of(order), beto)

    assert (await town.last(order, "offer.withdrawn"))["because"] == "by_hand"
    with pytest.raises(OfferIsWithdrawn):
        await town.take(ana, offer_id)


async def test_the_rest_of_a_batch_that_was_being_offered_looks_on(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    first, second = await town.order(), await town.order()
    await town.offer(ana, first, second)

    await town.assign(await town.delivery_of(first), beto)

    assert (await town.status(first), await town.status(second)) == ("assigned", "unassigned")


async def test_only_a_working_rider_can_be_given_something(town):
    ana, order = await town.rider("Ana", on_shift=False), await town.order()
    delivery = await town.delivery_of(order)

    with pytest.raises(RiderNotWorking):
        await town.assign(delivery, ana)
    with pytest.raises(RiderNotFound):
        await town.assign(delivery, "rdr_00000000000000000000000000")
    with pytest.raises(DeliveryNotFound):
        await town.assign("dlv_00000000000000000000000000", ana)


async def test_a_delivery_taken_away_looks_for_another_rider(town):
    ana, order = await town.rider("Ana"), await town.order()
    (delivery,) = await town.carry(ana, order)

    await town.unassign(delivery, reason="ana is ill")
    await town.unassign(delivery, reason="ana is ill")

    assert await town.status(order) == "unassigned"
    assert (await town.told(order)).count("order.rider_unassigned") == 1
    pending = "SELECT count(*) FROM timers WHERE kind = 'delivery.unassigned_alert' AND status = 'pending'"
    assert await town.value(pending) == 1


async def test_food_on_the_road_is_not_taken_away(town):
    ana, order = await town.rider("Ana"), await town.order()
    (delivery,) = await town.carry(ana, order)
    await town.report(ana, delivery, "pick_up")

    with pytest.raises(IllegalMove):
        await town.unassign(delivery)
    with pytest.raises(IllegalMove):
        await town.assign(delivery, await town.rider("Beto"))


async def test_no_rider_five_minutes_past_due_alerts_the_desk_and_fifteen_asks_the_customer(town):
    order = await town.order(ready_in=20)

    await town.wait(minutes(19))
    assert "delivery.unassigned_alert" not in await town.told(order)
    await town.wait(minutes(1))
    assert (await town.told(order))[-1] == "delivery.unassigned_alert"
    await town.wait(minutes(10))
    assert (await town.told(order))[-1] == "delivery.nobody_found"


async def test_a_rider_found_in_time_calls_the_alert_off(town):
    ana, order = await town.rider("Ana"), await town.order(ready_in=20)
    await town.carry(ana, order)

    await town.wait(minutes(60))

    assert not {"delivery.unassigned_alert", "delivery.nobody_found"} & set(await town.told(order))


async def test_a_kitchen_that_needs_longer_moves_the_alert(town):
    order = await town.order(ready_in=12)
    async with town.database.begin() as tx:
        locked = await orders.lock_one(tx, order)
        await orders.change_ready_by(
            tx, locked, ready_by=town.now + minutes(30), extended_minutes=18, reason="oven", act=town.by_system()
        )
    await town.drain()

    await town.wait(minutes(29))
    assert "delivery.unassigned_alert" not in await town.told(order)
    await town.wait(minutes(1))
    assert "delivery.unassigned_alert" in await town.told(order)

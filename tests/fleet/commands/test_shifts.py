import pytest
from tests.fleet.town import minutes, seconds

from fleet.commands import shifts
from fleet.errors import PhoneTaken, RiderNotFound, ShiftHasDeliveries, ShiftNotStarted
from fleet.model.riders import Vehicle
from fleet.queries.shifts import get_shift
from fleet.queries.standing import find_standing
from kernel.geo import Point


async def do(town, command, rider_id):
    async with town.database.begin() as tx:
        await command(tx, rider_id, act=town.by(rider_id))


async def shift_of(town, rider_id):
    async with town.database.read() as tx:
        return await get_shift(tx, rider_id, now=town.now)


async def standing_of(town, rider_id):
    async with town.database.read() as tx:
        return await find_standing(tx, rider_id)


async def test_a_shift_begins_once(town):
    ana = await town.rider("Ana")

    await town.start_shift(ana)

    assert await town.told(ana) == ["rider.registered", "shift.started"]
    assert (await shift_of(town, ana)).status == "on"


async def test_a_rider_may_ride_something_else_today(town):
    ana = await town.rider("Ana", on_shift=False)

    await town.start_shift(ana, vehicle=Vehicle.BICYCLE, capacity=1, planned_end_at=town.now + minutes(240))

    shift = await shift_of(town, ana)
    assert (shift.vehicle, shift.capacity, shift.planned_end_at) == ("bicycle", 1, town.now + minutes(240))


async def test_where_a_shift_began_is_known_until_it_ends(town):
    ana = await town.rider("Ana", on_shift=False)
    await town.start_shift(ana, started_from=Point(lat=-23.55, lon=-46.63))
    known = [await town.value("SELECT started_lat FROM shifts")]

    for command in (shifts.take_break, shifts.resume, shifts.end_shift):
        await do(town, command, ana)
        known.append(await town.value("SELECT started_lat FROM shifts"))

    assert known == [-23.55, -23.55, -23.55, None]


async def test_connected_break_and_engaged_time_are_separate_ledgers(town):
    ana, order = await town.rider("Ana"), await town.order()
    town.now += minutes(10)
    (delivery,) = await town.carry(ana, order)
    town.now += minutes(20)
    await town.report(ana, delivery, "deliver")
    town.now += minutes(5)
    await do(town, shifts.take_break, ana)
    town.now += minutes(15)
    await do(town, shifts.resume, ana)
    town.now += minutes(10)

    await do(town, shifts.end_shift, ana)

    ended = await town.last(ana, "shift.ended")
    assert (ended["connected_s"], ended["break_s"], ended["engaged_s"]) == (3600, 900, 1200)


async def test_engaged_time_runs_from_the_first_delivery_to_the_last(town):
    ana, first, second = await town.rider("Ana"), await town.order(), await town.order()
    deliveries = await town.carry(ana, first, second)
    town.now += minutes(10)
    await town.report(ana, deliveries[0], "deliver")
    town.now += minutes(10)
    await town.report(ana, deliveries[1], "deliver")
    town.now += minutes(10)

    assert (await shift_of(town, ana)).engaged_s == 1200


async def test_engaged_time_ends_when_it_was_delivered_and_not_when_the_phone_could_tell(town):
    ana, order = await town.rider("Ana"), await town.order()
    (delivery,) = await town.carry(ana, order)
    delivered_at = town.now + minutes(10)
    town.now += minutes(25)

    await town.report(ana, delivery, "deliver", at=delivered_at)

    assert (await shift_of(town, ana)).engaged_s == 600


async def test_a_shift_with_food_in_hand_does_not_end(town):
    ana = await town.rider("Ana")
    deliveries = await town.carry(ana, await town.order())

    with pytest.raises(ShiftHasDeliveries) as refused:
        await do(town, shifts.end_shift, ana)

    assert refused.value.facts["delivery_ids"] == deliveries


@pytest.mark.parametrize("leave", [shifts.take_break, shifts.end_shift])
async def test_who_leaves_is_asked_no_more(town, leave):
    ana, order = await town.rider("Ana"), await town.order()
    await town.offer(ana, order)

    await do(town, leave, ana)

    assert (await town.last(order, "offer.withdrawn"))["because"] == "rider_off"
    assert await town.status(order) == "unassigned"


async def test_ending_what_never_began_changes_nothing_but_resting_needs_a_shift(town):
    ana = await town.rider("Ana", on_shift=False)

    await do(town, shifts.end_shift, ana)

    for command in (shifts.take_break, shifts.resume):
        with pytest.raises(ShiftNotStarted):
            await do(town, command, ana)


async def test_repeats_change_nothing(town):
    ana = await town.rider("Ana")

    for command in (
        shifts.take_break,
        shifts.take_break,
        shifts.resume,
        shifts.resume,
        shifts.end_shift,
        shifts.end_shift,
    ):
        await do(town, command, ana)

    assert (await town.told(ana))[1:] == ["shift.started", "shift.break_started", "shift.resumed", "shift.ended"]


async def test_a_rider_can_be_found_while_working_with_room_and_the_version_grows(town):
    ana = await town.rider("Ana", capacity=1, on_shift=False)
    standings = [await standing_of(town, ana)]
    await town.start_shift(ana)
    standings.append(await standing_of(town, ana))
    (delivery,) = await town.carry(ana, await town.order())
    standings.append(await standing_of(town, ana))
    town.now += minutes(5)
    await town.report(ana, delivery, "deliver")
    standings.append(await standing_of(town, ana))

    assert [standing.is_available for standing in standings] == [False, True, False, True]
    assert sorted({standing.version for standing in standings}) == [standing.version for standing in standings]
    assert standings[-1].idle_since == town.now


async def test_two_riders_of_a_city_do_not_share_a_phone_number(town):
    await town.rider("Ana")
    phone = await town.value("SELECT phone FROM riders")

    with pytest.raises(PhoneTaken):
        async with town.database.begin() as tx:
            await shifts.register_rider(
                tx,
                city_id=town.city_id,
                name="Another Ana",
                phone=phone,
                vehicle=Vehicle.FOOT,
                capacity=1,
                act=town.by_hand(),
            )


async def test_a_break_clears_the_count_of_missed_offers(town):
    ana, order = await town.rider("Ana"), await town.order()
    for _ in range(3):
        await town.offer(ana, order)
        await town.wait(seconds(30))

    await do(town, shifts.resume, ana)

    assert (await shift_of(town, ana)).misses_in_row == 0
    await town.offer(ana, order)


async def change(town, rider_id, **changes):
    async with town.database.begin() as tx:
        await shifts.change_rider(tx, rider_id, shifts.RiderChange(**changes), act=town.by_hand())


async def test_the_desk_gives_a_rider_another_vehicle_from_the_next_shift_on(town):
    ana = await town.rider("Ana")

    await change(town, ana, vehicle=Vehicle.BICYCLE, capacity=2)
    await change(town, ana, vehicle=Vehicle.BICYCLE, capacity=2)

    fact = await town.last(ana, "rider.changed")
    assert (fact["changed"], fact["vehicle"], fact["capacity"]) == (["capacity", "vehicle"], "bicycle", 2)
    assert (await town.told(ana)).count("rider.changed") == 1
    assert (await shift_of(town, ana)).vehicle == "motorcycle"


async def test_a_rider_cannot_get_the_phone_of_another(town):
    ana, beto = await town.rider("Ana"), await town.rider("Beto")
    (row,) = await town.rows("SELECT phone FROM riders WHERE id = $1", beto)

    with pytest.raises(PhoneTaken):
        await change(town, ana, phone=row["phone"])
    with pytest.raises(RiderNotFound):
        await change(town, "rdr_nobody", name="Nobody")

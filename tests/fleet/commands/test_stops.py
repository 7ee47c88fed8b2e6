"""Whose drop-off is the rider's next, as each order's own stream tells it: decided at pickup, kept true afterwards."""

import asyncio

import pytest
from tests.fleet.commands.test_interleavings import ROUNDS, Race
from tests.fleet.town import Town, minutes

from fleet.commands import stops
from fleet.commands.reports import file_report
from fleet.model.reports import Report, ReportKind
from infra.db import Database

NEXT, FIRST = "order.is_next_stop", "order.other_stop_first"


async def whose_is_next(town: Town, order_id: str) -> list[bool]:
    """What the order was told since its pickup, one by one."""
    facts = await town.rows(
        "SELECT type, payload ->> 'is_next_stop' = 'true' AS is_next FROM events"
        " WHERE stream_id = $1 AND type = ANY ($2) ORDER BY seq",
        order_id,
        ["order.picked_up", NEXT, FIRST],
    )
    return [row["is_next"] if row["type"] == "order.picked_up" else row["type"] == NEXT for row in facts]


async def test_an_order_alone_is_its_rider_s_next_stop_from_pickup_on_without_another_fact(town):
    ana, lia = await town.rider("Ana"), await town.order()
    (delivery,) = await town.carry(ana, lia)

    await town.report(ana, delivery, "pick_up")
    await town.drain()
    await town.report(ana, delivery, "arrive_at_dropoff")
    await town.report(ana, delivery, "deliver")
    await town.drain()

    assert await whose_is_next(town, lia) == [True]


async def test_of_a_batch_the_first_door_is_next_whichever_food_is_picked_up_first(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)

    await town.report(ana, to_noa, "pick_up")
    await town.drain()
    assert await whose_is_next(town, noa) == [False]
    await town.report(ana, to_lia, "pick_up")
    await town.drain()

    assert await whose_is_next(town, lia) == [True]
    assert await whose_is_next(town, noa) == [False]


ENDS = ["deliver", "turn_back", "fail"]


@pytest.mark.parametrize("end", ENDS)
async def test_once_the_stop_before_is_over_the_order_is_told_that_it_is_next(town, end):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    for delivery in (to_lia, to_noa):
        await town.report(ana, delivery, "pick_up")
    await town.drain()

    await town.report(ana, to_lia, end, reason="customer_absent")
    await town.drain()

    assert await whose_is_next(town, noa) == [False, True]
    assert (await town.last(noa, NEXT))["rider_id"] == ana
    assert await whose_is_next(town, lia) == [True]


async def test_a_stop_before_that_is_cancelled_comes_first_no_more(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    _, to_noa = await town.carry(ana, lia, noa)
    await town.report(ana, to_noa, "pick_up")
    await town.drain()

    await town.cancel(lia)
    await town.drain()

    assert await whose_is_next(town, noa) == [False, True]


@pytest.mark.parametrize("is_given_on", [True, False], ids=["to Beto", "to nobody yet"])
async def test_a_stop_before_that_is_taken_from_the_rider_comes_first_no_more(town, is_given_on):
    ana, beto, lia, noa = await town.rider("Ana"), await town.rider("Beto"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    await town.report(ana, to_noa, "pick_up")
    await town.drain()

    await (town.assign(to_lia, beto) if is_given_on else town.unassign(to_lia))
    await town.drain()

    assert await whose_is_next(town, noa) == [False, True]


async def test_an_order_given_to_a_rider_on_the_road_comes_after_what_they_carry(town):
    ana, lia = await town.rider("Ana"), await town.order()
    (to_lia,) = await town.carry(ana, lia)
    await town.report(ana, to_lia, "pick_up")
    town.now += minutes(1)
    noa = await town.order()

    to_noa = await town.delivery_of(noa)
    await town.assign(to_noa, ana)
    await town.report(ana, to_noa, "pick_up")
    await town.drain()

    assert await whose_is_next(town, lia) == [True]
    assert await whose_is_next(town, noa) == [False]


async def test_a_rider_who_makes_the_later_stop_first_is_hidden_from_who_was_next_and_comes_back(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    for delivery in (to_lia, to_noa):
        await town.report(ana, delivery, "pick_up")
    await town.drain()

    await town.report(ana, to_noa, "arrive_at_dropoff")
    await town.drain()
    assert await whose_is_next(town, lia) == [True, False]
    assert await whose_is_next(town, noa) == [False, True]
    await town.report(ana, to_noa, "deliver")
    await town.drain()

    assert await whose_is_next(town, lia) == [True, False, True]


async def test_a_report_from_a_tunnel_that_tells_the_whole_way_at_once_leaves_the_others_right(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    await town.report(ana, to_noa, "pick_up")

    await town.report(ana, to_lia, "deliver")
    await town.drain()

    assert await whose_is_next(town, lia) == [True]
    assert await whose_is_next(town, noa) == [False, True]


async def test_settling_twice_tells_once(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    for delivery in (to_lia, to_noa):
        await town.report(ana, delivery, "pick_up")
    await town.report(ana, to_lia, "deliver")

    for _ in range(3):
        async with town.database.begin() as tx:
            await stops.settle_stops(tx, ana, act=town.by_system())
    await town.drain()

    assert await whose_is_next(town, noa) == [False, True]


async def test_a_stop_that_ends_unseen_while_the_next_food_is_picked_up_does_not_come_first_for_ever(town):
    """The pickup saw the other stop still ahead, and the other's end saw nothing carried yet."""
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    report = Report(report_id="pick-up", kind=ReportKind.PICK_UP, occurred_at=town.now)
    async with town.database.begin() as tx:
        await file_report(tx, to_noa, report, problems=[], act=town.by(ana))
        await town.report(ana, to_lia, "deliver")
        await town.drain()
    assert await whose_is_next(town, noa) == [False]

    await town.drain()

    assert await whose_is_next(town, noa) == [False, True]


async def test_two_relays_that_settle_at_the_same_moment_tell_once(town):
    ana, lia, noa = await town.rider("Ana"), await town.order(), await town.order()
    to_lia, to_noa = await town.carry(ana, lia, noa)
    for delivery in (to_lia, to_noa):
        await town.report(ana, delivery, "pick_up")
    await town.report(ana, to_lia, "deliver")

    async def settle() -> None:
        async with town.database.begin() as tx:
            await stops.settle_stops(tx, ana, act=town.by_system())

    async with town.database.begin() as tx:
        await stops.settle_stops(tx, ana, act=town.by_system())
        second = asyncio.create_task(settle())
        await asyncio.sleep(0.2)  # it has looked, and waits for the order
        assert not second.done()
    await second

    assert await whose_is_next(town, noa) == [False, True]


@pytest.fixture
async def crowd(database_url: str):
    """A town with connections enough for everybody at once."""
    async with Database.connect(database_url, pool_size=12) as database:
        yield await Town(database).found()


async def test_whatever_happens_at_once_in_the_end_exactly_the_next_door_was_told_so(crowd):
    """Pickups, a drop-off, a cancellation and reactions of several relays, in random order and at random distance."""
    for number in range(ROUNDS):
        race, ana = Race(number), await crowd.rider(f"Ana {number}", capacity=4)
        lia, rui, noa, eva = [await crowd.order() for _ in range(4)]
        to_lia, _, to_noa, to_eva = await crowd.carry(ana, lia, rui, noa, eva)
        await crowd.report(ana, to_lia, "pick_up")

        async def settle(rider_id=ana) -> None:
            async with crowd.database.begin() as tx:
                await stops.settle_stops(tx, rider_id, act=crowd.by_system())

        race.add(
            lambda: crowd.report(ana, to_lia, "deliver"),  # noqa: B023  run in this turn
            lambda: crowd.cancel(rui),  # noqa: B023
            lambda: crowd.report(ana, to_noa, "pick_up"),  # noqa: B023
            lambda: crowd.report(ana, to_eva, race.chance.choice(["pick_up", "arrive_at_dropoff"])),  # noqa: B023
            *[settle] * 4,
        )
        await race.run()
        await crowd.drain()

        route = await crowd.rows(
            "SELECT order_id, is_next_stop, arrived_at_dropoff_at FROM deliveries WHERE id = ANY ($1) ORDER BY id",
            [to_noa, to_eva],
        )
        told = {row["order_id"]: (await whose_is_next(crowd, row["order_id"]))[-1] for row in route}
        is_at_eva = any(row["arrived_at_dropoff_at"] for row in route)
        assert told == {noa: not is_at_eva, eva: is_at_eva}, f"race {number}"
        assert told == {row["order_id"]: row["is_next_stop"] for row in route}

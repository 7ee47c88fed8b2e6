"""Everything that may happen to an offer at the same time, in random order and at random distance, on real rows.

200 interleavings in `make test`; `RECADO_SOAK_FACTOR` multiplies them. The seed is printed when one fails.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable

import pytest
from tests.fleet.town import Town, seconds

from fleet.commands import offers, searching, shifts
from fleet.commands.rounds import OFFER_EXPIRY
from infra.db import Database
from kernel.errors import DomainError

ROUNDS = 25 * int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
SEED = int(os.environ.get("RECADO_SOAK_SEED", "20260302"))


@pytest.fixture
async def crowd(database_url: str):
    """A town with connections enough for everybody at once."""
    async with Database.connect(database_url, pool_size=12) as database:
        yield await Town(database).found()


class Race:
    """Starts its runners together, each after a tiny random wait; refusals are answers, anything else is a bug."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(SEED + number)
        self.runners: list[Callable[[], Awaitable[object]]] = []
        self.number = number

    def add(self, *runners: Callable[[], Awaitable[object]]) -> None:
        self.runners += runners

    async def run(self) -> list[object]:
        self.chance.shuffle(self.runners)
        return await asyncio.gather(*(self._run(runner, self.chance.random() * 0.01) for runner in self.runners))

    async def _run(self, runner: Callable[[], Awaitable[object]], wait_s: float) -> object:
        await asyncio.sleep(wait_s)
        try:
            return await runner()
        except DomainError as refused:
            return refused.code


async def expire(town: Town, offer_id: str) -> str | None:
    """Fire the deadline as the timekeeper does: its row first, skipped if somebody holds it."""
    claim = "SELECT id FROM timers WHERE subject_id = $1 AND status = 'pending' FOR UPDATE SKIP LOCKED"
    async with town.database.begin() as tx:
        timer_id = await tx.fetchval(claim, offer_id)
        if timer_id is None:
            return "called off"
        moot = await offers.expire_offer(tx, offer_id, act=town.by_system())
        await tx.execute("UPDATE timers SET status = 'fired' WHERE id = $1", timer_id)
        return moot


async def check(town: Town, race: Race) -> None:
    """What holds whatever the order: one winner, statuses that agree, nothing open on what is over, no gap."""
    seed = f"seed {SEED} race {race.number}"
    await town.drain()
    assert not await town.rows(
        """SELECT delivery_id FROM offer_deliveries WHERE assignment_no IS NOT NULL AND released_at IS NULL
           GROUP BY delivery_id HAVING count(*) > 1"""
    ), seed
    assert not await town.rows(
        """SELECT d.id, d.status, d.rider_id, o.status AS order_status, o.rider_id AS order_rider
           FROM deliveries d JOIN orders o ON o.id = d.order_id
           LEFT JOIN offer_deliveries p
               ON p.delivery_id = d.id AND p.assignment_no IS NOT NULL AND p.released_at IS NULL
           LEFT JOIN offers f ON f.id = p.offer_id
           WHERE (d.status IN ('assigned', 'arrived_at_pickup', 'picked_up') AND f.rider_id IS DISTINCT FROM d.rider_id)
              OR (d.status IN ('assigned', 'arrived_at_pickup', 'picked_up') AND o.rider_id IS DISTINCT FROM d.rider_id)
              OR (d.status IN ('unassigned', 'offered') AND (d.rider_id IS NOT NULL OR o.rider_id IS NOT NULL))
              OR (o.status = 'cancelled' AND d.status <> 'cancelled')"""
    ), seed
    assert not await town.rows(
        """SELECT d.id FROM deliveries d
           WHERE (d.status = 'offered') <> EXISTS (
               SELECT FROM offer_deliveries p JOIN offers f ON f.id = p.offer_id
               WHERE p.delivery_id = d.id AND f.status = 'open')"""
    ), seed
    assert not await town.rows(
        """SELECT id FROM timers WHERE kind = $1 AND status = 'pending'
           AND subject_id NOT IN (SELECT id FROM offers WHERE status = 'open')""",
        OFFER_EXPIRY,
    ), seed
    assert not await town.rows(
        "SELECT stream_id FROM events GROUP BY stream_id HAVING max(seq) <> count(*)",
    ), seed
    assert not await town.rows(
        """SELECT s.rider_id FROM shifts s WHERE s.status <> 'ended' AND EXISTS (
               SELECT FROM shift_spans WHERE shift_id = s.id AND kind = 'engaged' AND ended_at IS NULL
           ) <> EXISTS (SELECT FROM deliveries WHERE rider_id = s.rider_id AND ended_at IS NULL)"""
    ), seed


async def test_two_riders_claiming_one_delivery_leave_one_winner(crowd):
    for number in range(ROUNDS):
        race, order = Race(number), await crowd.order()
        for name in (f"Ana {number}", f"Beto {number}", f"Carla {number}"):
            rider = await crowd.rider(name)
            offer = await crowd.offer(rider, order)
            race.add(lambda rider=rider, offer=offer: crowd.take(rider, offer))

        answers = await race.run()

        assert sorted(map(str, answers)) == ["None", "offer.taken", "offer.taken"]
        await check(crowd, race)


async def test_cancelling_races_accepting(crowd):
    for number in range(ROUNDS):
        race, order = Race(number), await crowd.order()
        ana = await crowd.rider(f"Ana {number}")
        offer = await crowd.offer(ana, order)
        race.add(lambda: crowd.take(ana, offer), lambda: crowd.cancel(order))  # noqa: B023  run in this turn

        answers = await race.run()

        assert "None" in map(str, answers)
        await check(crowd, race)
        assert await crowd.status(order) == "cancelled"
        assert "payment.captured" not in await crowd.told(order)


async def test_expiry_races_accepting_and_never_both(crowd):
    for number in range(ROUNDS):
        race, order = Race(number), await crowd.order()
        ana = await crowd.rider(f"Ana {number}")
        offer = await crowd.offer(ana, order)
        race.add(lambda: crowd.take(ana, offer), lambda: expire(crowd, offer))  # noqa: B023  run in this turn

        await race.run()

        told = await crowd.told(order)
        assert told.count("offer.accepted") + told.count("offer.expired") == 1
        await check(crowd, race)


async def test_the_same_report_sent_five_times_at_once_counts_once(crowd):
    for number in range(ROUNDS):
        race, order = Race(number), await crowd.order()
        ana = await crowd.rider(f"Ana {number}")
        (delivery,) = await crowd.carry(ana, order)
        at = crowd.now
        race.add(
            *[
                lambda: crowd.report(ana, delivery, "pick_up", report_id="same", at=at)  # noqa: B023
                for _ in range(5)
            ]
        )

        answers = await race.run()

        assert len({str(answer) for answer in answers}) == 1
        assert (await crowd.told(order)).count("order.picked_up") == 1
        await check(crowd, race)


async def test_everything_at_once_on_batches_that_overlap(crowd):
    """Offers of two orders, taken, declined, expired, cancelled, given away and left by riders who go on a break."""
    for number in range(2 * ROUNDS):
        race = Race(number)
        first, second = await crowd.order(), await crowd.order()
        ana, beto = await crowd.rider(f"Ana {number}"), await crowd.rider(f"Beto {number}")
        offer = await crowd.offer(ana, first, second)
        delivery = await crowd.delivery_of(first)
        race.add(
            *race.chance.sample(
                [
                    lambda: crowd.take(ana, offer),  # noqa: B023
                    lambda: crowd.refuse(ana, offer),  # noqa: B023
                    lambda: expire(crowd, offer),  # noqa: B023
                    lambda: crowd.cancel(second),  # noqa: B023
                    lambda: crowd.assign(delivery, beto),  # noqa: B023
                    lambda: crowd.unassign(delivery),  # noqa: B023
                    lambda: rest(crowd, ana),  # noqa: B023
                    lambda: crowd.offer(beto, first, second),  # noqa: B023
                    lambda: crowd.offer(beto, second),  # noqa: B023
                    lambda: cancel_delivery(crowd, first),  # noqa: B023
                ],
                k=6,
            )
        )

        await race.run()

        await check(crowd, race)


async def rest(town: Town, rider_id: str) -> None:
    async with town.database.begin() as tx:
        await shifts.take_break(tx, rider_id, act=town.by(rider_id))


async def cancel_delivery(town: Town, order_id: str) -> None:
    await town.cancel(order_id)
    async with town.database.begin() as tx:
        await searching.cancel_delivery(tx, order_id, reason="order_cancelled", act=town.by_system())


async def test_three_misses_and_a_resume_at_once_leave_a_shift_that_agrees(crowd):
    for number in range(ROUNDS):
        race = Race(number)
        ana = await crowd.rider(f"Ana {number}")
        order = await crowd.order()
        for _ in range(2):
            await crowd.offer(ana, order)
            await crowd.wait(seconds(30))
        offer = await crowd.offer(ana, order)
        race.add(lambda: expire(crowd, offer), lambda: crowd.take(ana, offer), lambda: rest(crowd, ana))  # noqa: B023

        await race.run()

        await check(crowd, race)
        shift = (await crowd.rows("SELECT id, status FROM shifts WHERE rider_id = $1", ana))[0]
        spans = await crowd.value(
            "SELECT count(*) FROM shift_spans WHERE shift_id = $1 AND kind = 'break' AND ended_at IS NULL", shift["id"]
        )
        assert spans == (shift["status"] == "break")

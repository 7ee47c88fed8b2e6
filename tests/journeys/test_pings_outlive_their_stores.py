"""Whatever is killed under load: an acknowledged ping is in the trail once; a lost disk costs two seconds at most."""

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from random import Random

import pytest
from tests.journeys.house import House
from tests.journeys.ride import ByRequest, InBatches, OverSocket, Ride
from tests.journeys.town import a_town

from fleet.model.positions import to_ms
from infra.clock import wall_now
from infra.db import Database
from recado.background import running

pytestmark = pytest.mark.journey
FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
KILLS = min(20, 2 * FACTOR)
LOST_DISKS = min(10, FACTOR)
AT_MOST_LOST_MS = 2_000
SEED = 20_260_314
HOW_MANY = "SELECT count(*) FROM trail_points"


@asynccontextmanager
async def a_ride(durable_redis, database_url, logs, *phones):
    """Have riders on the road, whose phones are silent as yet."""
    house = House(database_url=database_url, redis_url=durable_redis.url, logs=logs)
    try:
        async with Database.connect(database_url, pool_size=3) as database:
            house.start("api-1", "worker-1")
            async with a_town(house, database) as town:
                ride = Ride(town, house.address, seed=SEED)
                async with ride.client:
                    for kind, so_many in phones:
                        await ride.enter(kind, so_many)
                    yield house, database, ride
    finally:
        house.close()


async def points_of(database, rider_id) -> list[int]:
    """Return what PostgreSQL has of a rider's trail."""
    async with database.read() as tx:
        rows = await tx.fetch("SELECT device_at FROM trail_points WHERE rider_id = $1 ORDER BY 1", rider_id)
    return [to_ms(row["device_at"]) for row in rows]


async def until(is_so, *, within_s=20):
    async with asyncio.timeout(within_s):
        while not await is_so():  # noqa: ASYNC110  other processes see to it
            await asyncio.sleep(0.02)


async def kill_between_commit_and_trim(house, database, redis) -> None:
    """Kill the worker when PostgreSQL has what Redis still holds, and start it again.

    Where PostgreSQL has a part of it already, nothing is committed at the first attempt: then it is tried again.
    """
    for _ in range(5):
        before = await hold_back_until_it_is_read(database, redis)
        try:
            if await has_grown(database, beyond=before):
                house.kill("worker-1")
                break
        finally:
            redis.go_on()
    else:
        pytest.fail("the worker was never caught between commit and trim")
    house.start("worker-1")


async def hold_back_until_it_is_read(database, redis) -> int:
    """Stop Redis when the worker has read what is to be written; returns how many points of trails there are."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'trail_points'::regclass"
    async with database.begin() as tx:
        await tx.execute("LOCK TABLE trail_points IN SHARE MODE")

        async def has_read() -> bool:
            return bool(await tx.fetchval(waiting))

        await until(has_read)
        redis.stop()
        return int(await tx.fetchval(HOW_MANY))


async def has_grown(database, *, beyond: int, within_s: float = 1) -> bool:
    """Tell whether somebody commits points of trails within a moment."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s), database.read() as tx:
            while await tx.fetchval(HOW_MANY) == beyond:  # noqa: ASYNC110  another process commits
                await asyncio.sleep(0.002)
            return True
    return False


async def test_acknowledged_pings_survive_every_kill_and_are_in_the_trail_once(durable_redis, database_url, tmp_path):
    chance = Random(SEED)
    phones = ((ByRequest, 4), (OverSocket, 1), (InBatches, 1))
    async with (
        a_ride(durable_redis, database_url, tmp_path, *phones) as (house, database, ride),
        running(house.supervise()),
    ):
        tasks = [asyncio.create_task(one()) for one in (ride.watch, *[one.ride for one in ride.phones])]
        for _ in range(KILLS):
            await ride.until_stored(chance.randint(30, 120))
            durable_redis.kill()
            await asyncio.sleep(chance.random() * 0.3)
            durable_redis.start()
            await ride.until_stored(20)
            await kill_between_commit_and_trim(house, database, durable_redis)
        durable_redis.kill()
        durable_redis.start()
        await ride.until_stored(20)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.2)  # what is on its way arrives
        shown = {phone.rider_id: await ride.trail_of(phone) for phone in ride.phones}
        async with asyncio.timeout(20):
            while not (near := await ride.near()):  # noqa: ASYNC110  the store is hardly back
                await asyncio.sleep(0.05)

        async def is_written() -> bool:
            return all([set(shown[one]) <= set(await points_of(database, one)) for one in shown])

        await until(is_written)
        written = {one: await points_of(database, one) for one in shown}
        assert {one: await ride.trail_of(phone) for one, phone in zip(shown, ride.phones, strict=True)} == written

    assert ride.faults + [fault for phone in ride.phones for fault in phone.faults] == []
    assert house.bugs() == {}
    for phone in ride.phones:
        trail = shown[phone.rider_id]
        assert set(phone.stored_at_ms) <= set(trail) <= phone.sent
        assert len(trail) == len(set(trail))
        assert near[phone.rider_id] == trail[-1] >= max(phone.stored_at_ms)
        assert written[phone.rider_id] == trail
    assert sum(phone.verdicts["late"] for phone in ride.phones) > 0
    assert sum(sum(phone.unanswered.values()) for phone in ride.phones) > 0


async def test_with_the_disk_go_two_seconds_at_most_and_riders_are_found_again(durable_redis, database_url, tmp_path):
    chance = Random(SEED)
    async with a_ride(durable_redis, database_url, tmp_path, (ByRequest, 2), (InBatches, 4)) as (house, database, ride):
        watching = asyncio.create_task(house.supervise())
        ages_ms, lost = [], set()

        async def is_at_work() -> bool:
            return all([await points_of(database, phone.rider_id) for phone in ride.phones])

        for _ in range(LOST_DISKS):
            riding = [asyncio.create_task(phone.ride()) for phone in ride.phones]
            await until(is_at_work)
            await ride.until_stored(300)
            await asyncio.sleep(chance.random() * 0.5)
            lost_at_ms = to_ms(wall_now())
            stored = {phone.rider_id: dict(phone.stored_at_ms) for phone in ride.phones}
            durable_redis.lose_disk()
            for task in riding:
                task.cancel()
            await asyncio.gather(*riding, return_exceptions=True)
            durable_redis.start()

            async def is_everybody_found() -> bool:
                return len(await ride.near()) == len(ride.phones)

            await until(is_everybody_found)
            for rider_id, instants in stored.items():
                known = lost.union((rider_id, instant) for instant in await points_of(database, rider_id))
                gone = {(rider_id, instant) for instant in instants} - known
                ages_ms += [lost_at_ms - instants[instant] for _, instant in gone]
                lost |= gone
        watching.cancel()

    assert max(ages_ms, default=0) <= AT_MOST_LOST_MS
    assert house.bugs() == {}

import asyncio
import os
from datetime import datetime, timedelta
from itertools import count
from random import Random
from urllib.parse import quote

import pytest
from tests.journeys.books import faults_in_the_books
from tests.journeys.crowd import Crowd, lost
from tests.journeys.house import House
from tests.journeys.town import BETOS_CORNER, CANTINA, EVENING, Town, a_standing_town, a_town

from infra.db import Database
from kernel.geo import offset

pytestmark = pytest.mark.journey
FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
KILLS = 3 * FACTOR
ORDERS_EACH = 3  # for each kill, and as many after the last
DELIVERED_WITHIN_S = 60 * FACTOR
ORDERS = ORDERS_EACH * (KILLS + 1)
SEED = 20_310_307
TO_BE_TOLD = frozenset({"placed", "accepted"})
PROCESSES = ["api-1", "worker-1", "worker-2"]


async def test_nothing_acknowledged_is_lost_when_processes_are_killed(house, database_url):
    chance = Random(SEED)
    async with Database.connect(database_url, pool_size=2) as database:
        house.start("api-1", "worker-1")
        async with a_town(house, database) as town:
            house.start("worker-2")
            for person in (town.ana, town.kitchen, town.beto.caller, town.carla.caller):
                person.bad_signal = Random(f"{SEED} {person.name}")
            async with asyncio.timeout(DELIVERED_WITHIN_S), asyncio.TaskGroup() as evening:
                crowd = Crowd(town, evening)
                await crowd.gather()
                for number in range(KILLS):
                    crowd.get_hungry(ORDERS_EACH)
                    await kill_in_the_middle(house, crowd, chance, PROCESSES[number % len(PROCESSES)])
                crowd.get_hungry(ORDERS_EACH)
                await crowd.until_delivered(ORDERS)
            await town.until_told()

            assert await lost(database, crowd.acknowledged) == []
            async with database.read() as tx:
                assert await tx.fetchval("SELECT count(*) FROM orders") == len(crowd.orders) == ORDERS
            assert await faults_in_the_books(town) == []
    assert house.bugs() == {}


async def kill_in_the_middle(house, crowd, chance, name):
    """Kill a process while orders are on their way, and start it again.

    A worker dies at once after a yes that it has to tell others: that is when it has most in its hands.
    """
    if name.startswith("worker"):
        await crowd.until_acknowledged(chance.randint(1, ORDERS_EACH), kinds=TO_BE_TOLD)
    else:
        await crowd.until_acknowledged(chance.randint(1, 3 * ORDERS_EACH))
    await asyncio.sleep(chance.random() * 0.01)
    house.kill(name)
    await asyncio.sleep(chance.random() * 0.3)
    house.start(name)


async def test_an_acknowledged_ping_outlives_redis(durable_redis, database_url, tmp_path):
    house = House(database_url=database_url, redis_url=durable_redis.url, logs=tmp_path)
    try:
        async with a_standing_town(house, database_url) as town:
            await town.beto.start_shift()
            phone = Phone(town)
            async with asyncio.TaskGroup() as ride:
                pinging = ride.create_task(phone.ping_for_ever())
                for _ in range(FACTOR):
                    await phone.until_acknowledged(len(phone.acknowledged) + 20)
                    durable_redis.kill()
                    at_the_kill = len(phone.acknowledged)
                    await asyncio.sleep(0.2)
                    durable_redis.start()
                    await phone.until_acknowledged(at_the_kill + 5)
                pinging.cancel()
            durable_redis.kill()
            house.kill("api-1")  # It remembers the last position as well.
            durable_redis.start()
            durable_redis.until_it_answers()
            house.start("api-1")

            since = quote((EVENING - timedelta(minutes=1)).isoformat())
            trail = await town.operator.get(f"/v1/riders/{town.beto.id}/trail?since={since}")
            nearest = await town.operator.get(f"/v1/riders/nearest?lat={CANTINA.lat}&lon={CANTINA.lon}")
    finally:
        house.close()

    kept = [datetime.fromisoformat(point["device_at"]) for point in trail["points"]]
    assert set(phone.acknowledged) <= set(kept)
    assert kept[-1] in {phone.acknowledged[-1], phone.last_sent}  # The very last may have been stored unanswered.
    assert [datetime.fromisoformat(rider["device_at"]) for rider in nearest] == [kept[-1]]


class Phone:
    """Beto's phone, which says where it is many times a second and notes what was acknowledged."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.acknowledged: list[datetime] = []
        self.last_sent = EVENING
        self._moved = asyncio.Condition()

    async def ping_for_ever(self) -> None:
        for number in count(1):
            self.last_sent = EVENING + number * timedelta(milliseconds=50)
            here = offset(BETOS_CORNER, east_m=0.1 * number, north_m=0)
            ping = {"device_at": self.last_sent, "lat": here.lat, "lon": here.lon, "accuracy_m": 8.0}
            answer = await self._town.beto.caller.ask("POST", "/v1/rider/positions", ping)
            if answer.is_good and answer.json()[0]["verdict"] in {"accepted", "duplicate"}:
                async with self._moved:
                    self.acknowledged.append(self.last_sent)
                    self._moved.notify_all()

    async def until_acknowledged(self, so_many: int) -> None:
        async with asyncio.timeout(20), self._moved:
            await self._moved.wait_for(lambda: len(self.acknowledged) >= so_many)

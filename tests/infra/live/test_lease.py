"""Positions are sent only while the tables confirm that nobody was taken away meanwhile."""

import asyncio
import time

import pytest
from tests.infra.live.conftest import a_house
from tests.infra.live.telling import publish_position
from tests.infra.live.test_positions import BETO, CAIO, following
from tests.loops import stop

COMMITTED_TO_GONE_S = 1.3  # the lease, and what a busy machine adds


async def seen_until(watcher, deadline_s):
    """Return when each position came, by the monotonic clock."""
    came = []
    while (left_s := deadline_s - time.monotonic()) > 0:
        try:
            frame = await watcher.next(within_s=left_s)
        except TimeoutError:
            break
        if frame["type"] == "position":
            came.append((time.monotonic(), frame["position"]["of"]))
    return came


async def ping_for_ever(house, rider_id):
    at_ms = 0
    while True:
        at_ms += 1
        await publish_position(house.redis, rider_id, {"at_ms": at_ms}, at_ms=at_ms)
        await asyncio.sleep(0.05)


@pytest.fixture
async def pinging(house):
    riding = asyncio.create_task(ping_for_ever(house, BETO))
    yield
    await stop(riding)


async def test_a_rider_is_seen_no_longer_although_nobody_was_told_that_they_are_gone(house, pinging):
    async with house.watch() as watcher:
        await watcher.next()
        await house.tell("Beto has it", rider_id=BETO)
        await following(house, BETO)
        before = await seen_until(watcher, time.monotonic() + 1)

        await house.write("Caio has it", rider_id=CAIO)  # and its relay stands still
        committed_s = time.monotonic()
        came = await seen_until(watcher, committed_s + 3)

    assert before
    assert all(
        at_s - committed_s < COMMITTED_TO_GONE_S for at_s, _ in came
    )  # perhaps none: it is noticed at any moment


async def test_positions_wait_while_the_tables_cannot_be_asked_and_flow_on_afterwards(house, pinging):
    async with house.watch() as watcher:
        await watcher.next()
        await house.tell("Beto has it", rider_id=BETO)
        await following(house, BETO)
        before = await seen_until(watcher, time.monotonic() + 1)
        async with house.database.begin() as tx:
            await tx.execute("LOCK TABLE streams IN ACCESS EXCLUSIVE MODE")
            locked_s = time.monotonic()
            locked = await seen_until(watcher, locked_s + 3)
        after = await seen_until(watcher, time.monotonic() + 1.5)

    assert before
    assert all(at_s - locked_s < COMMITTED_TO_GONE_S for at_s, _ in locked)
    assert len(after) > 3


async def test_positions_wait_while_nobody_knows_who_may_still_watch(database_url, redis_url):
    is_known = asyncio.Event()
    async with a_house(database_url, redis_url, check_access=is_known.wait) as house, house.watch() as watcher:
        await watcher.next()
        await house.tell("Beto has it", rider_id=BETO)
        await watcher.next()
        await following(house, BETO)
        await publish_position(house.redis, BETO, {"n": 1}, at_ms=1)
        assert await seen_until(watcher, time.monotonic() + 1) == []

        is_known.set()

        assert (await watcher.next())["position"]["n"] == 1


async def test_a_fact_and_the_position_behind_it_come_in_that_order(database_url, redis_url):
    async with a_house(database_url, redis_url) as house, house.watch() as watcher:
        await watcher.next()
        await house.tell("Beto has it", rider_id=BETO)
        await watcher.next()
        await following(house, BETO)
        await publish_position(house.redis, BETO, {"n": 1}, at_ms=1)

        assert (await watcher.next())["position"]["n"] == 1

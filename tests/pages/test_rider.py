"""A rider's whole evening on the page: on real processes, in a town whose clock the test moves."""

import asyncio
from collections.abc import Iterator

import pytest
import redis
from tests.pages.riders import a_phone, history
from tests.pages.town import DOOR, Town, a_town

from infra import clock
from infra.clock import wall_now
from infra.db import Database


@pytest.fixture(scope="module")
def evening(databases, stores, tmp_path_factory) -> Iterator[Town]:
    """A town whose domain time begins now, flows as wall time does, and can be moved."""
    redis_url = f"{stores.redis_url.rstrip('/')}/2"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    database_url = databases.take()
    asyncio.run(_simulate(database_url))
    with a_town(database_url=database_url, redis_url=redis_url, logs=tmp_path_factory.mktemp("evening")) as town:
        yield town
    databases.give_back(database_url)


async def _simulate(database_url: str) -> None:
    async with Database.connect(database_url, pool_size=1) as database, database.begin() as tx:
        await clock.simulate(tx, start_at=wall_now(), rate=1)


def a_meal(town: Town, **wish):
    """Let somebody order and the kitchen cook it at once."""
    order = town.order(**wish)
    order.say("accept", prep_minutes=1)
    return order


async def test_a_whole_job_from_the_first_tap_to_the_door(browser, evening):
    async with a_phone(browser, evening) as phone:
        await phone.sees("Off shift")
        await phone.look("rider-off")
        await phone.start()
        await phone.look("rider-waiting")
        order = a_meal(evening, payment={"method": "cash", "change_for_minor": 15_000})
        await phone.is_offered(order)
        await phone.look("rider-offer")
        await phone.takes(order)
        await phone.look("rider-to-store")

        await phone.does("I am at the store")
        await phone.does("Check the items · 0 of 2")
        order.say("ready")
        await phone.page.get_by_label("Moqueca de banana").check()
        await phone.look("rider-items")
        await phone.page.get_by_label("Suco de caju").check()
        await phone.does("All here · picked up")
        await phone.sees("Deliver to Ana")
        await phone.look("rider-to-door")
        await phone.is_at(DOOR)
        await phone.does("I am at the door")
        await phone.reads("Pays with")
        await phone.types_code(order.answer["dropoff_code"])
        await phone.look("rider-at-door")
        await phone.does("delivered")

        await phone.sees("Waiting for an offer")
        await phone.reads("Offers taken")
        await phone.look("rider-delivered")
        assert {"order.rider_arrived_at_pickup", "order.picked_up", "order.delivered"} <= history(order).keys()
        await phone.press("End shift")
        await phone.sees("Off shift")
        await phone.reads("Your last shift")
        await phone.look("rider-ended")

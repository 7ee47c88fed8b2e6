import re
from types import SimpleNamespace

import asyncpg
import pytest
from redis.asyncio import Redis
from tests.order import longest_first


async def test_every_test_gets_a_database_of_its_own(database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE only_here (n int)")

    assert await connection.fetchval("SELECT count(*) FROM only_here") == 0
    await connection.close()


async def test_no_test_sees_another_ones_tables(database_url):
    connection = await asyncpg.connect(database_url)
    await connection.execute("CREATE TABLE only_here (n int)")
    await connection.close()


async def test_the_key_space_is_empty(redis_url):
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


async def test_what_another_test_wrote_is_gone(redis_url):
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0
        await client.set("left", "behind")


def test_a_test_without_a_loop_may_use_them_too(database_url, redis_url):
    assert database_url.startswith("postgresql://")
    assert redis_url.startswith("redis://")


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_every_worker_begins_with_what_takes_long_and_no_test_is_lost(workers):
    quick = named(*(f"tests/orders/test_{module}.py::{n}" for module in range(20) for n in range(9)))
    slow = named(*(f"tests/journeys/test_{module}.py::{n}" for module in "abcdefgh" for n in "1234"))
    items = quick[:50] + slow + quick[50:]

    ordered = longest_first(items, workers)

    assert sorted(map(id, ordered)) == sorted(map(id, items))
    begins = [ordered[number * len(items) // workers + 1].nodeid for number in range(workers)]
    assert all(one.startswith("tests/journeys/") for one in begins)


def test_what_shares_something_dear_is_done_by_one_worker():
    pings = (f"tests/fleet/test_{module}.py::{n}[{server}]" for module in "abc" for n in "12" for server in KINDS)
    worlds = (f"tests/{package}/test_a.py::{n}" for n in "1234" for package in ("support", "orders", "contracts"))
    items = named(*(f"tests/kernel/test_a.py::{n}" for n in range(30)), *pings, *worlds)

    ordered = longest_first(items, 2)

    halves = [{test.nodeid for test in half} for half in (ordered[: len(items) // 2], ordered[len(items) // 2 :])]
    for shared in (r".*\[.*cluster.*\]", "tests/(support|contracts)/"):
        assert sorted(any(re.match(shared, test) for test in half) for half in halves) == [False, True], shared


KINDS = ("single", "cluster", "late-cluster", "cluster-late")


def named(*nodeids):
    return [SimpleNamespace(nodeid=nodeid) for nodeid in nodeids]

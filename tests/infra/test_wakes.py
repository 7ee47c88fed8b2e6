import asyncio
import threading
from collections import Counter

import pytest
from tests.infra.facts import execute, fetch, going, until

from infra.wakes import Wakes


@pytest.fixture
def heard(database_url):
    """A listener on one channel and how often it was called."""
    calls = Counter()
    wakes = Wakes(database_url)
    wakes.on(["test_channel"], lambda: calls.update(n=1))
    return wakes, calls


async def test_a_notice_calls_back(database, heard):
    wakes, calls = heard

    async with going(wakes.run()):
        await until(lambda: _heard(calls, 1))
        await execute(database, "NOTIFY test_channel")
        await until(lambda: _heard(calls, 2))
        await execute(database, "NOTIFY other_channel")
        await asyncio.sleep(0.1)

    assert calls["n"] == 2


async def test_it_calls_back_once_listening_as_notices_before_were_missed(heard):
    wakes, calls = heard

    async with going(wakes.run()):
        await until(lambda: _heard(calls, 1))


async def test_a_notice_of_a_step_that_was_undone_wakes_nobody(database, heard):
    wakes, calls = heard

    async with going(wakes.run()):
        await until(lambda: _heard(calls, 1))
        await execute(database, "BEGIN; NOTIFY test_channel; ROLLBACK")
        await asyncio.sleep(0.2)

    assert calls["n"] == 1


async def test_a_cut_connection_is_made_again_and_wakes_for_what_was_missed(database, heard, stores):
    wakes, calls = heard
    name = (await fetch(database, "SELECT current_database()"))[0][0]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND query LIKE 'LISTEN%'"

    async with going(wakes.run()):
        await until(lambda: _heard(calls, 1))
        thread = threading.Thread(target=stores.execute, args=(cut,))
        thread.start()
        thread.join()
        await until(lambda: _heard(calls, 2))
        await execute(database, "NOTIFY test_channel")
        await until(lambda: _heard(calls, 3))


async def test_a_server_that_is_away_is_waited_for(unused_tcp_port_number):
    wakes = Wakes(f"postgresql://nobody@127.0.0.1:{unused_tcp_port_number}/nothing")

    async with going(wakes.run()):
        await asyncio.sleep(0.2)


@pytest.fixture
def unused_tcp_port_number():
    import socket  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def _heard(calls, times):
    return calls["n"] >= times

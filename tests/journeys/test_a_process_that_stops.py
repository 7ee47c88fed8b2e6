"""An API process that is asked to stop sends everybody away with a word that means "come back", and is gone soon."""

import asyncio
import contextlib
import re
import signal
from random import Random
from typing import Final

import httpx
import pytest
from tests.journeys.town import a_town
from tests.journeys.ways import WAYS, OverCentrifuge, OverEvents, OverPolls, OverSocket, a_client

from infra.db import Database
from kernel.actors import Role

pytestmark = pytest.mark.journey
OF_EACH: Final = 50
CUT_OFF: Final = "graceful shutdown exceeded"  # what uvicorn writes when somebody did not go by themselves
HEARD_WITHIN_S: Final = 10.0
TOLD: Final = {OverSocket.name: {1012}, OverEvents.name: {1012}, OverCentrifuge.name: {1012, 3001}}


async def test_a_process_that_is_asked_to_stop_tells_everybody_and_need_not_be_cut_off(house, database_url):
    async with Database.connect(database_url, pool_size=2) as database:
        house.start("api-1", "worker-1")
        async with a_town(house, database) as town, a_client(house.address) as client:
            order_id = (await town.place("the one", payment="cash")).json()["order_id"]
            who = {"role": Role.CUSTOMER, "from_zero": False}
            watchers = [
                way(client, order_id, town.ana.token, chance=Random(n), **who) for way in WAYS for n in range(OF_EACH)
            ]
            following = [asyncio.create_task(watcher.follow()) for watcher in watchers]
            async with asyncio.timeout(30):
                while not all(watcher.begun for watcher in watchers):  # noqa: ASYNC110  many move
                    await asyncio.sleep(0.05)
            begun = await _when_quiet(watchers, client, others=len(town.watchers.feeds))

            process = house.processes.pop("api-1")
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, 30)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_WITHIN_S):
                    while not all(one.closed or one.begun > begun[one] for one in watchers):  # noqa: ASYNC110  many move
                        await asyncio.sleep(0.05)

            told = {name: {code for one in watchers if one.name == name for _, code in one.closed} for name in TOLD}
            answered = {one.begun - begun[one] for one in watchers if one.name == OverPolls.name}
            house.start("api-1")
            async with asyncio.timeout(30):
                while any(one.begun == begun[one] for one in watchers):  # noqa: ASYNC110  many move
                    await asyncio.sleep(0.05)
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    assert CUT_OFF not in house.said()["api-1"]
    assert {name: codes <= TOLD[name] and codes for name, codes in told.items()} == told
    assert all(len(one.closed) == 1 for one in watchers if one.name in TOLD)
    assert answered == {1}
    assert [fault for one in watchers for fault in one.faults] == []
    assert house.bugs() == {}


async def test_what_was_sent_to_a_process_before_it_stops_is_answered(house):
    house.start("api-1")
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=5)) as early:
        await early.get(f"{house.address}/health/live")
    ends = {"answered": 0, "cut off": 0}
    asking = [asyncio.create_task(_ask_on_one_connection(house.address, ends)) for _ in range(OF_EACH)]
    await asyncio.sleep(1)

    process = house.processes.pop("api-1")
    process.send_signal(signal.SIGTERM)
    await asyncio.gather(*asking)

    # On a busy machine one or the other asks again too late; if what came were not looked at, all would be cut off.
    assert ends["answered"] > 10 * ends["cut off"]


async def _ask_on_one_connection(address, ends):
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    answer = b""
    while b"connection: close" not in answer.lower():
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: house\r\n\r\n")
        try:
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", answer.lower())[1]))
        except (OSError, asyncio.IncompleteReadError):
            break
    ends["answered" if b"connection: close" in answer.lower() else "cut off"] += 1
    writer.close()


async def _when_quiet(watchers, client, *, others):
    """Return how often each has begun, once nothing happens and the process knows of all, also of those who poll."""
    before = None
    known = others + len(watchers)
    while before != (now := [one.begun for one in watchers]) or await _watched(client) != known:
        before = now
        await asyncio.sleep(1)
    return {one: one.begun for one in watchers}


async def _watched(client):
    metrics = (await client.get("/metrics")).text
    return float(re.search(r"^recado_live_watchers (\S+)$", metrics, re.MULTILINE)[1])

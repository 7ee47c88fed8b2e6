"""One stream, also where there are no sockets: Server-Sent Events, and answers that wait."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from tests.tracking.evening import RIDERS

from kernel.actors import Role
from kernel.ids import RiderId

ANA = RIDERS["Ana"]
WITHIN_S = 6


class Events:
    """The events of one response, as a browser reads them."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, Any]:
        """The next event that is no heartbeat; raises StopAsyncIteration at the end."""
        async with asyncio.timeout(WITHIN_S):
            event: dict[str, str] = {}
            while True:
                line = await anext(self._lines)
                name, _, value = line.partition(": ")
                if line:
                    event[name] = value
                elif "data" in event:
                    self.last_id = event.get("id", self.last_id)
                    told: dict[str, Any] = msgspec.json.decode(event["data"])
                    assert told["type"] == event["event"]
                    if told["type"] != "heartbeat":
                        return told
                    event = {}

    async def texts(self, count: int) -> list[int]:
        return [(await self.next())["seq"] for _ in range(count)]


@asynccontextmanager
async def streaming(house, order_id, token, query="", **headers) -> AsyncIterator[Events]:
    url = f"http://127.0.0.1:{house.port}/v1/orders/{order_id}/feed/events{query}"
    named = {"Authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    client = httpx.AsyncClient(trust_env=False, verify=False, timeout=WITHIN_S)
    async with client, client.stream("GET", url, headers=named) as answer:
        yield Events(answer)


async def polled(house, order_id, token, query="") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
        url = f"http://127.0.0.1:{house.port}/v1/orders/{order_id}/feed{query}"
        return await client.get(url, headers={"Authorization": f"Bearer {token}"})


async def test_a_browser_is_streamed_the_snapshot_and_then_every_event(house):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)
    async with streaming(house, order_id, token) as events:
        snapshot = await events.next()
        await house.evening.accept(order_id)
        (row,) = await house.evening.rows("SELECT seq, epoch FROM orders")
        seqs = await events.texts(row["seq"] - snapshot["seq"])

    assert events.answer.headers["content-type"].startswith("text/event-stream")
    assert events.answer.headers["cache-control"] == "no-store"
    assert (snapshot["type"], snapshot["body"]["stage"]) == ("snapshot", "waiting")
    assert seqs == list(range(snapshot["seq"] + 1, row["seq"] + 1))
    assert events.last_id == f"{row['epoch']}:{row['seq']}"


async def test_a_browser_that_comes_back_gets_what_it_missed(house):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)
    async with streaming(house, order_id, token) as events:
        seen = (await events.next())["seq"]
        last_id = events.last_id
    await house.evening.accept(order_id)
    (row,) = await house.evening.rows("SELECT seq FROM orders")

    async with streaming(house, order_id, token, Last_Event_ID=last_id) as events:
        resumed = await events.next()

        assert (resumed["type"], resumed["recovered"]) == ("resumed", True)
        assert await events.texts(row["seq"] - seen) == list(range(seen + 1, row["seq"] + 1))


@pytest.mark.parametrize("known", ["nonsense", "another:1", ":", "x:99999999999999999999", "é:1"])
async def test_a_browser_that_comes_back_with_nothing_we_know_starts_over(house, known):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)

    async with streaming(house, order_id, token, "?lasts_s=0", Last_Event_ID=known.encode()) as events:
        assert (await events.next())["type"] == "snapshot"
        with pytest.raises(StopAsyncIteration):
            await events.next()


async def test_a_stream_shows_the_rider_only_while_the_customer_may_see_them(house):
    evening, token = house.evening, house.token(Role.CUSTOMER)
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.step(order_id, "mark_ready")
    async with streaming(house, order_id, token) as events:
        await events.next()
        await house.ping(ANA, 1.0, second=1)
        await evening.step(order_id, "pick_up", is_next_stop=True)
        while (await events.next()).get("event", {}).get("type") != "order.picked_up":
            pass
        await house.heard(ANA, by_somebody=True)
        await house.ping(ANA, 2.0, second=2)
        while (told := await events.next())["type"] != "position":
            pass

    assert (told["position"]["lat"], events.last_id.rpartition(":")[0] != "") == (2.0, True)


async def test_a_revoked_link_ends_its_stream_with_the_reason(house):
    order_id = await house.evening.place()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}", trust_env=False, verify=False) as client:
        owner = {"Authorization": f"Bearer {house.token(Role.CUSTOMER)}"}
        link = (await client.post(f"/v1/orders/{order_id}/share-links", json={}, headers=owner)).json()
        opened = (await client.post("/v1/share-links/open", json={"token": link["token"]})).json()
        async with streaming(house, order_id, opened["access_token"]) as events:
            await events.next()
            revoked_at = time.monotonic()
            await client.delete(f"/v1/share-links/{link['share_id']}", headers=owner)
            end = await events.next()

    assert (end["type"], end["code"], end["reason"]) == ("end", 4501, "It was revoked.")
    assert time.monotonic() - revoked_at < 1.5


async def test_a_poll_without_a_number_says_how_things_stand_and_the_next_one_waits(house):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)
    first = (await polled(house, order_id, token)).json()
    waiting = asyncio.create_task(polled(house, order_id, token, f"?after={first['seq']}&epoch={first['epoch']}"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await house.evening.accept(order_id)

    answer = (await waiting).json()

    assert [frame["type"] for frame in first["frames"]] == ["snapshot"]
    assert [frame["type"] for frame in answer["frames"]][:2] == ["resumed", "event"]
    assert answer["frames"][1]["seq"] == first["seq"] + 1
    assert answer["seq"] == answer["frames"][-1]["seq"]


async def test_polls_one_after_the_other_miss_nothing(house):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)
    answer = (await polled(house, order_id, token)).json()
    first, seen = answer["seq"], []
    await house.evening.accept(order_id)
    await house.evening.assign(order_id)
    (row,) = await house.evening.rows("SELECT seq FROM orders")
    while answer["seq"] < row["seq"]:
        answer = (await polled(house, order_id, token, f"?after={answer['seq']}&epoch={answer['epoch']}")).json()
        seen += [frame["seq"] for frame in answer["frames"] if frame["type"] == "event"]

    assert seen == list(range(first + 1, row["seq"] + 1))


async def test_a_poll_that_waited_in_vain_says_where_it_stands(house):
    order_id, token = await house.evening.place(), house.token(Role.CUSTOMER)
    first = (await polled(house, order_id, token)).json()

    answer = (await polled(house, order_id, token, f"?after={first['seq']}&epoch={first['epoch']}&wait_s=1")).json()

    told = [frame["type"] for frame in answer["frames"] if frame["type"] != "heartbeat"]  # whose turn may come now
    assert (answer["seq"], told) == (first["seq"], ["resumed"])


async def test_somebody_else_s_order_is_neither_streamed_nor_polled(house):
    order_id = await house.evening.place()
    stranger = house.token(Role.CUSTOMER, RiderId("cus_01J00000000000000000000000"))

    async with streaming(house, order_id, stranger) as events:
        await events.answer.aread()

    assert events.answer.status_code == 404
    assert (await polled(house, order_id, stranger)).status_code == 404

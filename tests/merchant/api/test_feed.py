import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from redis.asyncio import Redis
from tests.contracts.described import check_said, check_told
from tests.loops import stop
from tests.merchant.builders import an_id
from tests.merchant.kitchen import DISPATCHER

from accounts.model import Caller
from infra.clock import DomainClock
from infra.live.announcer import RedisAnnouncer
from infra.relay import Relay
from kernel.actors import Role
from kernel.ids import StoreId
from merchant import commands
from merchant.worker import CONSUMER

STRANGER = Caller(role=Role.MERCHANT, id=an_id("per", 9), store_ids=frozenset({StoreId(an_id("sto", 9))}))
RIDER = Caller(role=Role.RIDER, id=an_id("rdr", 9))
WITHIN_S = 10
WRONG_FROM = 4  # the frames numbered so are wrong on purpose


class Socket:
    """A tablet's end of a feed."""

    def __init__(self) -> None:
        self.inbound: asyncio.Queue[Any] = asyncio.Queue()
        self.outbound: asyncio.Queue[Any] = asyncio.Queue()

    async def next(self) -> Any:
        """The next frame, heartbeats left out."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                message = await self.outbound.get()
                if message["type"] != "websocket.send":
                    return message
                frame = msgspec.json.decode(message["text"])
                check_told("/v1/stores/sto/feed", frame)
                if frame["type"] != "heartbeat":
                    return frame

    async def say(self, **said: Any) -> Any:
        """Say something, and return the answer to it."""
        await self.inbound.put({"type": "websocket.receive", "text": msgspec.json.encode(said).decode()})
        if said["n"] < WRONG_FROM:
            check_said("/v1/stores/sto/feed", said["do"], said)
        while (answer := await self.next())["type"] not in {"ack", "error"}:
            pass
        return answer

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """The event frames up to the first of this type."""
        frames = []
        while not frames or frames[-1]["event"]["type"] != kind:
            frames.append(await self.next())
        return frames


@asynccontextmanager
async def following(tablet, store_id: str, by: Caller, **query: Any) -> AsyncIterator[Socket]:
    socket = Socket()
    path = f"/v1/stores/{store_id}/feed"
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        "headers": [(b"authorization", f"Bearer {tablet.token(by)}".encode())],
        "subprotocols": [],
        "scheme": "ws",
        "server": ("recado", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "state": {},
        "asgi": {"version": "3.0"},
    }
    await socket.inbound.put({"type": "websocket.connect"})
    serving = asyncio.create_task(tablet.app(scope, socket.inbound.get, socket.outbound.put))
    try:
        assert (await socket.next())["type"] == "websocket.accept"
        yield socket
    finally:
        await socket.inbound.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(WITHIN_S):
            await serving


@pytest.fixture
async def relay(kitchen, database_url, redis_url) -> AsyncIterator[None]:
    """Facts are told, as by a worker."""
    async with Redis.from_url(redis_url) as redis:
        clock = DomainClock(kitchen.database.read)
        telling = asyncio.create_task(
            Relay(kitchen.database, database_url, clock, consumers=[CONSUMER], announcer=RedisAnnouncer(redis)).run()
        )
        yield
        await stop(telling)


async def test_a_tablet_sees_what_is_open_then_everything_as_it_happens(kitchen, tablet, relay):
    order_id = await kitchen.order()

    async with following(tablet, kitchen.store_id, kitchen.nena) as socket:
        snapshot = await socket.next()
        assert snapshot["type"] == "snapshot"
        assert [ticket["order_id"] for ticket in snapshot["body"]["tickets"]] == [order_id]
        await kitchen.answer(commands.accept, order_id, prep_minutes=15)
        frames = await socket.until("order.accepted")

    assert frames[-1]["event"]["order_id"] == order_id
    assert frames[-1]["event"]["prep_minutes"] == 15
    assert frames[-1]["event"]["actor_role"] == "merchant"
    assert "refund_minor" not in str(frames)


async def test_a_tablet_that_was_away_gets_exactly_what_it_missed(kitchen, tablet, relay):
    async with following(tablet, kitchen.store_id, DISPATCHER) as socket:
        snapshot = await socket.next()
        first = await kitchen.accepted()
        seen = (await socket.until("order.accepted"))[-1]["seq"]
    second = await kitchen.accepted()

    missed = following(tablet, kitchen.store_id, DISPATCHER, after=seen, epoch=snapshot["epoch"])
    async with missed as socket:
        assert (await socket.next())["type"] == "resumed"
        frames = await socket.until("order.accepted")

    assert [frame["seq"] for frame in frames] == list(range(seen + 1, seen + 1 + len(frames)))
    assert [frame["event"]["type"] for frame in frames] == ["order.placed", "ticket.offered", "order.accepted"]
    assert {frame["event"]["order_id"] for frame in frames} == {second} != {first}


async def test_a_tablet_hears_of_its_own_pause(kitchen, tablet, relay):
    async with following(tablet, kitchen.store_id, kitchen.nena) as socket:
        await socket.next()
        await kitchen.change(auto_accept=True)
        frames = await socket.until("store.changed")

    assert frames[-1]["event"]["changed"] == ["auto_accept"]


async def test_a_tablet_answers_over_its_socket_and_hears_that_it_is_written(kitchen, tablet):
    order_id = await kitchen.order()

    async with following(tablet, kitchen.store_id, kitchen.nena) as socket:
        (ticket,) = (await socket.next())["body"]["tickets"]
        accepted = await socket.say(n=1, do="accept", ticket_id=ticket["id"], prep_minutes=15)
        repeated = await socket.say(n=1, do="accept", ticket_id=ticket["id"], prep_minutes=15)
        ready = await socket.say(n=2, do="ready", ticket_id=ticket["id"])
        late = await socket.say(n=3, do="reject", ticket_id=ticket["id"], reason="too_busy")
        wrong = await socket.say(n=4, do="accept", ticket_id=ticket["id"], prep_minutes=0)
        theirs = await socket.say(n=5, do="ready", ticket_id=an_id("tkt", 9))

    assert (accepted["type"], accepted["n"], accepted["ticket"]["order_id"]) == ("ack", 1, order_id)
    assert repeated == accepted
    assert (ready["n"], ready["ticket"]["status"]) == (2, "ready")
    assert [(said["type"], said["n"], said["problem"]["status"]) for said in (late, wrong, theirs)] == [
        ("error", 3, 409), ("error", 4, 422), ("error", 5, 404),
    ]  # fmt: skip


@pytest.mark.parametrize("caller", [STRANGER, RIDER], ids=["another store", "rider"])
async def test_another_stores_feed_is_not_there(kitchen, tablet, caller):
    async with following(tablet, kitchen.store_id, caller) as socket:
        refusal, closed = await socket.next(), await socket.next()

    assert refusal["problem"]["status"] == 404
    assert (closed["type"], closed["code"]) == ("websocket.close", 4504)


async def test_the_feed_says_nothing_of_the_customer(kitchen, tablet, relay):
    async with following(tablet, kitchen.store_id, kitchen.nena) as socket:
        said = str(await socket.next())
        await kitchen.accepted()
        said += str(await socket.until("order.accepted"))

    for secret in ("Zé", "+5511987654321", "Consolação", "4711", "cus_"):
        assert secret not in said

"""The rider's socket on a real server: what the phone is told, and what it sends back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
import websockets
from redis.asyncio import Redis
from tests.apps import SECRET, an_app
from tests.contracts.described import check_said, check_told
from tests.fleet.town import NOON, Town
from tests.infra.live.conftest import serving

from accounts.model import Caller
from accounts.tokens import Tokens
from infra import clock
from infra.clock import DomainClock
from infra.db import Database
from infra.live.announcer import RedisAnnouncer
from infra.relay import Relay
from kernel.actors import Role
from recado.background import running
from recado.settings import Settings


class Phone:
    """A rider's phone that follows its feed."""

    def __init__(self, client: websockets.ClientConnection) -> None:
        self._client = client

    async def next(self) -> dict[str, Any]:
        """The next frame, heartbeats left out."""
        async with asyncio.timeout(8):
            while True:
                frame = msgspec.json.decode(await self._client.recv())
                check_told("/v1/rider/feed", frame)
                if frame["type"] != "heartbeat":
                    return frame

    async def events(self, count: int) -> list[str]:
        return [(await self.next())["event"]["type"] for _ in range(count)]

    async def closed(self) -> int | None:
        """Read to the end and return the close code."""
        with suppress(websockets.ConnectionClosed):
            while True:
                await self.next()
        return self._client.close_code

    async def says(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Send what the document says may be said."""
        check_said("/v1/rider/feed", frame["do"], frame)
        return await self.send(frame)

    async def send(self, frame: Any) -> dict[str, Any]:
        await self._client.send(frame if isinstance(frame, str) else msgspec.json.encode(frame).decode())
        while (answer := await self.next())["type"] == "event":  # a fact may come before it
            pass
        return answer


class Server:
    """The real application on a free port, with a relay beside it."""

    def __init__(self, town: Town, port: int, relay: Relay) -> None:
        self.town, self._port, self._relay = town, port, relay

    def tell(self) -> None:
        self._relay.wake()

    @asynccontextmanager
    async def phone(self, rider_id: str, **query: Any) -> AsyncIterator[Phone]:
        words = "&".join(f"{name}={value}" for name, value in query.items())
        token = Tokens(SECRET).issue(Caller(role=Role.RIDER, id=rider_id))
        async with websockets.connect(
            f"ws://127.0.0.1:{self._port}/v1/rider/feed?{words}",
            additional_headers={"Authorization": f"Bearer {token}"},
            compression=None,
            close_timeout=1,
        ) as client:
            yield Phone(client)


@pytest.fixture
async def server(settings: Settings, town: Town, database_url: str, redis: Redis) -> AsyncIterator[Server]:
    async with Database.connect(database_url, pool_size=4) as database:
        async with database.begin() as tx:
            await clock.simulate(tx, start_at=NOON, rate=0)
        relay = Relay(database, database_url, DomainClock(database.read), consumers=[], announcer=RedisAnnouncer(redis))
        async with serving(an_app(settings)) as port, running(relay.run()):
            yield Server(town, port, relay)


async def test_a_phone_gets_its_day_and_then_every_fact_of_it_without_a_gap(server):
    town = server.town
    ana, order = await town.rider("Ana"), await town.order()
    (delivery,) = await town.carry(ana, order)
    await asyncio.sleep(1.2)  # the relay tells what was written before anybody watched

    async with server.phone(ana) as phone:
        snapshot = await phone.next()
        second = await town.order()
        offer = await town.offer(ana, second)
        server.tell()
        made = await phone.next()

    body = snapshot["body"]
    assert (snapshot["type"], body["shift"]["status"], body["offers"]) == ("snapshot", "on", [])
    assert [each["delivery_id"] for each in body["deliveries"]] == [delivery]
    assert (made["seq"], made["event"]["type"]) == (snapshot["seq"] + 1, "offer.made")
    assert made["event"]["offer_id"] == offer

    async with server.phone(ana, after=0, epoch=snapshot["epoch"]) as phone:
        resumed = await phone.next()
        assert (resumed["type"], resumed["seq"]) == ("resumed", made["seq"])
        assert await phone.events(5) == [
            "rider.registered", "shift.started", "offer.made", "offer.accepted", "order.rider_assigned",
        ]  # fmt: skip


async def test_positions_come_over_the_socket_and_are_acknowledged_as_far_as_they_are_stored(server):
    ana = await server.town.rider("Ana")
    ping = {"device_at": NOON.isoformat(), "lat": -23.55, "lon": -46.63, "accuracy_m": 8}

    async with server.phone(ana) as phone:
        await phone.next()
        single = await phone.send(ping)
        many = await phone.send({"n": 41, "positions": [ping, {**ping, "lat": 91}]})
        nonsense = await phone.send("not json")

    assert (single["type"], single["n"]) == ("ack", 1)
    assert [verdict["verdict"] for verdict in single["verdicts"]] == ["accepted"]
    assert many["n"] == 41
    assert [(verdict["verdict"], verdict["field"]) for verdict in many["verdicts"]] == [
        ("duplicate", None), ("invalid", "lat"),
    ]  # fmt: skip
    assert (nonsense["type"], nonsense["problem"]["status"]) == ("error", 422)


async def test_an_offer_is_taken_and_carried_to_its_end_over_the_socket(server):
    town = server.town
    ana = await town.rider("Ana")
    offer = await town.offer(ana, await town.order())

    async with server.phone(ana) as phone:
        (asked,) = (await phone.next())["body"]["offers"]
        taken = await phone.says({"n": 1, "do": "accept_offer", "offer_id": offer})
        again = await phone.send({"n": 2, "do": "accept_offer", "offer_id": offer})
        (delivery_id,) = asked["delivery_ids"]
        step = {"delivery_id": delivery_id, "report_id": "r-1", "occurred_at": NOON.isoformat()}
        arrived = await phone.says({"n": 3, "do": "arrive_at_pickup"} | step)
        unsaid = await phone.send({"n": 4, "do": "pick_up", "delivery_id": delivery_id, "report_id": "r-2"})
        unknown = await phone.send({"n": 5, "do": "fly"})

    assert (taken["type"], taken["n"], taken["offer"]["status"]) == ("ack", 1, "accepted")
    assert again["offer"] == taken["offer"]
    assert (arrived["n"], arrived["report"]["applied"]) == (3, True)
    assert (unsaid["type"], unsaid["n"], unsaid["problem"]["status"]) == ("error", 4, 422)
    assert (unknown["n"], unknown["problem"]["type"]) == (5, "/problems/feed.frame_not_understood")
    assert {"accept_offer", "pick_up"} <= set(unknown["problem"]["facts"]["known"])


async def test_nobody_follows_a_rider_who_does_not_exist(server):
    async with server.phone("rdr_00000000000000000000000000") as phone:
        assert await phone.closed() == 4504

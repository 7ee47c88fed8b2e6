"""Every channel as everybody, on one's own objects and on somebody else's: each grants what its feed's row says."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import jwt
import msgspec
import pytest
from tests.apps import SECRET
from tests.contracts.feeds import Frames, watching
from tests.contracts.permissions import ANY, CHANNELS, CHANNELS_ROUTE, OWN, ROLES, TABLE
from tests.contracts.worlds import House, World

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import is_id
from recado import parts

DENIED = {"code": 103, "message": "permission denied"}
UNKNOWN = {"code": 102, "message": "unknown channel"}
PATH = CHANNELS_ROUTE.partition(" ")[2]


class Client:
    """Somebody connected, who asks for one channel after the other."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.last_id = 0

    async def ask(self, **command: Any) -> Any:
        self.last_id += 1
        line = msgspec.json.encode({"id": self.last_id, **command}).decode()
        self.frames.inbound.put_nowait({"type": "websocket.receive", "text": line})
        while True:
            message = await self.frames._message()
            assert message["type"] == "websocket.send", message
            for reply in map(msgspec.json.decode, message["text"].split("\n")):
                if reply.pop("id", None) == self.last_id:
                    return reply

    async def error(self, channel: str) -> Any:
        """Subscribe and leave; returns why that was refused, or None."""
        reply = await self.ask(subscribe={"channel": channel})
        if "subscribe" in reply:
            await self.ask(unsubscribe={"channel": channel})
        return reply.get("error")


@asynccontextmanager
async def connected(house: House, token: str):
    async with watching(house.app, PATH, None) as frames:
        client = Client(frames)
        assert "connect" in await client.ask(connect={"token": token})
        yield client


def callers(world: World) -> Iterator[tuple[str, Caller]]:
    """Return everybody of a world, and operators of every single scope and of none."""
    yield from ((role, world.caller(role)) for role in ROLES)
    yield "operator", world.caller("operator")
    yield from ((f"operator of {scope}", world.caller("operator", scope)) for scope in Scope)


def may(route: str, name: str, caller: Caller, *, own: bool) -> bool:
    """Tell what the feed's row grants."""
    row = TABLE[route]
    if caller.role is Role.OPERATOR:
        return bool(caller.scopes & row.operator)
    return row.reach(name) == ANY or (row.reach(name) == OWN and own)


async def test_every_kind_of_channel_has_its_feed_s_row(house):
    ids = house.worlds["A"].ids

    assert {ids[name].partition("_")[0] for name in CHANNELS} == set(parts.CHANNELS)
    assert set(CHANNELS.values()) == {route for route in TABLE if route.startswith("WS ")}


@pytest.mark.parametrize("kind", CHANNELS)
async def test_a_channel_is_open_to_whom_its_feed_is_and_to_nobody_else(house, kind):
    a, b = house.worlds["A"], house.worlds["B"]
    heard, granted = {}, {}
    for name, caller in callers(a):
        async with connected(house, house.token(caller)) as client:
            for whose, feed_id in (("own", a.ids[kind]), ("other", b.ids[kind])):
                error = await client.error(f"{caller.role}:{feed_id}")
                heard[name, whose] = error is None
                granted[name, whose] = may(CHANNELS[kind], name, caller, own=whose == "own")

    assert heard == granted


@pytest.mark.parametrize("kind", CHANNELS)
async def test_not_theirs_and_not_there_are_the_same_refusal(house, kind):
    a, b = house.worlds["A"], house.worlds["B"]
    nowhere = f"{a.ids[kind][:4]}{'Z' * 26}"
    for _, caller in callers(a):
        async with connected(house, house.token(caller)) as client:
            if await client.error(f"{caller.role}:{b.ids[kind]}") is not None:
                others, nobodys = [await client.error(f"{caller.role}:{one}") for one in (b.ids[kind], nowhere)]
                assert others == nobodys
                assert others in (DENIED, UNKNOWN)


@pytest.mark.parametrize("kind", CHANNELS)
async def test_another_role_s_channel_is_refused_whoever_s_it_is(house, kind):
    a, b = house.worlds["A"], house.worlds["B"]
    for _, caller in callers(a):
        async with connected(house, house.token(caller)) as client:
            for role in Role:
                errors = [await client.error(f"{role}:{world.ids[kind]}") for world in (a, b)]
                assert role == caller.role or errors in ([DENIED, DENIED], [UNKNOWN, UNKNOWN])


@pytest.mark.parametrize(
    "channel",
    ["", ":", "customer", "customer:", "customer:ord_", "customer:ord_\0", "root:{order}", "customer:{order} ",
     "customer:dlv_{body}", "CUSTOMER:{order}", "customer:{order}:x", "{order}", "🍕:{order}"],
)  # fmt: skip
async def test_what_is_no_channel_is_not_looked_for(house, channel):
    world = house.worlds["A"]
    order_id = world.ids["order_id"]
    assert is_id(order_id, "ord")
    async with connected(house, house.token(world.caller("customer"))) as client:
        assert await client.error(channel.format(order=order_id, body=order_id[4:])) == UNKNOWN


async def test_no_forged_token_connects(house):
    world = house.worlds["A"]
    valid = house.token(world.caller("customer"))
    claims = jwt.decode(valid, options={"verify_signature": False})
    forged = [
        "",
        jwt.encode(claims, "another secret, long enough for a test", algorithm="HS256"),
        jwt.encode(claims | {"exp": 1}, "another secret, long enough for a test", algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode(claims, SECRET, algorithm="HS512"),
        jwt.encode(claims | {"role": "system"}, SECRET, algorithm="HS256"),
        jwt.encode(claims | {"role": "follower"}, SECRET, algorithm="HS256"),
        valid[:-10] + ("A" if valid[-10] != "A" else "B") + valid[-9:],
    ]
    for token in forged:
        async with watching(house.app, PATH, None) as frames:
            frames.inbound.put_nowait(
                {
                    "type": "websocket.receive",
                    "text": msgspec.json.encode({"id": 1, "connect": {"token": token}}).decode(),
                }
            )
            assert await frames.closed() == 3500, token


async def test_a_token_whose_time_is_over_is_told_apart(house):
    token = house.token(house.worlds["A"].caller("customer"), lifetime=timedelta(seconds=-1))
    async with watching(house.app, PATH, None) as frames:
        reply = await Client(frames).ask(connect={"token": token})

    assert reply == {"error": {"code": 109, "message": "token expired"}}


async def test_what_came_with_the_handshake_connects_too(house):
    token = house.token(house.worlds["A"].caller("customer"))
    async with watching(house.app, PATH, token) as frames:
        async with asyncio.timeout(5):
            assert "connect" in await Client(frames).ask(connect={})

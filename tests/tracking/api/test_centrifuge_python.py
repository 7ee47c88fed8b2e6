"""`centrifuge-python` as it is published follows an order of the real application."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import centrifuge
import pytest
import websockets
from centrifuge import Client, ClientEventHandler, SubscriptionEventHandler, SubscriptionState
from tests.tracking.api.house import House
from tests.tracking.api.links import a_link
from tests.tracking.api.test_share_links import ask, open_, share
from tests.tracking.evening import RIDERS, ZE

from accounts.model import Caller
from kernel.actors import Role
from kernel.ids import CustomerId

STEPS = ("mark_ready", "pick_up")


ENCODINGS = pytest.mark.parametrize("use_protobuf", [False, True], ids=["JSON", "Protobuf"])


def plain(data: Any) -> Any:
    """What a channel carries is JSON either way; with Protobuf the application decodes it."""
    return json.loads(data) if isinstance(data, bytes) and data else data or None


class Connection(ClientEventHandler):
    def __init__(self) -> None:
        self.ended: list[tuple[int, str]] = []
        self.errors: list[Exception] = []

    async def on_disconnected(self, ctx: centrifuge.DisconnectedContext) -> None:
        self.ended.append((ctx.code, ctx.reason))

    async def on_error(self, ctx: centrifuge.ErrorContext) -> None:
        self.errors.append(ctx.error)


class Channel(SubscriptionEventHandler):
    """Notes what an application would draw."""

    def __init__(self) -> None:
        self.began: list[centrifuge.SubscribedContext] = []
        self.seen: list[tuple[int, Any]] = []
        self.ended: list[tuple[int, str]] = []
        self.again: list[int] = []

    async def on_subscribing(self, ctx: centrifuge.SubscribingContext) -> None:
        self.again.append(ctx.code)

    async def on_subscribed(self, ctx: centrifuge.SubscribedContext) -> None:
        ctx.data = plain(ctx.data)
        self.began.append(ctx)

    async def on_publication(self, ctx: centrifuge.PublicationContext) -> None:
        self.seen.append((ctx.pub.offset, plain(ctx.pub.data)))

    async def on_unsubscribed(self, ctx: centrifuge.UnsubscribedContext) -> None:
        self.ended.append((ctx.code, ctx.reason))

    @property
    def offsets(self) -> list[int]:
        return [offset for offset, _ in self.seen if offset]


async def until(reached: Callable[[], object], within_s: float = 8) -> None:
    async with asyncio.timeout(within_s):
        while not reached():  # noqa: ASYNC110  the client has no event for it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def a_client(port: int, token: str = "", **options: Any) -> AsyncIterator[Client]:
    url = f"ws://127.0.0.1:{port}/v1/connection/websocket"
    client = Client(url, events=Connection(), token=token, proxy=None, max_reconnect_delay=0.3, **options)
    try:
        await client.connect()
        yield client
    finally:
        await client.disconnect()
        await asyncio.sleep(0.05)  # it closes its socket in the background


async def follow(client: Client, channel: str) -> Channel:
    noted = Channel()
    await client.new_subscription(channel, events=noted, max_resubscribe_delay=0.3).subscribe()
    return noted


async def seq_of(house: House) -> int:
    (row,) = await house.evening.rows("SELECT seq FROM orders")
    return int(row["seq"])


@ENCODINGS
async def test_an_order_is_followed_from_placed_to_delivered(house, use_protobuf):
    evening = house.evening
    order_id = await evening.place()
    async with a_client(house.port, house.token(Role.CUSTOMER), use_protobuf=use_protobuf) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        await evening.accept(order_id, ready_in=30)
        await evening.assign(order_id)
        for step in STEPS:
            await evening.step(order_id, step)
        await evening.step(order_id, "deliver", proof="code")
        last = await seq_of(house)
        await until(lambda: last in noted.offsets)

    (began,) = noted.began
    assert (began.recoverable, began.positioned, began.was_recovering) == (True, True, False)
    assert (began.data["type"], began.data["body"]["stage"]) == ("snapshot", "waiting")
    assert noted.offsets == list(range(began.stream_position.offset + 1, last + 1))
    stages = [event["stage"] for _, event in noted.seen if "stage" in event]
    assert stages == ["accepted", "preparing", "on_the_way", "delivered"]


@ENCODINGS
async def test_a_connection_cut_again_and_again_loses_nothing_and_tells_nothing_twice(house, use_protobuf):
    evening = house.evening
    order_id = await evening.place()
    async with (
        a_link(house.port) as link,
        a_client(link.port, house.token(Role.CUSTOMER), use_protobuf=use_protobuf) as client,
    ):
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        await evening.accept(order_id, ready_in=30)
        link.is_down = True
        link.cut()
        await evening.assign(order_id)
        link.is_down = False
        await until(lambda: len(noted.began) == 2)
        for step in STEPS:
            link.cut()
            await evening.step(order_id, step)
        await evening.step(order_id, "deliver", proof="code")
        last = await seq_of(house)
        await until(lambda: last in noted.offsets)

    first, *others = noted.began
    assert link.connections >= 3
    assert all(one.was_recovering and one.recovered and one.data is None for one in others)
    assert noted.offsets == list(range(first.stream_position.offset + 1, last + 1))


@ENCODINGS
async def test_the_rider_is_seen_on_the_way_and_takes_no_offset(house, use_protobuf):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    async with a_client(house.port, house.token(Role.CUSTOMER), use_protobuf=use_protobuf) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        await evening.step(order_id, "mark_ready")
        await evening.step(order_id, "pick_up", is_next_stop=True)
        await house.heard(RIDERS["Ana"], by_somebody=True)
        await house.ping(RIDERS["Ana"], -23.551, second=1)
        await until(lambda: any(event["type"] == "position" for _, event in noted.seen))

    (place,) = [event["position"] for offset, event in noted.seen if not offset]
    assert place["lat"] == pytest.approx(-23.551, abs=0.002)  # or the middle of its cell
    assert noted.offsets == sorted(set(noted.offsets))


async def test_every_role_follows_the_order_as_it_sees_it_on_a_channel_of_its_own(house):
    order_id = await house.evening.place()
    for role, token in house.everybody.items():
        async with a_client(house.port, token) as client:
            noted = await follow(client, f"{role}:{order_id}")
            await until(lambda: noted.began)  # noqa: B023  awaited at once

            assert noted.began[0].data["body"]["order_id"] == order_id


async def test_a_store_a_rider_and_a_city_are_channels_of_the_same_socket(house):
    evening = house.evening
    order_id = await evening.place()
    async with (
        a_client(house.port, house.token(Role.MERCHANT, "per_2", store=True)) as kitchen,
        a_client(house.port, house.token(Role.RIDER, RIDERS["Ana"])) as rider,
    ):
        store = await follow(kitchen, f"merchant:{evening.store_id}")
        order = await follow(kitchen, f"merchant:{order_id}")
        day = await follow(rider, f"rider:{RIDERS['Ana']}")
        others_day = await follow(rider, f"rider:{RIDERS['Beto']}")
        await until(lambda: store.began and order.began and day.began and others_day.ended)

    assert [len(noted.began) for noted in (store, order, day, others_day)] == [1, 1, 1, 0]
    assert others_day.ended == [(103, "permission denied")]


@pytest.mark.parametrize("whose", ["another customer", "another role", "nobody's"])
async def test_somebody_else_s_order_is_refused_like_one_that_is_not_there(house, whose):
    order_id = await house.evening.place()
    channel = {
        "another customer": f"customer:{order_id}",
        "another role": f"operator:{order_id}",
        "nobody's": f"customer:ord_{'Z' * 26}",
    }[whose]
    async with a_client(house.port, house.token(Role.CUSTOMER, CustomerId(f"cus_{'1' * 26}"))) as client:
        noted = await follow(client, channel)
        await until(lambda: noted.ended)

    assert (noted.began, noted.ended) == ([], [(103, "permission denied")])


@pytest.mark.parametrize("token", ["forged", ""])
async def test_whoever_has_no_token_stops_and_does_not_come_back(house, token):
    async with a_client(house.port, token) as client:
        await until(lambda: client.events.ended)

    assert client.events.ended == [(3500, "invalid token")]


async def test_a_token_whose_time_is_over_is_fetched_anew(house):
    order_id = await house.evening.place()
    asked = []

    async def get_token() -> str:
        asked.append(1)
        return house.token(Role.CUSTOMER)

    over = house.tokens.issue(Caller(role=Role.CUSTOMER, id=ZE), lifetime=timedelta(seconds=-1))
    async with a_client(house.port, over, get_token=get_token) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)

    assert (len(asked), [error.code for error in client.events.errors]) == (1, [109])


async def test_a_token_is_refreshed_before_the_connection_ends_and_nothing_is_subscribed_anew(house):
    evening = house.evening
    order_id = await evening.place()
    asked = []

    async def get_token() -> str:
        asked.append(1)
        lifetime = timedelta(seconds=2) if len(asked) < 3 else timedelta(hours=1)
        return house.tokens.issue(Caller(role=Role.CUSTOMER, id=ZE), lifetime=lifetime)

    async with a_client(house.port, get_token=get_token) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: len(asked) == 3)
        await evening.accept(order_id)
        await until(lambda: noted.offsets)

    assert (len(noted.began), client.events.errors) == (1, [])


@ENCODINGS
async def test_after_a_restored_backup_the_client_starts_over_by_itself(house, use_protobuf):
    evening = house.evening
    order_id = await evening.place()
    async with a_client(house.port, house.token(Role.CUSTOMER), use_protobuf=use_protobuf) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        await evening.rows("UPDATE orders SET epoch = 'restored'")
        await until(lambda: len(noted.began) == 2)
        state = client.get_subscription(f"customer:{order_id}").state

    again = noted.began[1]
    assert (noted.again[:2], state) == ([0, 2500], SubscriptionState.SUBSCRIBED)
    assert (again.was_recovering, again.recovered, again.stream_position.epoch) == (True, False, "restored")
    assert again.data["type"] == "snapshot"


async def test_what_is_not_offered_is_said_and_the_client_goes_on(house):
    order_id = await house.evening.place()
    async with a_client(house.port, house.token(Role.CUSTOMER)) as client:
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        for asking in (client.publish("customer:x", 1), client.history("customer:x"), client.rpc("x", {})):
            with pytest.raises(centrifuge.CentrifugeError, match="not available"):
                await asking

        assert client.get_subscription(f"customer:{order_id}").state is SubscriptionState.SUBSCRIBED


async def test_a_share_link_opens_its_order_alone_and_ends_with_its_revocation_for_good(house):
    order_id, other_id = await house.evening.place(), await house.evening.place()
    shared = await share(house, order_id)
    token = (await open_(house, shared["token"])).json()["access_token"]
    async with a_client(house.port, token) as client:
        noted, others = await follow(client, f"follower:{order_id}"), await follow(client, f"follower:{other_id}")
        await until(lambda: noted.began and others.ended)
        await ask(house, "DELETE", f"/v1/share-links/{shared['share_id']}", house.token(Role.CUSTOMER))
        await until(lambda: client.events.ended, within_s=2)

    assert (client.events.ended, others.ended) == ([(3500, "invalid token")], [(103, "permission denied")])
    async with a_client(house.port, token) as client:
        await until(lambda: client.events.ended)
    assert client.events.ended == [(3500, "invalid token")]


async def test_a_flood_on_one_connection_leaves_the_others_their_order(house):
    evening = house.evening
    order_id = await evening.place()
    url = f"ws://127.0.0.1:{house.port}/v1/connection/websocket"
    async with (
        a_client(house.port, house.token(Role.CUSTOMER)) as client,
        websockets.connect(url, max_queue=None) as flooding,
    ):
        noted = await follow(client, f"customer:{order_id}")
        await until(lambda: noted.began)
        await flooding.send(json.dumps({"id": 1, "connect": {"token": house.token(Role.PLATFORM, "plt_9")}}))
        commands = [json.dumps({"id": n, "subscribe": {"channel": f"platform:ord_{n:026}"}}) for n in range(2, 1002)]
        await flooding.send("\n".join(commands[:500]))
        await flooding.send("\n".join(commands[500:]))
        await evening.accept(order_id)
        last = await seq_of(house)
        await until(lambda: last in noted.offsets)
        async with asyncio.timeout(20):
            await flooding.wait_closed()

    assert (flooding.close_code, len(noted.began)) == (3013, 1)

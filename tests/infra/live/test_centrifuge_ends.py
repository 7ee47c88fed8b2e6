"""How a Centrifuge connection ends, who makes it end, and that nobody else feels it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import pytest
from tests.infra.live.channels import ChannelHouse, a_channel_house
from tests.infra.live.conftest import ANA

from infra.live.centrifuge.terms import Terms
from infra.live.session import Limits


@pytest.fixture
async def channels(database_url: str, redis_url: str) -> AsyncIterator[ChannelHouse]:
    async with a_channel_house(database_url, redis_url) as channels:
        yield channels


async def test_a_restored_backup_ends_the_channel_alone_and_the_client_comes_back(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, reconcile_s=0.2) as channels, channels.raw("ana") as raw:
        await channels.house.tell("one", "two")
        epoch = (await raw.subscribe())["epoch"]
        await raw.subscribe("sto_beto")
        await _restore(channels)

        assert await raw.next() == {"push": {"channel": ANA, "unsubscribe": {"code": 2500, "reason": "start over"}}}
        again = await raw.subscribe(recover=True, epoch=epoch, offset=2)
        await channels.house.tell("still here", feed_id="sto_beto")
        assert await raw.publications(1) == [(1, "still here")]
    assert (again["epoch"], again["offset"], "recovered" in again) == ("restored", 1, False)
    assert again["data"]["epoch"] == "restored"


async def test_a_backup_restored_while_somebody_subscribes_lets_them_try_again(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, reconcile_s=0.1) as channels, channels.raw("ana") as raw:
        await channels.house.tell("one", "two")

        async def restore() -> None:
            await _restore(channels)
            async with asyncio.timeout(3):
                while channels.house.hub.head(ANA).epoch != "restored":  # noqa: ASYNC110  it is the hub that knows
                    await asyncio.sleep(0.01)

        channels.access.meanwhile = restore
        refused = await raw.ask(subscribe={"channel": ANA})
        again = await raw.subscribe()

    assert refused["error"] == {"code": 100, "message": "internal server error", "temporary": True}
    assert (again["epoch"], again["offset"]) == ("restored", 1)


async def test_whoever_is_gone_while_they_subscribe_leaves_nothing_behind(channels):
    async with channels.raw("ana") as raw:

        async def hang_up() -> None:
            raw.client.transport.abort()
            await asyncio.sleep(0.2)

        channels.access.meanwhile = hang_up
        await raw.send({"id": 7, "subscribe": {"channel": ANA}})
        await asyncio.sleep(0.6)
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                while channels.house.hub._feeds or channels.access.revoke:  # noqa: ASYNC110  nothing tells us
                    await asyncio.sleep(0.05)

    assert (channels.house.hub._feeds, channels.access.revoke) == ({}, [])


async def test_whoever_reads_too_slowly_is_disconnected_and_recovers_all_of_it(database_url, redis_url):
    limits = Limits(waiting_facts=50, close_s=20)
    async with a_channel_house(database_url, redis_url, limits=limits) as channels:
        async with channels.raw("ana", max_queue=4) as raw:
            epoch = (await raw.subscribe())["epoch"]
            for _ in range(20):  # 8 MB: more than the socket's buffers hold
                await channels.house.tell(*("x" * 20_000 for _ in range(20)))
            await asyncio.sleep(0.5)
            seen = 0
            async for message in _messages(raw):
                assert message["push"]["pub"]["offset"] == seen + 1
                seen += 1
            assert (raw.client.close_code, raw.client.close_reason) == (3008, "slow")
        assert seen < 400

        async with channels.raw("ana") as raw:
            subscribed = await raw.subscribe(recover=True, epoch=epoch, offset=seen)

    assert [one["offset"] for one in subscribed["publications"]] == list(range(seen + 1, 401))


async def test_whoever_never_reads_again_is_given_up(database_url, redis_url):
    limits = Limits(stalled_s=0.3, close_s=0.2)
    async with (
        a_channel_house(database_url, redis_url, limits=limits) as channels,
        channels.raw("ana", max_queue=4) as raw,
        channels.raw("beto") as other,
    ):
        await raw.subscribe()
        await other.subscribe("sto_beto")
        for _ in range(20):
            await channels.house.tell(*("x" * 20_000 for _ in range(20)))
        await channels.house.tell("not for the slow one", feed_id="sto_beto")
        assert await other.publications(1) == [(1, "not for the slow one")]
        await asyncio.sleep(1.0)

        assert channels.house.hub.head(ANA) is None


async def test_a_flood_of_commands_is_refused_then_ended_and_nobody_else_feels_it(channels):
    async with channels.raw("ana") as flooding, channels.raw("beto") as other:
        await other.subscribe()
        flood = [{"id": n, "subscribe": {"channel": "other_1"}} for n in range(2, 1002)]
        for begin in range(0, 1000, 100):
            await flooding.send(*flood[begin : begin + 100])
        await channels.house.tell("meanwhile")
        assert await other.publications(1) == [(1, "meanwhile")]
        replies = [reply async for reply in _messages(flooding)]

        assert (flooding.client.close_code, flooding.client.close_reason) == (3013, "too many requests")
    codes = [reply["error"]["code"] for reply in replies]
    assert set(codes) <= {103, 111}
    assert 299 <= channels.access.opened - 1 <= 350  # and those that were gained meanwhile


async def test_a_flood_of_subscriptions_holds_so_many_channels(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, terms=Terms(commands=2000)) as channels:
        async with channels.raw("ana") as raw:
            await raw.send(*({"id": n, "subscribe": {"channel": f"sto_{n}"}} for n in range(2, 1002)))
            replies = [await raw.next(within_s=20) for _ in range(1000)]

            assert len(channels.house.hub._feeds) == 128
        await asyncio.sleep(0.2)
        assert channels.house.hub._feeds == {}
    assert [reply["id"] for reply in replies] == list(range(2, 1002))
    assert [reply.get("error", {}).get("code") for reply in replies] == [None] * 128 + [106] * 872


async def test_a_message_over_the_size_limit_closes_the_connection(channels):
    async with channels.raw("ana") as raw:
        await raw.client.send("x" * (64 * 1024 + 1))

        assert (await raw.closed())[0] == 1009


async def test_a_server_with_a_larger_limit_closes_with_the_same_code(database_url, redis_url):
    limits = Limits(frame_bytes=1000)
    async with a_channel_house(database_url, redis_url, limits=limits) as channels, channels.raw("ana") as raw:
        await raw.client.send("x" * 1001)

        assert (await raw.closed())[0] == 1009


async def test_a_server_that_does_not_lend_its_sockets_says_the_same(database_url, redis_url):
    async with a_channel_house(database_url, redis_url, ws="websockets-sansio") as channels:
        async with channels.raw("ana") as raw:
            epoch = (await raw.subscribe())["epoch"]
            await channels.house.tell("one", "two")
            assert await raw.publications(2) == [(1, "one"), (2, "two")]
        async with channels.raw("ana") as raw:
            subscribed = await raw.subscribe(recover=True, epoch=epoch)
            assert [one["offset"] for one in subscribed["publications"]] == [1, 2]
            channels.access.revoke[-1]("It was revoked.")
            assert await raw.closed() == (3500, "invalid token")


async def test_a_server_that_stops_closes_with_a_code_after_which_clients_come_back(database_url, redis_url):
    async with AsyncExitStack() as client:
        async with a_channel_house(database_url, redis_url) as channels:
            raw = await client.enter_async_context(channels.raw("ana"))
            await raw.subscribe()

        assert (await raw.closed())[0] == 1012


async def test_nothing_is_kept_of_a_connection_that_is_gone(channels):
    async with channels.raw("ana") as raw:
        await raw.subscribe("sto_ana")
        await raw.subscribe("sto_beto")

    await asyncio.sleep(0.2)

    assert (channels.house.hub._feeds, channels.access.revoke) == ({}, [])


async def _messages(raw):
    while True:
        try:
            yield await raw.next()
        except Exception:  # noqa: BLE001  closed, or nothing comes any more
            return


async def _restore(channels):
    async with channels.house.database.begin() as tx:
        await tx.execute("DELETE FROM events WHERE stream_id = $1 AND seq > 1", ANA)
        await tx.execute("UPDATE streams SET epoch = 'restored', seq = 1 WHERE id = $1", ANA)

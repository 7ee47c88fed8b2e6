import asyncio

import pytest
from tests.infra.live.conftest import ANA, a_house

from infra.live.session import Limits


async def test_a_new_watcher_gets_a_snapshot_and_then_every_event_in_order(house):
    await house.tell("one", "two")

    async with house.watch() as watcher:
        snapshot = await watcher.next()
        await house.tell("three", "four")

        assert (snapshot["type"], snapshot["seq"], snapshot["recovered"]) == ("snapshot", 2, False)
        assert (snapshot["body"], snapshot["rate"]) == ({"notes": "all of them"}, 1)
        assert await watcher.texts(2) == [(3, "three"), (4, "four")]


async def test_a_watcher_who_comes_back_gets_all_that_was_missed(house):
    async with house.watch() as watcher:
        epoch = (await watcher.next())["epoch"]
    await house.tell(*(f"missed {n}" for n in range(600)))

    async with house.watch(after=0, epoch=epoch) as watcher:
        resumed = await watcher.next()

        assert (resumed["type"], resumed["recovered"], resumed["seq"]) == ("resumed", True, 600)
        assert await watcher.texts(600) == [(n + 1, f"missed {n}") for n in range(600)]


async def test_events_told_while_a_watcher_resumes_come_once(house):
    await house.tell(*(str(n) for n in range(1, 301)))
    epoch = (await house.source.open(ANA)).epoch

    async with house.watch(after=0, epoch=epoch) as watcher:
        await house.tell(*(str(n) for n in range(301, 351)))
        await watcher.next()

        assert [seq for seq, _ in await watcher.texts(350)] == list(range(1, 351))


async def test_another_epoch_or_a_number_ahead_is_an_explicit_start_over(house):
    await house.tell("one")
    epoch = (await house.source.open(ANA)).epoch

    for query in ({"after": 1, "epoch": "another"}, {"after": 2, "epoch": epoch}, {"after": 1}):
        async with house.watch(**query) as watcher:
            frame = await watcher.next()

            assert (frame["type"], frame["recovered"], frame["seq"], frame["epoch"]) == ("snapshot", False, 1, epoch)


async def test_an_event_that_may_not_be_seen_keeps_its_number(house):
    async with house.watch() as watcher:
        await watcher.next()
        await house.tell("secret", "open")

        assert (await watcher.next()) == {"type": "event", "seq": 1, "event": {"type": "hidden"}}
        assert await watcher.texts(1) == [(2, "open")]


async def test_heartbeats_say_how_far_the_feed_has_come(database_url, redis_url):
    async with a_house(database_url, redis_url, heartbeat_s=0.2) as house, house.watch() as watcher:
        snapshot = await watcher.next()
        await house.tell("one")
        await watcher.next()

        beat = await watcher.next(beats=True)

        assert (beat["type"], beat["seq"], beat["epoch"]) == ("heartbeat", 1, snapshot["epoch"])
        assert beat["now"] >= snapshot["now"]


async def test_a_watcher_too_slow_is_closed_with_a_code_that_means_resume_and_misses_nothing(database_url, redis_url):
    long = "x" * 20_000
    limits = Limits(waiting_facts=50, close_s=20)
    async with a_house(database_url, redis_url, limits=limits) as house:
        seen: list[int] = []
        async with house.watch() as watcher:
            epoch = (await watcher.next())["epoch"]
            for _ in range(20):  # 8 MB: more than the socket's buffers hold
                await house.tell(*(long for _ in range(20)))
            await asyncio.sleep(0.5)
            while (frame := await _next_or_none(watcher)) is not None:
                seen.append(frame["seq"])
            assert watcher.client.close_code == 4008
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) < 400

        async with house.watch(after=seen[-1], epoch=epoch) as watcher:
            assert (await watcher.next())["type"] == "resumed"
            rest = [(await watcher.next())["seq"] for _ in range(400 - len(seen))]

    assert rest == list(range(len(seen) + 1, 401))


async def test_a_watcher_who_never_reads_again_is_given_up(database_url, redis_url):
    limits = Limits(stalled_s=0.3, close_s=0.2)
    async with a_house(database_url, redis_url, limits=limits) as house, house.watch() as watcher:
        await watcher.next()
        for _ in range(20):
            await house.tell(*("x" * 20_000 for _ in range(20)))
        await asyncio.sleep(1.0)

        assert house.hub.head(ANA) is None


@pytest.mark.parametrize(
    "malformed", [b'{"no": number', b'{"n": 3, "do": "\xff"}', b'{"a":' + b"[" * 9_000], ids=["cut", "no text", "deep"]
)
async def test_frames_are_answered_and_a_malformed_one_is_refused_without_ending_the_feed(house, malformed):
    async with house.watch() as watcher:
        await watcher.next()

        await watcher.client.send("7")
        assert await watcher.next() == {"type": "ack", "count": 7}
        await watcher.client.send(malformed)
        error = await watcher.next()
        await watcher.client.send(b"8")

        assert error["type"] == "error"
        assert (error["problem"]["status"], error["problem"]["type"]) == (422, "/problems/feed.frame_not_understood")
        assert await watcher.next() == {"type": "ack", "count": 8}


async def test_a_frame_that_is_too_big_ends_the_feed_for_good(house):
    async with house.watch() as watcher:
        await watcher.next()
        await watcher.client.send("1" * (64 * 1024 + 1))

        assert await watcher.closed() == 4513
    assert house.received == []


async def test_a_feed_nobody_watches_any_more_is_let_go(house):
    async with house.watch(), house.watch() as watcher:
        await watcher.next()
        assert house.hub.head(ANA) is not None

    await asyncio.sleep(0.2)

    assert house.hub.head(ANA) is None
    assert await house.redis.pubsub_channels("feed:*") == []


async def _next_or_none(watcher):
    try:
        return await watcher.next()
    except Exception as error:
        if watcher.client.close_code is None:
            raise
        del error
        return None


async def test_a_view_that_fails_costs_its_watchers_a_resume_and_others_nothing(house):
    async with house.watch() as watcher, house.watch("sto_beto") as other:
        epoch = (await watcher.next())["epoch"]
        await other.next()
        await house.tell("fails once")
        await house.tell("hello", feed_id="sto_beto")

        assert await watcher.closed() == 4003
        assert await other.texts(1) == [(1, "hello")]
    async with house.watch(after=0, epoch=epoch) as watcher:
        await watcher.next()

        assert await watcher.texts(1) == [(1, "fails once")]

"""Answers that wait: what one counts as told stands in it."""

import asyncio

import msgspec
from tests.infra.live.conftest import ANA, NotedView

from infra.live.answers import _within, poll
from infra.live.streams import StreamSink
from infra.live.view import Loaded, Watch


async def test_what_comes_at_the_very_moment_a_wait_is_over_is_not_left_behind():
    sink = StreamSink()
    asyncio.get_running_loop().call_soon(sink.write, b"just in time")

    assert await _within(sink, 0) == [b"just in time"]


async def test_an_event_told_behind_a_large_snapshot_is_in_the_answer_that_counts_it(house):
    async def load() -> Loaded:
        await house.tell("meanwhile")
        while house.hub.head(ANA).seq < 1:  # noqa: ASYNC110  the hub hears it from Redis
            await asyncio.sleep(0.01)
        return Loaded("x" * 100_000)

    answer = msgspec.json.decode(await poll(house.feeds, {}, Watch(ANA, NotedView(), load), wait_s=0))

    assert [(frame["type"], frame["seq"]) for frame in answer["frames"]] == [("snapshot", 0), ("event", 1)]
    assert answer["seq"] == 1

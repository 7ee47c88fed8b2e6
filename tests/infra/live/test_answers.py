"""Answers that wait: what one counts as told stands in it."""

import asyncio

import msgspec
import pytest
from litestar.exceptions import ServiceUnavailableException
from tests.infra.live.conftest import ANA, NotedView

from infra.live.answers import _events, _within, poll
from infra.live.streams import StreamSink
from infra.live.view import Loaded, Watch
from infra.problems import RETRY_AFTER_S


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


async def test_who_asks_a_process_that_stops_is_sent_away_at_once(house):
    house.feeds.end_streams()

    async with asyncio.timeout(3):
        with pytest.raises(ServiceUnavailableException) as refused:
            await poll(house.feeds, {}, Watch(ANA, NotedView(), NotedView().load, after=0), wait_s=60)
        parts = [part async for part in _events(house.feeds, {}, Watch(ANA, NotedView(), NotedView().load), 60)]
    assert refused.value.headers == {"Retry-After": str(RETRY_AFTER_S)}
    assert b"".join(parts[1:]).startswith(b'event: end\ndata: {"type":"end","code":1012')


async def test_nothing_is_counted_as_told_by_a_process_that_stops_before_it_is_told(house):
    async def load() -> Loaded:
        house.feeds.end_streams()
        return Loaded("all of them")

    with pytest.raises(ServiceUnavailableException):
        await poll(house.feeds, {}, Watch(ANA, NotedView(), load), wait_s=60)

"""Who watches many riders gets the latest of all who moved in one frame, and of nobody who is gone."""

import asyncio

import msgspec

from infra.live.channels import Place
from infra.live.looking import LookingHub
from infra.live.streams import StreamSink
from infra.live.view import Loaded, PlainView, Watch
from infra.live.watcher import Watcher
from infra.live.wires import BARE

ANA, BETO = "rdr_ana", "rdr_beto"


class Everybody(PlainView):
    """Sees whoever works, as a row of a key and a number."""

    def __init__(self):
        super().__init__(lambda _: None)
        self.working = frozenset({ANA, BETO})

    def positions(self):
        return self.working

    def show_position(self, key, payload):
        return [key, msgspec.json.decode(payload)]


class Riders:
    """Stands where Redis brings positions; keeps who follows."""

    def __init__(self):
        self.following = self
        self.audience = None

    def follow(self, key, audience):
        self.audience = audience

    def unfollow(self, key, audience):
        pass

    def move(self, key, at_ms):
        self.audience.tell_position(key, Place(at_ms, msgspec.Raw(str(at_ms).encode())))


class Someone:
    """Watches everybody; what is told is what was written by then."""

    def __init__(self, sink):
        self.riders, self.view, self.sink = Riders(), Everybody(), sink
        self.hub = LookingHub(self.riders, _look, None, every_s=60)

    async def __aenter__(self):
        watcher = Watcher(self.sink)
        watch = Watch("cty", self.view, _load).gathering(every_s=0.01)
        self.joined = await self.hub.join(watch, watcher, BARE)
        watcher.go_live(0)
        return self

    async def __aexit__(self, *_):
        self.hub.leave(self.joined)

    async def told(self):
        async with asyncio.timeout(5):
            await self.sink.wait()
        return [msgspec.json.decode(part) for part in self.sink.take()]


async def _look(_):
    return {}


async def _load():
    return Loaded(None)


async def test_of_all_who_moved_the_latest_comes_in_one_frame():
    async with Someone(StreamSink()) as someone:
        for key, at_ms in ((ANA, 1), (BETO, 2), (ANA, 3)):
            someone.riders.move(key, at_ms)

        assert await someone.told() == [{"type": "positions", "positions": [[ANA, 3], [BETO, 2]]}]
        someone.riders.move(BETO, 4)
        assert await someone.told() == [{"type": "positions", "positions": [[BETO, 4]]}]


async def test_an_older_place_replaces_no_newer_one():
    async with Someone(StreamSink()) as someone:
        someone.riders.move(ANA, 3)
        someone.riders.move(ANA, 1)

        assert await someone.told() == [{"type": "positions", "positions": [[ANA, 3]]}]


async def test_whoever_may_be_seen_no_more_is_not_in_the_next_frame():
    async with Someone(StreamSink()) as someone:
        someone.riders.move(ANA, 1)
        someone.riders.move(BETO, 1)
        someone.view.working = frozenset({BETO})
        someone.riders.audience.refollow()

        assert await someone.told() == [{"type": "positions", "positions": [[BETO, 1]]}]


async def test_a_watcher_who_stays_behind_gets_the_latest_of_each_and_nothing_between():
    sink = StreamSink(full_bytes=1)
    async with Someone(sink) as someone:
        sink.write(b"[0]")  # the way is not clear any more
        for at_ms in (1, 2):
            someone.riders.move(ANA, at_ms)
            await asyncio.sleep(0.03)  # one frame, and another
        sink.take()

        assert await someone.told() == [{"type": "positions", "positions": [[ANA, 2]]}]


async def test_what_was_gathered_waits_while_it_is_not_sure_that_they_may_be_seen():
    async with Someone(StreamSink()) as someone:
        someone.riders.move(ANA, 1)
        someone.riders.audience.feed.sure_until_s = 0.0
        await asyncio.sleep(0.03)
        assert someone.sink.take() == []

        someone.riders.audience.feed.sure_until_s = float("inf")
        someone.riders.audience.release()
        assert await someone.told() == [{"type": "positions", "positions": [[ANA, 1]]}]

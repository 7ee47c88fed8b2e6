"""A feed that looks: what grew is told once, whoever watches shares the look, and a look that fails is made again."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest

from infra.live.looking import LookingHub
from infra.live.streams import StreamSink
from infra.live.view import Loaded, PlainView, Watch
from infra.live.watcher import Watcher
from infra.live.wires import BARE


class City:
    """What a look finds; counts how often it was looked at."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {"ord_1": 1}
        self.looks = 0
        self.fails: Exception | None = None

    async def look(self, feed_id: str) -> Mapping[str, int]:
        self.looks += 1
        if self.fails:
            raise self.fails
        return dict(self.seen)

    async def until_looked(self) -> None:
        async with asyncio.timeout(5):
            before = self.looks
            while self.looks < before + 2:  # noqa: ASYNC110  nothing tells us; one may have begun before
                await asyncio.sleep(0.001)


@pytest.fixture
def city():
    return City()


@pytest.fixture
def hub(city):
    return LookingHub(Riders(), city.look, None, every_s=0.005)


class Riders:
    """Who brings positions, and is asked for none here."""

    following = None


class Someone:
    """Watches a city, and keeps what was told."""

    def __init__(self, hub):
        self.hub = hub
        self.sink = StreamSink()

    async def __aenter__(self):
        watcher = Watcher(self.sink)
        watch = Watch("cty", PlainView(lambda fact: msgspec.json.decode(fact.payload)), _load)
        self.joined = await self.hub.join(watch, watcher, BARE)
        watcher.go_live(self.joined.head.seq)
        return self.joined.head

    async def __aexit__(self, *_):
        self.hub.leave(self.joined)

    def told(self):
        frames = [msgspec.json.decode(part) for part in self.sink.take()]
        return [(frame["seq"], frame["event"]) for frame in frames]


async def _load():
    return Loaded(None)


async def test_what_grew_came_or_went_is_told(city, hub):
    ana = Someone(hub)
    async with ana as head:
        await city.until_looked()
        city.seen |= {"ord_1": 2, "ord_2": 1}
        await city.until_looked()
        del city.seen["ord_1"]
        await city.until_looked()

    assert head.seq == 0
    assert ana.told() == [
        (1, {"changed": ["ord_1", "ord_2"], "gone": []}),
        (2, {"changed": [], "gone": ["ord_1"]}),
    ]


async def test_nothing_is_told_where_nothing_changed(city, hub):
    ana = Someone(hub)
    async with ana:
        await city.until_looked()
        await city.until_looked()

    assert ana.told() == []


async def test_all_who_watch_share_one_look_and_it_ends_with_the_last(city, hub):
    first, second = Someone(hub), Someone(hub)
    async with first:
        await city.until_looked()
        async with second as head:
            city.seen["ord_1"] = 2
            await city.until_looked()
            assert head.epoch == first.joined.head.epoch
    looks = city.looks
    await asyncio.sleep(0.05)

    assert first.told() == second.told() == [(1, {"changed": ["ord_1"], "gone": []})]
    assert city.looks == looks


@pytest.mark.parametrize("error", [OSError("away"), ValueError("a bug")], ids=["store-away", "bug"])
async def test_what_changed_while_looking_failed_is_told_afterwards(city, hub, error):
    ana = Someone(hub)
    async with ana:
        await city.until_looked()
        city.fails, city.seen["ord_1"] = error, 2
        await city.until_looked()
        city.fails = None
        await city.until_looked()

    assert ana.told() == [(1, {"changed": ["ord_1"], "gone": []})]

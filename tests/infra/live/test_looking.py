"""A feed that looks: what grew is told once, whoever watches shares the look, and a look that fails is made again."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest

from infra.live.looking import LookingHub
from infra.live.mailbox import Mailbox


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
    return LookingHub(None, city.look, every_s=0.005)


def told(mailbox):
    found = []
    while (numbered := mailbox.take_fact()) is not None:
        found.append((numbered.seq, msgspec.json.decode(numbered.fact.payload)))
    return found


async def test_what_grew_came_or_went_is_told(city, hub):
    mailbox = Mailbox(limit=10)
    async with hub.watching("cty", mailbox) as head:
        await city.until_looked()
        city.seen |= {"ord_1": 2, "ord_2": 1}
        await city.until_looked()
        del city.seen["ord_1"]
        await city.until_looked()

    assert head.seq == 0
    assert told(mailbox) == [
        (1, {"changed": ["ord_1", "ord_2"], "gone": []}),
        (2, {"changed": [], "gone": ["ord_1"]}),
    ]


async def test_nothing_is_told_where_nothing_changed(city, hub):
    mailbox = Mailbox(limit=10)
    async with hub.watching("cty", mailbox):
        await city.until_looked()
        await city.until_looked()

    assert told(mailbox) == []


async def test_all_who_watch_share_one_look_and_it_ends_with_the_last(city, hub):
    first, second = Mailbox(limit=10), Mailbox(limit=10)
    async with hub.watching("cty", first):
        await city.until_looked()
        async with hub.watching("cty", second) as head:
            city.seen["ord_1"] = 2
            await city.until_looked()
            assert hub.head("cty").epoch == head.epoch
    looks = city.looks
    await asyncio.sleep(0.05)

    assert told(first) == told(second) == [(1, {"changed": ["ord_1"], "gone": []})]
    assert (city.looks, hub.head("cty")) == (looks, None)


@pytest.mark.parametrize("error", [OSError("away"), ValueError("a bug")], ids=["store-away", "bug"])
async def test_what_changed_while_looking_failed_is_told_afterwards(city, hub, error):
    mailbox = Mailbox(limit=10)
    async with hub.watching("cty", mailbox):
        await city.until_looked()
        city.fails, city.seen["ord_1"] = error, 2
        await city.until_looked()
        city.fails = None
        await city.until_looked()

    assert told(mailbox) == [(1, {"changed": ["ord_1"], "gone": []})]

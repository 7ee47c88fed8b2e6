"""What Redis loses, the tables give back."""

import asyncio
import socket
import subprocess
from contextlib import contextmanager

import pytest
from tests.infra.live.conftest import ANA, a_house

from recado.embedded.binaries import find_valkey


class OwnValkey:
    """A Valkey of this test's own, which may be killed and started again at the same address."""

    def __init__(self, directory) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.directory = directory
        self.start()

    def start(self) -> None:
        words = [find_valkey(), "--port", str(self.port), "--save", "", "--dir", self.directory, "--bind", "127.0.0.1"]
        self.process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def valkey(tmp_path):
    with own_valkey(tmp_path) as started:
        yield started


@contextmanager
def own_valkey(directory):
    started = OwnValkey(directory)
    try:
        yield started
    finally:
        started.kill()


async def listening(house, channel=f"feed:{ANA}"):
    async with asyncio.timeout(8):
        while True:
            try:
                if await house.redis.pubsub_channels(channel):
                    return
            except Exception:  # noqa: BLE001  it is not there yet
                pass
            await asyncio.sleep(0.02)


async def test_a_gap_in_what_is_announced_is_filled_before_anything_later_is_told(house):
    async with house.watch() as watcher:
        await watcher.next()
        written = await house.write("one", "two", "three")
        await house.announcer.announce(written[2:])

        assert await watcher.texts(3) == [(1, "one"), (2, "two"), (3, "three")]


async def test_what_is_announced_twice_or_late_is_told_once(house):
    async with house.watch() as watcher:
        await watcher.next()
        written = await house.write("one", "two", "three")
        await house.announcer.announce([*written, *written, written[0]])
        await house.tell("four")

        assert [seq for seq, _ in await watcher.texts(4)] == [1, 2, 3, 4]


async def test_a_last_event_nobody_announced_is_noticed_within_seconds(house):
    async with house.watch() as watcher:
        await watcher.next()
        await house.write("lost on the way")

        assert await watcher.texts(1, within_s=6.0) == [(1, "lost on the way")]


async def test_a_redis_that_dies_and_comes_back_costs_no_event(valkey, database_url):
    async with a_house(database_url, valkey.url) as house:
        await listening(house, "live:idle")
        async with house.watch() as watcher:
            await watcher.next()
            await house.tell("before")
            valkey.kill()
            await house.tell("while away")
            await asyncio.sleep(0.5)
            valkey.start()
            await listening(house)
            await asyncio.sleep(2.1)  # the announcer rests after a failure
            await house.tell("after")

            assert await watcher.texts(3) == [(1, "before"), (2, "while away"), (3, "after")]


async def test_a_feed_begins_and_goes_on_while_redis_is_away(valkey, database_url):
    valkey.kill()
    async with a_house(database_url, valkey.url, reconcile_s=0.5) as house, house.watch() as watcher:
        assert (await watcher.next())["type"] == "snapshot"
        await house.tell("told to the tables alone")

        assert await watcher.texts(1) == [(1, "told to the tables alone")]


async def test_an_announcer_without_redis_neither_raises_nor_waits_long(valkey, database_url):
    async with a_house(database_url, valkey.url) as house:
        valkey.kill()
        written = await house.write("one")
        async with asyncio.timeout(4):
            for _ in range(50):
                await house.announcer.announce(written)


async def test_a_restored_backup_makes_every_watcher_come_back_and_start_over(database_url, redis_url):
    async with a_house(database_url, redis_url, reconcile_s=0.3) as house:
        async with house.watch() as watcher:
            epoch = (await watcher.next())["epoch"]
            await house.tell("one", "two")
            await _restore_the_first_alone(house)

            assert await watcher.closed() == 4004
        async with house.watch(after=2, epoch=epoch) as watcher:
            snapshot = await watcher.next()

    assert (snapshot["type"], snapshot["seq"], snapshot["epoch"]) == ("snapshot", 1, "restored")


async def _restore_the_first_alone(house):
    async with house.database.begin() as tx:
        await tx.execute("UPDATE streams SET epoch = 'restored', seq = 1 WHERE id = $1", ANA)
        await tx.execute("DELETE FROM events WHERE seq = 2")


async def test_many_feeds_joined_and_left_at_once_are_all_heard(house):
    names = [f"sto_{n}" for n in range(60)]

    async def follow(name):
        for round_no in range(3):
            async with house.watch(name) as watcher:
                snapshot = await watcher.next()
                await house.tell("now", feed_id=name)
                assert await watcher.texts(1) == [(snapshot["seq"] + 1, "now")], round_no

    async with asyncio.timeout(30):
        await asyncio.gather(*(follow(name) for name in names))

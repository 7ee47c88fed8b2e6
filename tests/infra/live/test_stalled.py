"""Clients that do not read, read slowly, or talk too much: they harm nobody but themselves."""

import asyncio
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import websockets
from tests.infra.live.conftest import ANA, Watcher, a_house
from tests.infra.live.telling import publish_position
from tests.infra.live.test_positions import BETO, following

from infra.live.session import Limits

LIVELY = 50
PROMPT_S = 1.0  # on a machine that does much else; alone it takes some milliseconds
LONG = "x" * 20_000
FITS_ON_THE_WAY = 200  # messages of 60 kB: 12 MB, more than both ends' buffers


@asynccontextmanager
async def narrow(house, feed_id=ANA, **options):
    """Watch over a connection on which little fits between the two ends."""
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    end.setblocking(False)
    await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", house.port))
    url = f"ws://127.0.0.1:{house.port}/feeds/{feed_id}"
    async with websockets.connect(url, sock=end, compression=None, max_queue=1, close_timeout=0.1, **options) as client:
        yield Watcher(client)


@asynccontextmanager
async def lively(house):
    """Fifty who read at once; yields when each got what, so far."""
    came = [{} for _ in range(LIVELY)]

    async def read(mine):
        async with house.watch() as watcher:
            mine[0] = time.monotonic()
            while True:
                frame = await watcher.next(within_s=60)
                mine[frame["seq"]] = time.monotonic()

    tasks = [asyncio.create_task(read(mine)) for mine in came]
    async with asyncio.timeout(20):
        while not all(came):  # noqa: ASYNC110  fifty move
            await asyncio.sleep(0.01)
    yield came
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def kept_from_running_s():
    """Return how long this thread was ready to run so far while the machine did something else."""
    schedstat = Path("/proc/thread-self/schedstat")
    return int(schedstat.read_text().split()[1]) / 1e9 if schedstat.exists() else 0.0


async def told_for_s(house, came, text):
    """Tell one event; returns how long it took until everybody had it, but for what the machine did meanwhile."""
    seq, told_s, kept_s = house.hub.head(ANA).seq + 1, time.monotonic(), kept_from_running_s()
    await house.tell(text)
    async with asyncio.timeout(20):
        while not all(seq in mine for mine in came):  # noqa: ASYNC110  fifty move
            await asyncio.sleep(0.01)
    return max(mine[seq] for mine in came) - told_s - (kept_from_running_s() - kept_s)


async def test_who_never_reads_is_closed_and_may_resume_and_fifty_others_notice_nothing(database_url, redis_url):
    limits = Limits(stalled_s=1.0, close_s=20)
    async with (
        a_house(database_url, redis_url, limits=limits) as house,
        narrow(house) as stalled,
        lively(house) as came,
    ):
        epoch = (await stalled.next())["epoch"]

        took_s = [await told_for_s(house, came, LONG) for _ in range(60)]
        await asyncio.sleep(1.5)
        seen = []
        with suppress(websockets.ConnectionClosed):
            while True:
                seen.append((await stalled.next())["seq"])

        assert max(took_s) < PROMPT_S
        assert stalled.client.close_code == 4008
        assert seen == list(range(1, len(seen) + 1))
        assert len(seen) < 60
        async with house.watch(after=len(seen), epoch=epoch) as again:
            assert (await again.next())["recovered"] is True
            assert [seq for seq, _ in await again.texts(60 - len(seen))] == list(range(len(seen) + 1, 61))


async def test_a_slow_reader_misses_positions_and_no_event(house):
    async with narrow(house) as slow:
        await slow.next()
        await house.tell("Beto has it", rider_id=BETO)
        await following(house, BETO)
        events, places = [], []

        async def read(*, pause_s):
            with suppress(TimeoutError):
                while True:
                    frame = await slow.next(within_s=2)
                    (places if frame["type"] == "position" else events).append(frame)
                    await asyncio.sleep(pause_s)

        reading = asyncio.create_task(read(pause_s=0.1))  # 20 KB a second, of ten times as much
        numbers = count(1)
        until_s = time.monotonic() + 6
        while time.monotonic() < until_s:
            for _ in range(10):
                n = next(numbers)
                await publish_position(house.redis, BETO, {"n": n, "long": LONG[:2000]}, at_ms=n)
                await asyncio.sleep(0.01)
            await house.tell("on", rider_id=BETO)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await read(pause_s=0)

    sent = next(numbers) - 1
    assert [event["seq"] for event in events] == list(range(1, house_seq := len(events) + 1))
    assert house_seq > 20
    assert [place["position"]["n"] for place in places] == sorted(place["position"]["n"] for place in places)
    assert places[-1]["position"]["n"] == sent
    assert len(places) < sent


async def test_a_frame_of_ten_megabytes_ends_its_own_feed_only(house):
    async with house.watch() as big, lively(house) as came:
        await big.next()

        sending = asyncio.create_task(big.client.send("1" * 10_000_000))
        took_s = await told_for_s(house, came, "meanwhile")

        assert await big.closed() in {1009, 4513}
        await asyncio.gather(sending, return_exceptions=True)
    assert took_s < PROMPT_S
    assert house.received == []


async def test_a_flood_of_small_frames_holds_up_nobody_else(house):
    async with house.watch() as flooding, lively(house) as came:
        await flooding.next()
        (end,) = [one for one in (flooding.client.transport.get_extra_info("socket"),) if one]
        flood = b"\x81\x81\x00\x00\x00\x00x" * 200_000  # masked with zeros: a frame that says "x"
        pouring = asyncio.create_task(asyncio.to_thread(_pour, end.dup(), flood))
        took_s = []
        for n in range(10):
            took_s.append(await told_for_s(house, came, str(n)))
            await asyncio.sleep(0.1)
        pouring.cancel()

    assert max(took_s) < PROMPT_S


async def test_whoever_talks_before_they_are_told_anything_is_read_no_faster_than_answered(database_url, redis_url):
    answering, sent = asyncio.Event(), 0

    async def take(raw):
        await answering.wait()

    async with a_house(database_url, redis_url) as house:
        house.take_frame = take
        async with AsyncExitStack() as stack:
            async with house.database.begin() as tx:
                await tx.execute("LOCK TABLE streams IN ACCESS EXCLUSIVE MODE")  # so that nothing opens yet
                watcher = await stack.enter_async_context(house.watch())
                await watcher.client.send("first")
                await asyncio.sleep(0.3)
            assert (await watcher.next())["type"] == "snapshot"
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    while sent < 4 * FITS_ON_THE_WAY:
                        await watcher.client.send("x" * 60_000)
                        sent += 1
            answering.set()

    assert sent < FITS_ON_THE_WAY


def _pour(end, flood):
    end.setblocking(True)
    end.settimeout(5)
    with suppress(OSError):
        end.sendall(flood)
    end.close()

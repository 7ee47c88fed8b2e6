"""The course of the bench: half of the watchers, all of them, the reference, pings, and twice the watchers an order."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median
from typing import Final

import asyncpg
from redis.asyncio import Redis

from accounts.model import Caller
from infra.live.announcer import RedisAnnouncer
from kernel.actors import Role
from recado.benches.feeds.clones import Order, clone_orders
from recado.benches.feeds.facts import Supply
from recado.benches.feeds.figures import Found, Size, outcome, size_of
from recado.benches.feeds.house import stage
from recado.benches.feeds.measuring import Bench, Measured, check
from recado.benches.feeds.peers import open_many_files
from recado.benches.feeds.pings import EVERY_S, Riders, delays_ms
from recado.benches.feeds.seats import WATCHERS, seats_of
from recado.benches.feeds.telling import Stretch, Teller
from recado.benches.frame.installation import Installation, installation
from recado.benches.frame.plan import Outcome, Plan

WARM_UP: Final = 20  # orders
ARRIVED_WITHIN_S: Final = 1.0  # what is not there by then is told as missing


class Course:
    """One run: what is measured on which stage, one after the other, and what was found."""

    def __init__(self, house: Installation, database: asyncpg.Connection, size: Size, orders: Sequence[Order]) -> None:
        self._house, self._database, self._size = house, database, size
        self._warm, self._orders = orders[:WARM_UP], orders[WARM_UP:]
        self._half = self._orders[: size.orders // 2]
        self.found = Found()

    async def with_one_server(self) -> None:
        """Measure all but what a second server adds."""
        found = self.found
        async with self._bench() as bench:
            await self._open_first_half(bench)
            found.halves = await self._repeat(bench, self._half)
            await self._open(bench, range(len(self._half), len(self._orders)))
            await self._measure_all(bench, median(one.per_s for one in found.halves))
            await self._measure_pings(bench, median(one.per_s for one in found.all) / 2)
            await bench.stage.open(seats_of(self._house, self._orders, range(len(self._half))))
            found.doubles = await self._repeat(bench, self._half, watchers=2 * WATCHERS)
            found.inspected = sum(one.inspected for one in await bench.stage.tell())

    async def with_two_servers(self) -> None:
        """Measure the first half of the watchers again, shared by two processes."""
        async with self._bench(processes=2) as bench:
            await self._open_first_half(bench)
            self.found.in_two = await self._repeat(bench, self._half)

    @asynccontextmanager
    async def _bench(self, *, processes: int = 1) -> AsyncIterator[Bench]:
        async with (
            stage(self._house, processes=processes) as built,
            Redis.from_url(self._house.run.environment["REDIS_URL"]) as redis,
        ):
            supply = Supply(self._database)
            bench = Bench(built, Teller(RedisAnnouncer(redis), supply, built.progress), supply)
            await built.open(seats_of(self._house, self._warm, range(len(self._warm))))
            await bench.feed(self._warm, for_s=1)
            await built.empty()
            yield bench

    async def _open_first_half(self, bench: Bench) -> None:
        await self._open(bench, range(len(self._half)))
        await bench.feed(self._half, for_s=1)

    async def _open(self, bench: Bench, places: range) -> None:
        before = bench.stage.resident_bytes()
        seats = seats_of(self._house, self._orders, places)
        await bench.stage.open(seats)
        if bench.stage.processes == 1:
            self.found.socket_kb.append((bench.stage.resident_bytes() - before) / 1024 / len(seats))

    async def _repeat(self, bench: Bench, orders: Sequence[Order], *, watchers: int = WATCHERS) -> list[Measured]:
        tried = await bench.feed(orders, for_s=1, watchers=watchers)
        return [
            await bench.feed(orders, for_s=self._size.for_s, watchers=watchers, per_s=tried.per_s)
            for _ in range(self._size.repetitions)
        ]

    async def _measure_all(self, bench: Bench, per_s: float) -> None:
        orders, for_s, sockets = self._orders, self._size.for_s, self._size.sockets
        ahead = len(orders) // 2 * WATCHERS
        frame = await bench.frame()
        self.found.frame_bytes = len(frame)
        tried = await bench.write(frame, sockets=sockets, ahead=ahead, for_s=for_s)
        for _ in range(self._size.repetitions):
            self.found.all.append(await bench.feed(orders, for_s=for_s, per_s=per_s))
            written = await bench.write(frame, sockets=sockets, ahead=ahead, for_s=for_s, per_s=tried.per_s)
            self.found.written.append(written)

    async def _measure_pings(self, bench: Bench, per_s: float) -> None:
        size, orders = self._size, self._orders
        places = range(0, len(orders), max(1, len(orders) // size.riders))[: size.riders]
        tokens = {place: self._house.token(Caller(role=Role.RIDER, id=orders[place].rider_id)) for place in places}
        riders = Riders(f"http://127.0.0.1:{bench.stage.port}", tokens)
        await riders.ride(times=2)  # Each first one finds out who that is.
        rounds = max(1, round(per_s / WATCHERS * size.pings * EVERY_S / len(orders)))
        stretch = Stretch(orders, await bench.supply.write(orders, rounds), watchers=WATCHERS)
        await bench.stage.expect()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.teller.keep_rate(stretch, per_s=per_s / WATCHERS))
            tasks.create_task(riders.ride(times=size.pings))
        await asyncio.sleep(ARRIVED_WITHIN_S)
        told = await bench.stage.tell()
        check(told, orders, stretch.messages)
        self.found.delays_ms = delays_ms(riders.sent, [arrival for one in told for arrival in one.arrivals])
        self.found.half_per_s = per_s


async def run(plan: Plan) -> Outcome:
    """Measure as much as the plan wants and the machine allows."""
    return await measure(size_of(plan, files=open_many_files()))


async def measure(size: Size) -> Outcome:
    """Measure so much on an installation of its own, with API processes of the bench's own beside it."""
    async with installation() as house, _connected(house) as database:
        orders = await clone_orders(house, database, WARM_UP + size.orders)
        course = Course(house, database, size, orders)
        gc.disable()  # Facts by the ten thousand wait in lists to be told: looking through them would stop the telling.
        try:
            await course.with_one_server()
            await course.with_two_servers()
        finally:
            gc.enable()
    return outcome(course.found, size)


@asynccontextmanager
async def _connected(house: Installation) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(house.run.environment["DATABASE_URL"])
    try:
        yield connection
    finally:
        await connection.close()

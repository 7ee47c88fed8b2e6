"""The course: one ping a request, fifty, over sockets; with more riders, and shared by two processes."""

import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from typing import Final

import asyncpg
import msgspec

from fleet.api.shortcut import PATH
from recado.benches.frame import figures
from recado.benches.frame.figures import Result, at_least, at_most, share_of_speed, times
from recado.benches.frame.installation import Installation, installation
from recado.benches.frame.plan import Outcome, Plan
from recado.benches.pings import sockets
from recado.benches.pings.house import Servers, put_on_shift, servers
from recado.benches.pings.phones import Phones, Rider, Sent
from recado.benches.pings.server import DECODE, NAIVE

CONNECTIONS: Final = 256  # with fewer the server waits for the disk, and each round trip is shared by few
SOCKETS: Final = 64
BATCH: Final = 50
SINGLE_SHARE: Final = 0.50
NAIVE_TIMES: Final = 3.0
BATCH_SHARE: Final = 0.40
BATCH_P99_MS: Final = 20
SOCKET_TIMES: Final = 2.0
GROWTH: Final = 1.10
TWO_OF_ONE: Final = 1.8
BUSY: Final = 0.9


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one stretch cost: CPU of the servers for each ping, in microseconds, and what came of it."""

    us: float
    busy_share: float
    sent: Sent
    behind_us: float  # of the workers, for each ping

    @property
    def per_s(self) -> float:
        """Pings a second, by the wall."""
        return self.sent.pings / self.sent.wall_s


class Found(msgspec.Struct, kw_only=True):
    """All stretches, a list for each kind of them."""

    decoded: list[Cost] = []
    naive: list[Cost] = []
    single: list[Cost] = []
    decoded_batches: list[Cost] = []
    batches: list[Cost] = []
    over_sockets: list[Cost] = []
    twice: list[Cost] = []
    four_times: list[Cost] = []
    in_two: list[Cost] = []
    whole_per_s: list[float] = []  # pings in batches, until they are in PostgreSQL, workers working
    at_half: list[Sent] = []  # and at half that rate


async def run(plan: Plan) -> Outcome:
    """Measure on an installation of the bench's own."""
    count, for_s = (500, 0.8) if plan.is_quick else (1_000, 3.0)
    found = Found()
    async with installation() as house:
        database = await asyncpg.connect(house.run.environment["DATABASE_URL"])
        try:
            riders = await put_on_shift(house, database, 4 * count)
            await _with_one(house, riders, count, for_s, plan.repetitions, found)
            async with servers(house, processes=2) as both:
                await Phones(both.port, riders[:count], connections=CONNECTIONS).greet(PATH)
                in_two = _posting(both, riders[:count], PATH, 1, for_s)
                await in_two()  # whom the other process knows, this one finds out
                found.in_two = [await _measure(both, in_two) for _ in range(plan.repetitions)]
        finally:
            await database.close()
    return _outcome(found, count)


async def _with_one(
    house: Installation, riders: Sequence[Rider], count: int, for_s: float, repetitions: int, found: Found
) -> None:
    async with servers(house) as one:
        few = riders[:count]

        # Batches for half as long: what comes in them waits for PostgreSQL, and Redis takes only so much.
        def posting(path: str, pings: int, among: Sequence[Rider] = few) -> Callable[[], Awaitable[Sent]]:
            return _posting(one, among, path, pings, for_s if pings == 1 else for_s / 2)

        await Phones(one.port, riders, connections=CONNECTIONS).greet(PATH)
        for _ in range(repetitions):
            found.decoded.append(await _measure(one, posting(DECODE, 1)))
            found.single.append(await _measure(one, posting(PATH, 1)))
            found.twice.append(await _measure(one, posting(PATH, 1, riders[: 2 * count])))
            found.four_times.append(await _measure(one, posting(PATH, 1, riders)))
            found.naive.append(await _measure(one, posting(NAIVE, 1)))
            found.over_sockets.append(await _measure(one, lambda: sockets.send(one.port, few[:SOCKETS], for_s=for_s)))
        for _ in range(repetitions):
            found.decoded_batches.append(await _measure(one, posting(DECODE, BATCH)))
            found.batches.append(await _measure(one, posting(PATH, BATCH)))
        phones = Phones(one.port, few, connections=CONNECTIONS)
        for _ in range(repetitions):
            started_s = time.perf_counter()
            sent = await posting(PATH, BATCH)()
            await one.write_behind()
            found.whole_per_s.append(sent.pings / (time.perf_counter() - started_s))
        half_per_s = median(found.whole_per_s) / BATCH / 2
        for _ in range(repetitions):
            found.at_half.append(await phones.send(PATH, pings=BATCH, for_s=for_s, requests_per_s=half_per_s))
            await one.write_behind()


def _posting(
    where: Servers, riders: Sequence[Rider], path: str, pings: int, for_s: float
) -> Callable[[], Awaitable[Sent]]:
    phones = Phones(where.port, riders, connections=CONNECTIONS)
    return lambda: phones.send(path, pings=pings, for_s=for_s)


async def _measure(where: Servers, do: Callable[[], Awaitable[Sent]]) -> Cost:
    workers_s = where.workers_cpu_s()
    with where.alone():
        before_s = where.cpu_s()
        sent = await do()
        spent_s = where.cpu_s() - before_s
    await where.write_behind()
    behind_us = (where.workers_cpu_s() - workers_s) / max(1, sent.pings) * 1e6
    return Cost(us=spent_s / max(1, sent.pings) * 1e6, busy_share=spent_s / sent.wall_s, sent=sent, behind_us=behind_us)


def _outcome(found: Found, count: int) -> Outcome:
    p99_ms = [sent.delays_ms[int(len(sent.delays_ms) * 0.99)] for sent in found.at_half]
    single = found.single
    in_two = [2 * one.us / two.us for one, two in zip(single, found.in_two, strict=True)]
    results = [
        _share("one ping", single, found.decoded, at_least=SINGLE_SHARE),
        _share("  beside a naive route", single, found.naive, at_least=NAIVE_TIMES),
        _rate("  pings", single, found.decoded),
        Result(name="  written behind", unit="CPU µs", samples=[cost.behind_us for cost in single]),
        _share("one of a batch of 50", found.batches, found.decoded_batches, at_least=BATCH_SHARE),
        _rate("  pings", found.batches, found.decoded_batches),
        Result(name="  written behind", unit="CPU µs", samples=[cost.behind_us for cost in found.batches]),
        Result(name="  pings, written too", unit="1/s", samples=found.whole_per_s),
        Result(name="  p99 at half of that", unit="ms", samples=p99_ms, target=at_most(BATCH_P99_MS, of="value")),
        _share("one over a socket", found.over_sockets, single, at_least=SOCKET_TIMES),
        _rate("  pings", found.over_sockets, single),
        _growth("twice the riders", found.twice, single),
        _growth("four times the riders", found.four_times, single),
        Result(name="two processes", unit="times one", samples=in_two, target=at_least(TWO_OF_ONE, of="value")),
    ]
    notes = [
        f"{count} riders on {CONNECTIONS} connections; acknowledged means fsynced (appendfsync always).",
        "Workers rest while the server is measured, and write behind it then.",
        "Two processes are reckoned from what a ping costs when they share the phones.",
    ]
    for name, costs in (("one ping", single), ("decoding", found.decoded), ("batches", found.batches)):
        busy = median(cost.busy_share for cost in costs)
        if busy < BUSY:
            notes.append(f"{name}: the server was {busy:.0%} busy; load or stores limited the wall rate.")
    return Outcome(results=results, notes=notes)


def _us(costs: Sequence[Cost]) -> list[float]:
    return [cost.us for cost in costs]


def _share(name: str, costs: Sequence[Cost], references: Sequence[Cost], *, at_least: float) -> Result:
    return Result(
        name=name,
        unit="CPU µs",
        samples=_us(costs),
        references=_us(references),
        compare=share_of_speed,
        target=figures.at_least(at_least, of="ratio"),
    )


def _rate(name: str, costs: Sequence[Cost], references: Sequence[Cost]) -> Result:
    samples, beside = [cost.per_s for cost in costs], [cost.per_s for cost in references]
    return Result(name=name, unit="1/s", samples=samples, references=beside)


def _growth(name: str, costs: Sequence[Cost], references: Sequence[Cost]) -> Result:
    target = at_most(GROWTH, of="ratio")
    return Result(
        name=name, unit="CPU µs", samples=_us(costs), references=_us(references), compare=times, target=target
    )

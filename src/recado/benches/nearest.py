"""Who is near: ten riders out of ten thousand, and out of a million, as densely on the road as those."""

import os
import random
import time
from collections.abc import Sequence
from math import sqrt
from statistics import median
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from fleet.model.positions import Position, Source, Standing, Track, to_ms
from fleet.model.riders import Vehicle
from fleet.queries.nearest import Search, find_nearest
from fleet.store import position_keys as keys
from fleet.store import positions as store
from infra.clock import wall_now
from infra.redis import connect
from kernel.geo import Point, offset
from kernel.ids import CityId, RiderId, ZoneId
from places.model import Zone, ZoneMap
from recado.benches.frame.figures import Result, at_most, times
from recado.benches.frame.installation import installation
from recado.benches.frame.plan import Outcome, Plan
from recado.cpu import cpu_seconds
from recado.errors import CommandRefused

NEAREST: Final = 10
PER_KM2: Final = 20.0  # available riders: a busy evening in the middle of a large city
ZONE_M: Final = 5_000
SIZES: Final = (10_000, 100_000, 1_000_000)
QUICK_SIZES: Final = (10_000, 100_000)
GROWTH: Final = 2.0
P99_MS: Final = 5.0
AT_ONCE: Final = 2_000  # riders in one command
CITY: Final = CityId("cty_01J9ZC4Q00000000000000BEN0")
SOUTH_WEST: Final = Point(lat=-23.9, lon=-47.0)
_encode: Final = msgspec.json.Encoder().encode


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of searches: each one's time, and the CPU of this process and Redis for one."""

    delays_ms: list[float]
    cpu_us: float


class Country:
    """So many riders in a square of zones as large as it takes for them to be equally dense."""

    def __init__(self, riders: int) -> None:
        self.riders = riders
        self.side_m = sqrt(riders / PER_KM2) * 1_000
        across = max(1, round(self.side_m / ZONE_M))
        self.zone_m = self.side_m / across
        self.zones = ZoneMap([self._zone(row, column) for row in range(across) for column in range(across)])

    def place(self, dice: random.Random, *, margin_m: float = 0.0) -> Point:
        """Return a place somewhere in it."""
        east_m, north_m = (dice.uniform(margin_m, self.side_m - margin_m) for _ in range(2))
        return offset(SOUTH_WEST, east_m=east_m, north_m=north_m)

    def _zone(self, row: int, column: int) -> Zone:
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        polygon = [offset(SOUTH_WEST, east_m=x * self.zone_m, north_m=y * self.zone_m) for x, y in corners]
        return Zone(id=ZoneId(f"zon_{row:04}{column:04}"), city_id=CITY, name="", polygon=polygon)


async def run(plan: Plan) -> Outcome:
    """Search in countries of ten thousand riders and more, one after the other."""
    sizes = QUICK_SIZES if plan.is_quick else SIZES
    searches = 150 if plan.is_quick else 400
    samples: dict[int, list[Sample]] = {}
    async with installation(is_pinned=False) as house, connect(house.run.environment["REDIS_URL"]) as redis:
        await redis.config_set("appendonly", "no")  # to search writes nothing
        pid = int((await redis.info("server"))["process_id"])
        for riders in sizes:
            await redis.flushall()
            country = Country(riders)
            await _settle(redis, country)
            await _search(redis, country, pid, searches // 2, seed=0)
            samples[riders] = [
                await _search(redis, country, pid, searches, seed=seed) for seed in range(1, plan.repetitions + 1)
            ]
    return _outcome(samples)


async def _settle(redis: Redis, country: Country) -> None:
    """Put everybody on the road, as the house's own script would: a tenth on foot, a third by bicycle."""
    dice = random.Random(country.riders)  # noqa: S311  the same country each time
    now_ms = to_ms(wall_now())
    vehicles = dice.choices([Vehicle.FOOT, Vehicle.BICYCLE, Vehicle.MOTORCYCLE], weights=[10, 33, 57], k=country.riders)
    waiting: dict[ZoneId, list[tuple[RiderId, Vehicle, Position]]] = {}
    for number, vehicle in enumerate(vehicles):
        place = country.place(dice)
        zone_id = country.zones.zone_of(place, CITY)
        if zone_id is None:
            continue
        position = Position(now_ms, place.lat, place.lon, 8, 6.5, 90, 0.8, False, Source.APP, 0, now_ms)
        some = waiting.setdefault(zone_id, [])
        some.append((RiderId(f"rdr_{number:026}"), vehicle, position))
        if len(some) == AT_ONCE:
            await _write(redis, zone_id, waiting.pop(zone_id), dice)
    for zone_id, some in waiting.items():
        await _write(redis, zone_id, some, dice)


async def _write(
    redis: Redis, zone_id: ZoneId, riders: Sequence[tuple[RiderId, Vehicle, Position]], dice: random.Random
) -> None:
    records: dict[Any, Any] = {}
    standings: dict[Any, Any] = {}
    sets: dict[Vehicle, list[object]] = {}
    for rider_id, vehicle, position in riders:
        track = Track(position, 5_000, (0,) * 9, 0)
        records[rider_id] = store.head(1, track) + _encode(track).decode()
        free = dice.choice((1, 2, 2, 3))
        standing = Standing(version=1, is_available=True, vehicle=vehicle, city_id=CITY, free_capacity=free)
        standings[rider_id] = store.standing_text(standing)
        sets.setdefault(vehicle, []).extend((position.lon, position.lat, rider_id))
    later_ms = to_ms(wall_now()) + 86_400_000
    async with redis.pipeline(transaction=False) as pipe:
        pipe.hset(keys.last(zone_id), mapping=records)
        pipe.hset(keys.standing(zone_id), mapping=standings)
        pipe.zadd(keys.seen(zone_id), dict.fromkeys(records, later_ms))
        for vehicle, members in sets.items():
            pipe.geoadd(keys.available(zone_id, vehicle), members)  # type: ignore[arg-type]
        await pipe.execute()


async def _search(redis: Redis, country: Country, redis_pid: int, searches: int, *, seed: int) -> Sample:
    dice = random.Random(seed)  # noqa: S311
    places = [country.place(dice, margin_m=1_000) for _ in range(searches)]
    vehicles = (Vehicle.BICYCLE, Vehicle.MOTORCYCLE)
    delays_ms = []
    before_s = _cpu_s(redis_pid)
    for place in places:
        started_s = time.perf_counter()
        found = await find_nearest(redis, Search(place, vehicles, 2), NEAREST, zones=country.zones, now=wall_now())
        delays_ms.append((time.perf_counter() - started_s) * 1_000)
        if len(found) != NEAREST:
            raise CommandRefused(f"only {len(found)} riders were near")
    return Sample(delays_ms=sorted(delays_ms), cpu_us=(_cpu_s(redis_pid) - before_s) / searches * 1e6)


def _cpu_s(redis_pid: int) -> float:
    return time.process_time() + cpu_seconds(redis_pid)


def _outcome(samples: dict[int, list[Sample]]) -> Outcome:
    least, most = min(samples), max(samples)
    results = []
    for riders, some in samples.items():
        results.append(
            Result(name=f"{riders:,} riders, p50", unit="ms", samples=[median(one.delays_ms) for one in some])
        )
        p99 = [one.delays_ms[int(len(one.delays_ms) * 0.99)] for one in some]
        target = at_most(P99_MS, of="value") if riders == most else None
        results.append(Result(name="  p99", unit="ms", samples=p99, target=target))
        results.append(
            Result(
                name="  one search",
                unit="CPU µs",
                samples=[one.cpu_us for one in some],
                references=[one.cpu_us for one in samples[least]],
                compare=times,
                target=at_most(GROWTH, of="ratio") if riders == most else None,
            )
        )
    notes = [
        f"The {NEAREST} nearest by bicycle or motorcycle with room for two, {PER_KM2:g} riders a km², exact distance;",
        f"CPU is this process' and Valkey's, on {len(os.sched_getaffinity(0))} cores; one search after the other.",
    ]
    return Outcome(results=results, notes=notes)

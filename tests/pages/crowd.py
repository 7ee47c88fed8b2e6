"""Many riders of a city of their own: entered in the tables at once, moving as their phones' pings would move them."""

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import asyncpg
from redis.asyncio import Redis
from tests.infra.live.telling import LivePosition, publish_positions
from tests.pages.desks import City
from tests.pages.town import SE, Town

from fleet.commands.phone_notes import PhoneNotes
from fleet.commands.positions import Receiver
from fleet.messages import RiderPosition
from fleet.model.phones import PhoneState
from fleet.model.positions import Ping, Position, Standing, position_of, to_ms
from fleet.model.riders import Vehicle
from infra import ids
from kernel.geo import Point, offset
from kernel.ids import CityId, RiderId
from places.model import ZoneMap

STALE_AFTER: Final = timedelta(seconds=60)
AT_ONCE: Final = 50
NAMES: Final = (
    "Ana",
    "Beto",
    "Carla",
    "Davi",
    "Eva",
    "Fábio",
    "Gil",
    "Hugo",
    "Iara",
    "João",
    "Kátia",
    "Luís",
    "Nara",
    "Otto",
)
FAMILIES: Final = (
    "Alves",
    "Barros",
    "Costa",
    "Dias",
    "Farias",
    "Gomes",
    "Lima",
    "Moura",
    "Nunes",
    "Prado",
    "Rocha",
    "Souza",
)
_RIDERS: Final = """
WITH entered AS (
    INSERT INTO riders (id, city_id, name, phone, vehicle, capacity, created_at)
    SELECT id, $1, name, phone, 'motorcycle', 2, $5
    FROM unnest($2::text[], $3::text[], $4::text[]) AS new (id, name, phone)
    RETURNING id
)
INSERT INTO shifts (id, rider_id, city_id, status, vehicle, capacity, started_at)
SELECT 'shf_' || substr(id, 5), id, $1, 'on', 'motorcycle', 2, $5 FROM entered"""  # fmt: skip
_phones: Final = count(1)


class Crowd:
    """Those riders: `where` they are, in the order of their ids."""

    def __init__(self, town: Town, city: City, redis: Redis) -> None:
        self.town, self.city, self.redis = town, city, redis
        self.where: dict[RiderId, Point] = {}
        self.chance = random.Random(7)
        self._receiver = Receiver(
            redis, zones=NoZones(), availability_of=self._availability_of, trails=NoTrails(), positions_per_s=100_000
        )

    async def enter(self, number: int, *, within_m: float = 4_000, centre: Point = SE) -> None:
        """Let so many more be on shift, spread around a place; Redis has seen none of them."""
        new = [ids.new(RiderId, "rdr") for _ in range(number)]
        names = [f"{NAMES[n % len(NAMES)]} {FAMILIES[n // len(NAMES) % len(FAMILIES)]} {n + 1}" for n in range(number)]
        phones = [f"+55117{next(_phones):08}" for _ in new]
        connection = await asyncpg.connect(self.town.house._environment["DATABASE_URL"])
        try:
            await connection.execute(_RIDERS, self.city.id, new, names, phones, datetime.now(tz=UTC))
        finally:
            await connection.close()
        for rider_id in new:
            east_m, north_m = (self.chance.gauss(0, within_m / 2.5) for _ in range(2))
            self.where[rider_id] = offset(centre, east_m=east_m, north_m=north_m)

    async def are_seen(self, *rider_ids: RiderId, seconds_ago: float = 0) -> None:
        """Let these, or all, tell where they are, as phones do that many seconds ago."""
        riders = list(rider_ids or self.where)
        for start in range(0, len(riders), AT_ONCE):
            await asyncio.gather(*(self._tell(one, seconds_ago) for one in riders[start : start + AT_ONCE]))

    async def move(self, rider_ids: list[RiderId]) -> None:
        """Let these be a little further, for whoever watches; nothing is kept of it."""
        now = datetime.now(tz=UTC)
        told = []
        for rider_id in rider_ids:
            east_m, north_m = (self.chance.gauss(0, 40) for _ in range(2))
            place = self.where[rider_id] = offset(self.where[rider_id], east_m=east_m, north_m=north_m)
            position = position_of(_ping(place, now), skew_ms=0, received_at_ms=to_ms(now))
            seen = RiderPosition(position, to_ms(now + STALE_AFTER))
            told.append(LivePosition(rider_id=rider_id, at_ms=to_ms(now), payload=seen))
        await publish_positions(self.redis, told)

    async def phone_says(self, rider_id: RiderId, **state: Any) -> None:
        """Let a rider's phone tell something of itself, and wait until it is learnt."""
        said = PhoneState(at_ms=to_ms(datetime.now(tz=UTC)), **state)
        await PhoneNotes(self.redis).note(rider_id, said)
        while await self.redis.sismember("phones:heard", rider_id):  # noqa: ASYNC110  another process learns it
            await asyncio.sleep(0.05)

    async def walk(self, rider_id: RiderId, way: list[tuple[float, Point]], *, told_late: Any = ()) -> None:
        """Let one have been at these places so many seconds ago; what is `told_late` came just now."""
        now = datetime.now(tz=UTC)
        for seconds_ago, place in way:
            at = now - timedelta(seconds=seconds_ago)
            heard = now if seconds_ago in told_late else at
            await self._receiver.ingest(rider_id, [_ping(place, at)], now=heard)
            self.where[rider_id] = place

    async def _tell(self, rider_id: RiderId, seconds_ago: float) -> None:
        at = datetime.now(tz=UTC) - timedelta(seconds=seconds_ago)
        await self._receiver.ingest(rider_id, [_ping(self.where[rider_id], at)], now=at)

    async def _availability_of(self, rider_id: RiderId) -> Standing:
        return Standing(version=1, is_available=False, vehicle=Vehicle.MOTORCYCLE, city_id=CityId(self.city.id))


class NoTrails:
    """Nobody rode before."""

    async def find_last(self, rider_id: RiderId, *, now: datetime) -> Position | None:
        return None

    async def known(self, rider_id: RiderId, device_at_ms: Sequence[int]) -> Collection[int]:
        return ()


class NoZones:
    """All of them ride in one zone."""

    async def map(self) -> ZoneMap:
        return ZoneMap([])


def _ping(place: Point, at: datetime) -> Ping:
    return Ping(device_at_ms=round(at.timestamp() * 1000), lat=place.lat, lon=place.lon, accuracy_m=6)


@asynccontextmanager
async def a_crowd(town: Town, name: str) -> AsyncIterator[Crowd]:
    """Found a city that nobody rides in yet."""
    redis = Redis.from_url(town.house._environment["REDIS_URL"])
    try:
        yield Crowd(town, City(town, name), redis)
    finally:
        await redis.aclose()

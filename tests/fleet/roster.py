"""PostgreSQL's word on availability, held by hand; and a receiver that asks it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from redis.asyncio import Redis
from tests.fleet.pings import ANA, CENTRE, CITY, EAST, NOON, WEST, TwoZones, a_standing

from fleet.commands.positions import Receiver
from fleet.commands.shifts import register_rider
from fleet.model.positions import Position, Standing
from fleet.model.riders import Vehicle
from fleet.store.tails import read_tail
from infra.db import Database
from kernel.events import Act, Cause
from kernel.ids import RiderId, ZoneId
from places.commands import found_city


class Roster:
    def __init__(self, standings: dict[RiderId, Standing] | None = None) -> None:
        self.standings = {ANA: a_standing()} if standings is None else standings
        self.asked = 0

    async def availability_of(self, rider_id: RiderId) -> Standing | None:
        self.asked += 1
        return self.standings.get(rider_id)


class Shelf:
    """PostgreSQL's trails, held by hand: empty unless a test puts something there."""

    def __init__(self, *positions: Position) -> None:
        self.positions = positions

    async def find_last(self, rider_id: RiderId, *, now: datetime) -> Position | None:
        return self.positions[-1] if self.positions else None

    async def known(self, rider_id: RiderId, device_at_ms: Sequence[int]) -> Collection[int]:
        return {one.device_at_ms for one in self.positions} & set(device_at_ms)


def a_receiver(redis: Redis, roster: Roster | None = None, shelf: Shelf | None = None) -> Receiver:
    """One process' receiver: two of them share nothing but Redis."""
    availability_of = (roster or Roster()).availability_of
    return Receiver(redis, zones=TwoZones(), availability_of=availability_of, trails=shelf or Shelf())


async def trail_of(redis: Redis, rider_id: RiderId = ANA) -> list[Position]:
    """Return what Redis holds of a rider's trail in either zone, by device time."""
    found = [await read_tail(redis, zone_id, rider_id) for zone_id in (WEST, EAST, ZoneId(CITY))]
    return sorted((one for tail in found for upload in tail for one in upload), key=lambda one: one.device_at_ms)


async def a_registered_rider(database: Database) -> RiderId:
    """Ana with a bicycle, at home."""
    act = Act.by_system(NOON, Cause.BY_HAND)
    async with database.begin() as tx:
        city = await found_city(
            tx, name="São Paulo", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=CENTRE, now=NOON
        )
        return await register_rider(
            tx, city_id=city.id, name="Ana", phone="+5511987654321", vehicle=Vehicle.BICYCLE, capacity=2, act=act
        )

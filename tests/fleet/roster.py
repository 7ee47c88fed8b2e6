"""PostgreSQL's word on availability, held by hand; and a receiver that asks it."""

from redis.asyncio import Redis
from tests.fleet.pings import ANA, CENTRE, NOON, TwoZones, a_standing

from fleet.commands.positions import Receiver
from fleet.commands.shifts import register_rider
from fleet.model.positions import Standing
from fleet.model.riders import Vehicle
from infra.db import Database
from kernel.events import Act, Cause
from kernel.ids import RiderId
from places.commands import found_city


class Roster:
    def __init__(self, standings: dict[RiderId, Standing] | None = None) -> None:
        self.standings = {ANA: a_standing()} if standings is None else standings
        self.asked = 0

    async def availability_of(self, rider_id: RiderId) -> Standing | None:
        self.asked += 1
        return self.standings.get(rider_id)


def a_receiver(redis: Redis, roster: Roster | None = None) -> Receiver:
    """One process' receiver: two of them share nothing but Redis."""
    return Receiver(redis, zones=TwoZones(), availability_of=(roster or Roster()).availability_of)


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

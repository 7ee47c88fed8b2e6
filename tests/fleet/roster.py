"""PostgreSQL's word on availability, held by hand; and a receiver that asks it."""

from redis.asyncio import Redis
from tests.fleet.pings import ANA, TwoZones, a_standing

from fleet.commands.positions import Receiver
from fleet.model.positions import Standing
from kernel.ids import RiderId


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

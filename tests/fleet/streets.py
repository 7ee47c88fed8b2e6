from tests.fleet.town import SQUARE, Town

from fleet.commands.dispatching import Dispatcher
from kernel.geo import offset


class Streets:
    """Where riders are, as their phones would say."""

    def __init__(self, town: Town) -> None:
        self.town, self.places = town, {}
        self.dispatcher = Dispatcher(self.where_are)

    def put(self, rider_id, *, east_m: float) -> None:
        self.places[rider_id] = offset(SQUARE, east_m=east_m, north_m=0)

    async def where_are(self, rider_ids, now):
        return {rider_id: self.places[rider_id] for rider_id in rider_ids if rider_id in self.places}

    async def round(self) -> str | None:
        """Run the round that is due, as the timekeeper would."""
        async with self.town.database.begin() as tx:
            await tx.execute("UPDATE timers SET status = 'fired' WHERE kind = 'dispatch.round'")
        return await self.dispatcher.run_round(self.town.database.begin, self.town.city_id, act=self.town.by_system())

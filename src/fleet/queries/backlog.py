"""How much of riders' trails Redis alone has."""

from redis.asyncio import Redis

from fleet.model.positions import ZoneMap
from fleet.policy.positions import all_zones
from fleet.store.tails import count_backlog


async def largest_backlog(redis: Redis, zones: ZoneMap) -> int:
    """Return how many positions PostgreSQL lacks of the zone of which it lacks most."""
    return max(await count_backlog(redis, all_zones(zones)), default=0)

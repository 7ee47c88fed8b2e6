"""What a single server and a cluster are asked for in different ways."""

from typing import Any

from redis.asyncio import Redis, RedisCluster

from infra.redis import ClusterRedis


def everywhere(redis: Redis) -> dict[str, Any]:
    """Return the option that sends a command without a key to all servers there are."""
    return {"target_nodes": RedisCluster.PRIMARIES} if isinstance(redis, ClusterRedis) else {}


async def all_keys(redis: Redis, pattern: str = "*") -> list[str]:
    """Return the keys of all servers."""
    return sorted(key.decode() for key in await redis.keys(pattern, **everywhere(redis)))


async def calls_of(redis: Redis, command: str) -> int:
    """Return how often the servers were told this command, also by scripts."""
    told = await redis.info("commandstats", **everywhere(redis))
    stats = told.values() if isinstance(redis, ClusterRedis) else [told]
    return sum(one.get(f"cmdstat_{command}", {"calls": 0})["calls"] for one in stats)

"""The relay's way to the hubs: one pipeline per batch. A lost announcement costs seconds, a raised error more."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from prometheus_client import Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra.live.channels import encode_numbered, feed_channel
from infra.outbox import Recorded

log: Final = structlog.get_logger()
PATIENCE_S: Final = 2.0  # the relay waits no longer for Redis: feeds find what they missed within seconds
REST_S: Final = 2.0  # after a failure; facts go on being relayed

LOST: Final = Counter("recado_live_announcements_lost", "Facts that hubs had to find by reconciling with the tables.")


class RedisAnnouncer:
    """Publishes numbered facts, each in its feed's channel. Never raises: feeds reconcile with the tables."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._resting_until = 0.0

    async def announce(self, numbered: Sequence[tuple[str, int, Recorded]]) -> None:
        """Tell (feed id, number in that feed, fact), in order."""
        loop = asyncio.get_running_loop()
        if not numbered:
            return
        if loop.time() < self._resting_until:
            LOST.inc(len(numbered))
            return
        try:
            async with asyncio.timeout(PATIENCE_S), self._redis.pipeline(transaction=False) as pipeline:
                for feed_id, seq, fact in numbered:
                    pipeline.publish(feed_channel(feed_id), encode_numbered(seq, fact))
                await pipeline.execute()
        except (RedisError, OSError) as error:
            self._resting_until = loop.time() + REST_S
            LOST.inc(len(numbered))
            log.warning("live.announcements_lost", count=len(numbered), error=repr(error))

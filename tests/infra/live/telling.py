"""Live positions told by hand, as the script that writes pings does: latest wins, unnumbered, lost without harm."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from infra.live.channels import encode_place, position_channel

log: Final = structlog.get_logger()


class LivePosition(msgspec.Struct, frozen=True, kw_only=True):
    """One accepted position of a rider, by the device's clock; `payload` is what the watchers' views are given."""

    rider_id: str
    at_ms: int
    payload: msgspec.Struct | Mapping[str, object]


async def publish_positions(redis: "Redis", positions: Sequence[LivePosition]) -> None:
    """Tell whoever watches these riders, in one round trip. Never raises: the next position tells it anyway."""
    try:
        async with redis.pipeline(transaction=False) as pipeline:
            for position in positions:
                message = encode_place(position.at_ms, position.payload)
                pipeline.publish(position_channel(position.rider_id), message)
            await pipeline.execute()
    except (RedisError, OSError) as error:
        log.warning("live.positions_lost", count=len(positions), error=repr(error))


async def publish_position(
    redis: "Redis", rider_id: str, payload: msgspec.Struct | Mapping[str, object], *, at_ms: int
) -> None:
    """Tell whoever watches this rider where they were at `at_ms` by the device's clock."""
    await publish_positions(redis, [LivePosition(rider_id=rider_id, at_ms=at_ms, payload=payload)])

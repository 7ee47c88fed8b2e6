"""Whether Redis lost what it had of a zone: it has no mark then, or that of a rebuild under way."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from fleet.model.positions import to_ms
from fleet.store import position_keys as keys
from fleet.store.scripts import Script, text
from kernel.ids import ZoneId

WHOLE: Final = "whole"

_close = Script("close_rebuild")


async def list_lost(redis: Redis, zone_ids: Sequence[ZoneId]) -> list[ZoneId]:
    """Return the zones that Redis lost, or that are being rebuilt."""
    return [zone_id for zone_id, mark in (await _marks(redis, zone_ids)).items() if mark != WHOLE]


async def begin(redis: Redis, zone_ids: Sequence[ZoneId], *, wall: datetime) -> Mapping[ZoneId, str]:
    """Mark zones as being rebuilt and return their marks, which are somebody else's where that one began before."""
    async with redis.pipeline(transaction=False) as pipe:
        for zone_id in zone_ids:
            pipe.set(keys.whole(zone_id), f"rebuilt since {to_ms(wall)}", nx=True)
        await pipe.execute()
    return await _marks(redis, zone_ids)


async def close(redis: Redis, zone_id: ZoneId, mark: str) -> None:
    """Mark a zone as whole, unless it was lost again since the rebuild of this mark began."""
    await _close(redis, [keys.whole(zone_id)], [mark, WHOLE])


async def _marks(redis: Redis, zone_ids: Sequence[ZoneId]) -> dict[ZoneId, str]:
    async with redis.pipeline(transaction=False) as pipe:
        for zone_id in zone_ids:
            pipe.get(keys.whole(zone_id))
        marks = await pipe.execute()
    return {zone_id: text(mark or "") for zone_id, mark in zip(zone_ids, marks, strict=True)}

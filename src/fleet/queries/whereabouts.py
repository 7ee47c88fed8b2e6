"""Where many riders are at once, for dispatch and for the desk's map."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fleet.messages import RiderPosition
from fleet.model.positions import PositionRules, to_ms
from fleet.policy.positions import stale_at_ms
from fleet.store import position_keys as keys
from fleet.store import positions as store
from fleet.store.scripts import text
from kernel.geo import Point
from kernel.ids import RiderId, ZoneId

log: Final = structlog.get_logger()


async def where_are(
    redis: Redis, rider_ids: Sequence[RiderId], *, now: datetime, rules: PositionRules | None = None
) -> Mapping[RiderId, Point | None]:
    """Return riders' places; None for those whose position went stale.

    Riders Redis knows nothing of are missing, and everybody is while it is away: dispatch goes on with doors.
    """
    held = await _held(redis, rider_ids)
    places: dict[RiderId, Point | None] = {}
    for rider_id, stood in (held or {}).items():
        last = stood.track.last
        is_live = stale_at_ms(stood.track, rules or PositionRules()) > to_ms(now)
        if last is not None:
            places[rider_id] = last.place if is_live else None
    return places


async def last_seen(redis: Redis, rider_ids: Sequence[RiderId]) -> Mapping[RiderId, RiderPosition] | None:
    """Return riders' last positions, stale ones too: each says from when on it is no longer live.

    Riders Redis knows nothing of are missing; None while it is away.
    """
    held = await _held(redis, rider_ids)
    if held is None:
        return None
    rules = PositionRules()
    seen: dict[RiderId, RiderPosition] = {}
    for rider_id, stood in held.items():
        last = stood.track.last
        if last is not None:
            seen[rider_id] = RiderPosition(last, stale_at_ms(stood.track, rules))
    return seen


async def _held(redis: Redis, rider_ids: Sequence[RiderId]) -> Mapping[RiderId, store.Held] | None:
    try:
        return await _read(redis, rider_ids)
    except (RedisError, OSError) as error:
        log.warning("whereabouts.redis_away", error=repr(error))
        return None


async def _read(redis: Redis, rider_ids: Sequence[RiderId]) -> dict[RiderId, store.Held]:
    async with redis.pipeline(transaction=False) as pipe:
        for rider_id in rider_ids:
            pipe.get(keys.zone_of(rider_id))
        pointers = await pipe.execute()
    in_zone: dict[ZoneId, list[RiderId]] = defaultdict(list)
    for rider_id, pointer in zip(rider_ids, pointers, strict=True):
        if pointer is not None:
            in_zone[ZoneId(text(pointer).partition(":")[2])].append(rider_id)
    async with redis.pipeline(transaction=False) as pipe:
        for zone_id, riders in in_zone.items():
            pipe.hmget(keys.last(zone_id), riders)
        records = await pipe.execute()
    held: dict[RiderId, store.Held] = {}
    for (zone_id, riders), found in zip(in_zone.items(), records, strict=True):
        for rider_id, record in zip(riders, found, strict=True):
            # A trace means that the rider is changing zones this very moment: not known until the next round.
            if record is not None and not text(record).startswith(">"):
                held[rider_id] = store.held(zone_id, text(record), "")
    return held

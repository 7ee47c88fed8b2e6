from datetime import datetime
from typing import Final

import msgspec
from redis.asyncio import Redis

from fleet.errors import RiderNotFound
from fleet.model.positions import Position, Source, from_ms, to_ms
from fleet.queries.standing import find_standing
from fleet.store import position_moves as moves
from fleet.store import positions as store
from infra.db import Begin
from kernel.ids import RiderId

PAGE: Final = 1000  # an hour and a half of a ping every five seconds


class TrailPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rider was by their phone's clock, and when we were told."""

    device_at: datetime
    received_at: datetime
    lat: float
    lon: float
    accuracy_m: float
    speed_mps: float | None
    bearing_deg: float | None
    battery: float | None
    is_mock: bool
    source: Source


class Trail(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a rider's way, oldest first; there is more from `next_since` on unless it is null."""

    rider_id: RiderId
    points: list[TrailPoint]
    next_since: datetime | None


async def get_trail(redis: Redis, begin: Begin, rider_id: RiderId, *, since: datetime, now: datetime) -> Trail:
    """Return a rider's way from an instant on; raises `RiderNotFound`."""
    held = await moves.find(redis, rider_id, now=now)
    if held is None:
        async with begin() as tx:
            if await find_standing(tx, rider_id) is None:
                raise RiderNotFound
        return Trail(rider_id=rider_id, points=[], next_since=None)
    positions = await store.read_trail(redis, held.zone_id, rider_id, since_ms=to_ms(since), limit=PAGE + 1)
    next_since = from_ms(positions[PAGE].device_at_ms) if len(positions) > PAGE else None
    return Trail(rider_id=rider_id, points=[_point(one) for one in positions[:PAGE]], next_since=next_since)


def _point(position: Position) -> TrailPoint:
    return TrailPoint(
        device_at=from_ms(position.device_at_ms),
        received_at=from_ms(position.received_at_ms),
        lat=position.lat,
        lon=position.lon,
        accuracy_m=position.accuracy_m,
        speed_mps=position.speed_mps,
        bearing_deg=position.bearing_deg,
        battery=position.battery,
        is_mock=position.is_mock,
        source=position.source,
    )

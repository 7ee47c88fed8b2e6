from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import msgspec
from redis.asyncio import Redis

from fleet.errors import RiderNotFound
from fleet.model.positions import Position, Source, from_ms, to_ms
from fleet.queries.standing import find_standing
from fleet.store import position_moves as moves
from fleet.store import tails, trails
from infra.db import Begin
from kernel.ids import RiderId

LOOKED_BACK: Final = timedelta(days=2)  # whoever was silent for longer starts anew
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


class StoredTrails:
    """What PostgreSQL has of riders' trails, for whoever judges new pings."""

    def __init__(self, read: Begin) -> None:
        self._read = read

    async def find_last(self, rider_id: RiderId, *, now: datetime) -> Position | None:
        """Return the newest position of the last days."""
        async with self._read() as tx:
            return (await trails.list_last_points(tx, [rider_id], since=now - LOOKED_BACK)).get(rider_id)

    async def known(self, rider_id: RiderId, device_at_ms: Sequence[int]) -> Collection[int]:
        """Return those of these device times of which the trail has a point."""
        async with self._read() as tx:
            return await trails.list_known_instants(tx, rider_id, device_at_ms)


async def get_trail(redis: Redis, begin: Begin, rider_id: RiderId, *, since: datetime, now: datetime) -> Trail:
    """Return a rider's way from an instant on, also what PostgreSQL does not have yet; raises `RiderNotFound`."""
    held = await moves.find(redis, rider_id, now=now)
    uploads = [] if held is None else await tails.read_tail(redis, held.zone_id, rider_id)
    async with begin() as tx:
        if held is None and await find_standing(tx, rider_id) is None:
            raise RiderNotFound
        stored = await trails.list_trail_points(tx, rider_id, since=since, limit=PAGE + 1)
    since_ms = to_ms(since)
    by_instant = {one.device_at_ms: one for one in [*chain(*uploads), *stored] if one.device_at_ms >= since_ms}
    found = [by_instant[device_at_ms] for device_at_ms in sorted(by_instant)][: PAGE + 1]
    next_since = from_ms(found[PAGE].device_at_ms) if len(found) > PAGE else None
    return Trail(rider_id=rider_id, points=[_point(one) for one in found[:PAGE]], next_since=next_since)


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

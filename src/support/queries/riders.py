"""A city's riders on the desk: who works, what they do and where they were; and who does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
from redis.asyncio import Redis

from fleet.messages import RiderPosition
from fleet.queries.truth import RiderTruth, find_truths
from fleet.queries.whereabouts import last_seen
from infra.db import Tx
from kernel.geo import Point
from kernel.ids import CityId, OfferId, OrderId, RiderId
from places import queries as places
from support import store
from support.policy.riders import RiderState, state_of, stops_left

_FIRST: Final = ""


class SeenAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rider was last; from `stale_at` on it is shown as old, never as live."""

    lat: float
    lon: float
    bearing_deg: float | None
    measured_at: datetime
    stale_at: datetime
    is_stale: bool


class WorkingRider(msgspec.Struct, frozen=True, kw_only=True):
    """A rider on shift. `started_from` is where the shift began: shown, as a guess, while there is no position.

    `is_suspected` is null while nobody judged their positions, `silence` while the cause of it is not known.
    """

    rider_id: RiderId
    name: str
    vehicle: str
    capacity: int
    state: RiderState
    is_on_break: bool
    in_hand: int
    stops_left: int
    order_ids: list[OrderId]
    offer_id: OfferId | None
    position: SeenAt | None
    started_from: Point | None
    started_at: datetime
    planned_end_at: datetime | None
    misses_in_row: int
    is_suspected: bool | None = None
    silence: str | None = None


class Riders(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on shift, and the cursor of the next page. `are_positions_known` is false while Redis is away."""

    riders: list[WorkingRider]
    are_positions_known: bool
    next_cursor: str | None


class RiderOff(msgspec.Struct, frozen=True, kw_only=True):
    """A rider who is not on shift, and where they were last."""

    rider_id: RiderId
    name: str
    vehicle: str
    position: SeenAt | None


class RidersOff(msgspec.Struct, frozen=True, kw_only=True):
    """Who is not on shift, and the cursor of the next page. `are_positions_known` is false while Redis is away."""

    riders: list[RiderOff]
    are_positions_known: bool
    next_cursor: str | None


async def list_riders(
    tx: Tx, redis: Redis, city_id: CityId, *, rider_ids: Sequence[str] | None, cursor: str | None, limit: int,
    now: datetime,
) -> Riders:  # fmt: skip
    """Return who is on shift in a city, by id, with their last position; or those of them that are named."""
    await places.get_city(tx, city_id)
    rows = await store.list_working_riders(tx, city_id, rider_ids, after=cursor or _FIRST, limit=limit + 1)
    page: list[RiderId] = [row["rider_id"] for row in rows[:limit]]
    seen = await last_seen(redis, page)
    truths = await find_truths(tx, page, now=now)
    return Riders(
        riders=[
            _rider(row, (seen or {}).get(rider_id), truths.get(rider_id), now=now)
            for rider_id, row in zip(page, rows, strict=False)
        ],
        are_positions_known=seen is not None,
        next_cursor=page[-1] if len(rows) > limit else None,
    )


async def list_riders_off(
    tx: Tx, redis: Redis, city_id: CityId, *, cursor: str | None, limit: int, now: datetime
) -> RidersOff:
    """Return who is not on shift in a city, by id, with their last position."""
    await places.get_city(tx, city_id)
    rows = await store.list_riders_off(tx, city_id, after=cursor or _FIRST, limit=limit + 1)
    page: list[RiderId] = [row["rider_id"] for row in rows[:limit]]
    seen = await last_seen(redis, page)
    known = {rider_id: _seen_at(position, now=now) for rider_id, position in (seen or {}).items()}
    return RidersOff(
        riders=[RiderOff(**row, position=known.get(row["rider_id"])) for row in rows[:limit]],
        are_positions_known=seen is not None,
        next_cursor=page[-1] if len(rows) > limit else None,
    )


def _rider(row: asyncpg.Record, seen: RiderPosition | None, truth: RiderTruth | None, *, now: datetime) -> WorkingRider:
    in_hand, has_start = row["statuses"], row["started_lat"] is not None
    return WorkingRider(
        rider_id=row["rider_id"],
        name=row["name"],
        vehicle=row["vehicle"],
        capacity=row["capacity"],
        state=state_of(row["shift_status"], in_hand=in_hand, is_asked=row["offer_id"] is not None),
        is_on_break=row["shift_status"] == "break",
        in_hand=len(in_hand),
        stops_left=stops_left(in_hand, pickups=row["pickups"]),
        order_ids=row["order_ids"],
        offer_id=row["offer_id"],
        position=None if seen is None else _seen_at(seen, now=now),
        started_from=Point(lat=row["started_lat"], lon=row["started_lon"]) if has_start else None,
        started_at=row["started_at"],
        planned_end_at=row["planned_end_at"],
        misses_in_row=row["misses_in_row"],
        is_suspected=None if truth is None else truth.is_suspected,
        silence=None if truth is None or truth.silence is None else truth.silence.cause,
    )


def _seen_at(seen: RiderPosition, *, now: datetime) -> SeenAt:
    return SeenAt(
        lat=seen.lat,
        lon=seen.lon,
        bearing_deg=seen.bearing_deg,
        measured_at=seen.measured_at,
        stale_at=seen.stale_at,
        is_stale=now >= seen.stale_at,
    )

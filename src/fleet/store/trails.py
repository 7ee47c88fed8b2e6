"""Riders' trails in PostgreSQL, by the day of the phone's clock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import asyncpg

from fleet.model.phones import Activity
from fleet.model.positions import Position, Source, from_ms, to_ms
from infra.db import Tx
from infra.sql import load
from kernel.ids import RiderId, ZoneId

COLUMNS: Final = (
    "rider_id", "device_at", "lat", "lon", "accuracy_m", "speed_mps", "bearing_deg", "battery", "is_mock", "source",
    "skew_ms", "received_at", "activity",
)  # fmt: skip

_sql: Final = load("fleet")


async def try_lock_tails(tx: Tx, zone_id: ZoneId) -> bool:
    """Tell whether this transaction may write the zone's tails."""
    return bool(await tx.fetchval(_sql.try_lock_tails, zone_id))


async def ensure_trail_day(tx: Tx, day: date) -> None:
    """Have a partition for this day."""
    await tx.execute(_sql.ensure_trail_day, day)


async def drop_trail_days(tx: Tx, *, before: date) -> int:
    """Drop all days before this one; returns how many there were."""
    return int(await tx.fetchval(_sql.drop_trail_days, before))


async def copy_trail_points(tx: Tx, points: Iterable[tuple[RiderId, Position]]) -> None:
    """Add points none of which may be there; raises asyncpg's `UniqueViolationError`."""
    await tx.copy_records_to_table("trail_points", records=[_record(*one) for one in points], columns=COLUMNS)


async def insert_trail_points(tx: Tx, points: Iterable[tuple[RiderId, Position]]) -> None:
    """Add those points that are not there yet."""
    columns = list(zip(*(_record(*one) for one in points), strict=True))
    await tx.execute(_sql.insert_trail_points, *columns)


async def list_trail_points(tx: Tx, rider_id: RiderId, *, since: datetime, limit: int) -> list[Position]:
    """Return a rider's way from a device time on, oldest first."""
    return [_position(row) for row in await tx.fetch(_sql.list_trail_points, rider_id, since, limit)]


async def list_known_instants(tx: Tx, rider_id: RiderId, device_at_ms: Sequence[int]) -> set[int]:
    """Return those of these device times of which the rider's trail has a point."""
    rows = await tx.fetch(_sql.list_known_instants, rider_id, [from_ms(one) for one in device_at_ms])
    return {to_ms(row["device_at"]) for row in rows}


async def list_last_points(tx: Tx, rider_ids: Sequence[RiderId], *, since: datetime) -> Mapping[RiderId, Position]:
    """Return the newest point of each rider that is not older than `since`."""
    rows = await tx.fetch(_sql.list_last_points, rider_ids, since)
    return {RiderId(row["rider_id"]): _position(row) for row in rows}


async def list_working_riders(tx: Tx, *, after: str, limit: int) -> list[RiderId]:
    """Return riders on a shift, by id, from behind `after` on."""
    return [RiderId(row["rider_id"]) for row in await tx.fetch(_sql.list_working_riders, after, limit)]


def day_of(position: Position) -> date:
    """Return the day in whose partition a position is."""
    return from_ms(position.device_at_ms).astimezone(UTC).date()


def _record(rider_id: RiderId, one: Position) -> tuple[Any, ...]:
    return (
        rider_id, from_ms(one.device_at_ms), one.lat, one.lon, one.accuracy_m, one.speed_mps, one.bearing_deg,
        one.battery, one.is_mock, one.source, one.skew_ms, from_ms(one.received_at_ms), one.activity,
    )  # fmt: skip


def _position(row: asyncpg.Record) -> Position:
    return Position(
        to_ms(row["device_at"]), row["lat"], row["lon"], row["accuracy_m"], row["speed_mps"], row["bearing_deg"],
        row["battery"], row["is_mock"], Source(row["source"]), row["skew_ms"], to_ms(row["received_at"]),
        None if row["activity"] is None else Activity(row["activity"]),
    )  # fmt: skip

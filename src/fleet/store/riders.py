from collections.abc import Iterable
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from fleet.model.riders import RiderCard, Vehicle
from fleet.model.shifts import Particulars, Rider, Shift, ShiftStatus, SpanKind
from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import CityId, RiderId, ShiftId

_sql: Final = load("fleet")


async def insert_rider(tx: Tx, rider: Rider, *, name: str, phone: str, now: datetime) -> bool:
    """Write a rider; False when the city knows this phone number already."""
    written = await tx.fetchval(
        _sql.insert_rider, rider.id, rider.city_id, name, phone, rider.vehicle, rider.capacity, now
    )
    return written is not None


async def lock_particulars(tx: Tx, rider_id: RiderId) -> Particulars | None:
    """Lock a rider; returns who that is, or None."""
    row = await tx.fetchrow(_sql.lock_particulars, rider_id)
    return msgspec.convert(dict(row), Particulars) if row else None


async def update_rider(tx: Tx, rider_id: RiderId, rider: Particulars) -> bool:
    """Write who a locked rider is; False when the phone number is another rider's."""
    return (
        await tx.fetchval(_sql.update_rider, rider_id, rider.name, rider.phone, rider.vehicle, rider.capacity)
        is not None
    )


async def lock_rider(tx: Tx, rider_id: RiderId) -> Rider | None:
    """Lock a rider with the shift that is not ended; orders are locked before, riders in id order."""
    row = await tx.fetchrow(_sql.lock_rider, rider_id)
    return _rider(row) if row else None


async def find_rider_card(tx: Tx, rider_id: RiderId) -> RiderCard | None:
    """Return a rider's first name and what they ride on this shift."""
    row = await tx.fetchrow(_sql.find_rider_card, rider_id)
    return msgspec.convert(dict(row), RiderCard) if row else None


async def bump_standing(tx: Tx, rider_id: RiderId) -> None:
    """Say that the rider's availability may have changed."""
    await tx.execute(_sql.bump_standing, rider_id)


async def insert_shift(tx: Tx, rider: Rider, shift: Shift) -> None:
    """Write a shift that begins."""
    place = shift.started_from
    await tx.execute(
        _sql.insert_shift, shift.id, rider.id, rider.city_id, shift.vehicle, shift.capacity, shift.started_at,
        shift.planned_end_at, place.lat if place else None, place.lon if place else None,
    )  # fmt: skip


async def move_shift(tx: Tx, shift: Shift, to: ShiftStatus, *, at: datetime) -> bool:
    """Compare and set the shift's status."""
    return await tx.fetchval(_sql.move_shift, shift.id, shift.status, to, at) is not None


async def set_misses(tx: Tx, shift_id: ShiftId, misses_in_row: int) -> None:
    """Write how many offers in a row stayed unanswered."""
    await tx.execute(_sql.set_misses, shift_id, misses_in_row)


async def open_span(tx: Tx, shift_id: ShiftId, kind: SpanKind, *, at: datetime) -> None:
    """Begin a span, unless one of the kind runs."""
    await tx.execute(_sql.open_span, shift_id, kind, at)


async def close_spans(tx: Tx, shift_id: ShiftId, kinds: Iterable[SpanKind], *, at: datetime) -> None:
    """End the running spans of these kinds."""
    await tx.execute(_sql.close_spans, shift_id, list(kinds), at)


async def sum_spans(tx: Tx, shift_id: ShiftId, *, now: datetime) -> dict[SpanKind, int]:
    """Return the seconds of each kind; running spans count until now."""
    sums = {SpanKind(row["kind"]): int(row["total_s"]) for row in await tx.fetch(_sql.sum_spans, shift_id, now)}
    return {kind: sums.get(kind, 0) for kind in SpanKind}


def _rider(row: asyncpg.Record) -> Rider:
    return Rider(
        id=RiderId(row["id"]),
        city_id=CityId(row["city_id"]),
        vehicle=Vehicle(row["vehicle"]),
        capacity=row["capacity"],
        standing_version=row["standing_version"],
        shift=_shift(row) if row["shift_id"] else None,
    )


def _shift(row: asyncpg.Record) -> Shift:
    has_place = row["started_lat"] is not None
    return Shift(
        id=ShiftId(row["shift_id"]),
        status=ShiftStatus(row["status"]),
        vehicle=Vehicle(row["shift_vehicle"]),
        capacity=row["shift_capacity"],
        started_at=row["started_at"],
        planned_end_at=row["planned_end_at"],
        misses_in_row=row["misses_in_row"],
        started_from=Point(lat=row["started_lat"], lon=row["started_lon"]) if has_place else None,
    )

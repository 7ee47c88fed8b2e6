from datetime import datetime
from typing import Final, Literal

import msgspec

from fleet.errors import RiderNotFound
from fleet.model.riders import Vehicle
from fleet.model.shifts import SpanKind
from fleet.store import riders as store
from infra.db import Tx
from infra.sql import load
from kernel.ids import CityId, RiderId, ShiftId
from places import queries as places

_sql: Final = load("fleet")
ShiftState = Literal["off", "on", "break"]


class ShiftView(msgspec.Struct, frozen=True, kw_only=True):
    """How the rider stands today; the ledgers count until now.

    `pay_minor` is what the offers taken on this shift pay as agreed, `cash_minor` what was due at its doors.
    """

    rider_id: RiderId
    city_id: CityId
    status: ShiftState
    vehicle: Vehicle
    capacity: int
    shift_id: ShiftId | None
    started_at: datetime | None
    planned_end_at: datetime | None
    misses_in_row: int
    connected_s: int = 0
    break_s: int = 0
    engaged_s: int = 0
    delivered_count: int = 0
    pay_minor: int = 0
    cash_minor: int = 0
    currency: str


class RiderView(msgspec.Struct, frozen=True, kw_only=True):
    """A rider as the desk sees them."""

    id: RiderId
    city_id: CityId
    name: str
    phone: str
    vehicle: Vehicle
    capacity: int
    shift: ShiftState
    in_hand: int


class RiderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Riders of a city, and the cursor of the next page."""

    riders: list[RiderView]
    next_cursor: str | None


async def get_shift(tx: Tx, rider_id: RiderId, *, now: datetime) -> ShiftView:
    """Return how a rider stands; raises `RiderNotFound`."""
    row = await tx.fetchrow(_sql.view_shift, rider_id)
    if row is None:
        raise RiderNotFound
    city = await places.get_city(tx, row["city_id"])
    view = msgspec.convert(dict(row) | {"currency": city.currency}, ShiftView)
    if view.shift_id is None:
        return view
    seconds = await store.sum_spans(tx, view.shift_id, now=now)
    totals = await tx.fetchrow(_sql.sum_shift, rider_id, view.started_at)
    return msgspec.structs.replace(
        view,
        **dict(totals or {}),
        connected_s=seconds[SpanKind.CONNECTED],
        break_s=seconds[SpanKind.BREAK],
        engaged_s=seconds[SpanKind.ENGAGED],
    )


async def list_riders(tx: Tx, city_id: CityId, *, after: str | None, limit: int) -> RiderPage:
    """Return a city's riders, oldest first."""
    rows = await tx.fetch(_sql.list_riders, city_id, after or "", limit + 1)
    riders = [msgspec.convert(dict(row), RiderView) for row in rows[:limit]]
    return RiderPage(riders=riders, next_cursor=riders[-1].id if len(rows) > limit else None)

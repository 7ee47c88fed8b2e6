from datetime import datetime
from enum import StrEnum

import msgspec

from fleet.model.riders import Vehicle
from kernel.geo import Point
from kernel.ids import CityId, RiderId, ShiftId


class ShiftStatus(StrEnum):
    """Whether the rider works, rests or went home."""

    ON = "on"
    BREAK = "break"
    ENDED = "ended"


class SpanKind(StrEnum):
    """The ledgers of a shift's time: connected from start to end, break and engaged within it."""

    CONNECTED = "connected"
    BREAK = "break"
    ENGAGED = "engaged"  # from taking a delivery until the last one in hand ends


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of work. `misses_in_row` counts offers that expired unanswered since the last answer."""

    id: ShiftId
    status: ShiftStatus
    vehicle: Vehicle
    capacity: int
    started_at: datetime
    planned_end_at: datetime | None
    misses_in_row: int
    started_from: Point | None


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """Who a rider is, as the desk entered it."""

    city_id: CityId
    name: str
    phone: str
    vehicle: Vehicle
    capacity: int


class Rider(msgspec.Struct, frozen=True, kw_only=True):
    """The locked head of a rider: what decisions need, no personal data. `shift` is the one not ended, if any."""

    id: RiderId
    city_id: CityId
    vehicle: Vehicle
    capacity: int
    standing_version: int
    shift: Shift | None

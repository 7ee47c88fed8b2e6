"""What was promised, how the estimate changed, where the rider is: our public contract. Additive changes only."""

from datetime import datetime

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, OrderId, StoreId
from orders.messages import OrderEvent


class NewPromise(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when an order is placed and its customer must be told a time."""

    order_id: OrderId
    city_id: CityId
    store_id: StoreId
    store: Point
    dropoff: Point
    prep_minutes: int


class PositionView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the rider is; from `stale_at` on it must be shown as old. A coarse one is an area, `within_m` around it."""

    lat: float
    lon: float
    bearing_deg: float | None
    measured_at: datetime
    stale_at: datetime
    is_coarse: bool = False
    within_m: int | None = None


class PromiseMade(OrderEvent, frozen=True, kw_only=True, tag="promise.made"):
    """The customer was told a window and a first estimate."""

    promised_from: datetime
    promised_by: datetime
    eta_at: datetime
    low_at: datetime
    high_at: datetime
    rule_version: int


class EtaRevised(OrderEvent, frozen=True, kw_only=True, tag="eta.revised"):
    """The estimate moved by more than a minute, for this cause."""

    revision_no: int
    was_at: datetime
    eta_at: datetime
    low_at: datetime
    high_at: datetime
    cause: str
    breaks_promise: bool


class PromiseBreached(OrderEvent, frozen=True, kw_only=True, tag="promise.breached"):
    """It will be (`is_expected`) or it was at the door later than promised; each is told at most once."""

    promised_by: datetime
    at: datetime
    late_by_s: int
    is_expected: bool
    cause: str

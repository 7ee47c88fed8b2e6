from collections.abc import Iterable
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from fleet.messages import NewDelivery
from fleet.model.deliveries import Delivery, DeliveryStatus, StopAhead
from fleet.state.deliveries import TERMINAL
from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import DeliveryId, OrderId, RiderId

_sql: Final = load("fleet")


async def insert_delivery(tx: Tx, delivery_id: DeliveryId, new: NewDelivery, *, now: datetime) -> None:
    """Write a delivery nobody is looked for yet."""
    pickup, dropoff = new.pickup, new.dropoff
    await tx.execute(
        _sql.insert_delivery, delivery_id, new.order_id, new.city_id, new.zone_id, new.store_id,
        pickup.point.lat, pickup.point.lon, pickup.name, pickup.address, pickup.note,
        dropoff.point.lat, dropoff.point.lon, dropoff.name, dropoff.address, dropoff.note,
        new.item_count, new.collect_minor, new.currency, now, new.needs_code,
    )  # fmt: skip


async def find_order_of_delivery(tx: Tx, delivery_id: DeliveryId) -> OrderId | None:
    """Return the order whose row guards this delivery; it never changes."""
    found: OrderId | None = await tx.fetchval(_sql.find_order_of_delivery, delivery_id)
    return found


async def find_delivery_of_order(tx: Tx, order_id: OrderId) -> DeliveryId | None:
    """Return the order's delivery; it never changes."""
    found: DeliveryId | None = await tx.fetchval(_sql.find_delivery_of_order, order_id)
    return found


async def lock_deliveries(tx: Tx, delivery_ids: Iterable[DeliveryId]) -> dict[DeliveryId, Delivery]:
    """Lock the rows, after their orders'."""
    rows = await tx.fetch(_sql.lock_deliveries, sorted(set(delivery_ids)))
    return {row["id"]: _delivery(row) for row in rows}


async def list_offered_together(tx: Tx, delivery_ids: Iterable[DeliveryId]) -> set[OrderId]:
    """Return the orders of these deliveries and of all that is offered in one route with them."""
    return {row["order_id"] for row in await tx.fetch(_sql.list_offered_together, list(delivery_ids))}


async def list_open_deliveries_of_rider(tx: Tx, rider_id: RiderId) -> list[DeliveryId]:
    """Return what the rider has in hand."""
    return [row["id"] for row in await tx.fetch(_sql.list_open_deliveries_of_rider, rider_id)]


async def list_stops_ahead(tx: Tx, rider_id: RiderId) -> list[StopAhead]:
    """Return what the rider has in hand, in the order of the route."""
    return [msgspec.convert(dict(row), StopAhead) for row in await tx.fetch(_sql.list_stops_ahead, rider_id)]


async def set_next_stop(tx: Tx, delivery_id: DeliveryId, *, is_next: bool) -> None:
    """Write what the order is told: whether this drop-off is the rider's next."""
    await tx.execute(_sql.set_next_stop, delivery_id, is_next)


async def move_delivery(
    tx: Tx, delivery: Delivery, to: DeliveryStatus, *, at: datetime, reason: str | None = None, is_implied: bool = False
) -> bool:
    """Compare and set the status; False when it is not what `delivery` says any more."""
    moved = await tx.fetchval(
        _sql.move_delivery, delivery.id, delivery.status, to, at, to in TERMINAL, reason, is_implied
    )
    return moved is not None


async def assign_delivery(
    tx: Tx, delivery: Delivery, *, rider_id: RiderId, assignment_no: int, pickup_eta_at: datetime | None, at: datetime
) -> bool:
    """Compare and set: it is this rider's now."""
    moved = await tx.fetchval(
        _sql.assign_delivery, delivery.id, delivery.status, rider_id, assignment_no, pickup_eta_at, at
    )
    return moved is not None


async def unassign_delivery(tx: Tx, delivery: Delivery) -> bool:
    """Compare and set: it is nobody's again, and nothing of the way to the store counts any more."""
    return await tx.fetchval(_sql.unassign_delivery, delivery.id, delivery.status) is not None


async def time_step(tx: Tx, delivery_id: DeliveryId, step: DeliveryStatus, *, at: datetime) -> None:
    """Write when an implied step really happened."""
    await tx.execute(_sql.time_step, delivery_id, step, at)


async def count_code_try(tx: Tx, delivery_id: DeliveryId) -> None:
    """Count a wrong drop-off code."""
    await tx.execute(_sql.count_code_try, delivery_id)


async def want_delivery(tx: Tx, delivery_id: DeliveryId, *, ready_by: datetime, now: datetime) -> None:
    """Write when the food is promised, and that a rider is looked for from now on."""
    await tx.execute(_sql.want_delivery, delivery_id, now, ready_by)


async def set_delivery_ready(tx: Tx, delivery_id: DeliveryId, *, ready_at: datetime) -> None:
    """Write that the food waits."""
    await tx.execute(_sql.set_delivery_ready, delivery_id, ready_at)


async def widen_search(tx: Tx, delivery_ids: Iterable[DeliveryId]) -> None:
    """Begin the next round of the ladder for those still looking."""
    await tx.execute(_sql.widen_search, list(delivery_ids))


async def was_ever_theirs(tx: Tx, delivery_id: DeliveryId, rider_id: RiderId) -> bool:
    """Tell whether the delivery was this rider's at any time."""
    return bool(await tx.fetchval(_sql.was_ever_theirs, delivery_id, rider_id))


def _delivery(row: asyncpg.Record) -> Delivery:
    fields = dict(row)
    fields["pickup"] = Point(lat=fields.pop("pickup_lat"), lon=fields.pop("pickup_lon"))
    fields["dropoff"] = Point(lat=fields.pop("dropoff_lat"), lon=fields.pop("dropoff_lon"))
    return msgspec.convert(fields, Delivery)

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import DeliveryId, OrderId
from tracking.model import Estimate, Progress, Revision, RevisionCause, Told, Window

_sql: Final = load("tracking")
_PROGRESS: Final = frozenset(Progress.__struct_fields__)


async def insert_promise(
    tx: Tx, order_id: OrderId, window: Window, first: Estimate, *, rule_version: int, now: datetime
) -> None:
    """Write what the customer was promised, once and for ever."""
    await tx.execute(
        _sql.insert_promise, order_id, window.promised_from, window.promised_by, first.eta_at, rule_version, now
    )


async def settle_promise(
    tx: Tx, order_id: OrderId, outcome: Literal["kept", "broken", "moot"], *, at: datetime
) -> None:
    """Write how the promise came out, once."""
    await tx.execute(_sql.settle_promise, order_id, outcome, at)


async def insert_eta(tx: Tx, progress: Progress, first: Estimate) -> None:
    """Write the first estimate."""
    await tx.execute(
        _sql.insert_eta, progress.order_id, progress.store.lat, progress.store.lon, progress.dropoff.lat,
        progress.dropoff.lon, progress.placed_at, progress.prep_s, progress.vehicle, progress.travel_s, first.eta_at,
        first.low_at, first.high_at,
    )  # fmt: skip


async def lock_eta(tx: Tx, order_id: OrderId) -> tuple[Progress, Told] | None:
    """Return progress and what the customer knows; None where nothing was promised or it is over."""
    row = await tx.fetchrow(_sql.lock_eta, order_id)
    return (_progress(row), _told(row)) if row else None


async def save_progress(tx: Tx, progress: Progress) -> None:
    """Write how far the order is."""
    await tx.execute(
        _sql.save_progress, progress.order_id, progress.vehicle, progress.travel_s, list(progress.before),
        progress.accepted_at, progress.ready_by, progress.ready_at, progress.assigned_at, progress.pickup_eta_at,
        progress.arrived_at_pickup_at, progress.picked_up_at, progress.arrived_at_dropoff_at, progress.was_reassigned,
    )  # fmt: skip


async def insert_revision(tx: Tx, order_id: OrderId, revision: Revision, found: Estimate, *, rule_version: int) -> None:
    """Write one line of the ledger of estimates, and what the customer knows from now on."""
    await tx.execute(
        _sql.save_estimate, order_id, found.eta_at, found.low_at, found.high_at, revision.revision_no,
        revision.breaks_promise,
    )  # fmt: skip
    await tx.execute(
        _sql.insert_revision, order_id, revision.revision_no, revision.was_at, revision.eta_at, revision.cause,
        revision.breaks_promise, rule_version, revision.revised_at,
    )  # fmt: skip


async def find_last_cause(tx: Tx, order_id: OrderId) -> RevisionCause | None:
    """Return why the estimate was revised last, or None where it never was."""
    cause = await tx.fetchval(_sql.find_last_cause, order_id)
    return RevisionCause(cause) if cause else None


async def name_delivery(tx: Tx, order_id: OrderId, delivery_id: DeliveryId) -> None:
    """Write which delivery carries the order."""
    await tx.execute(_sql.name_delivery, order_id, delivery_id)


async def list_dropoffs(tx: Tx, delivery_ids: Sequence[DeliveryId]) -> dict[DeliveryId, Point]:
    """Return where these deliveries end; unknown ones are missing."""
    rows = await tx.fetch(_sql.list_dropoffs, list(delivery_ids))
    return {row["delivery_id"]: Point(lat=row["dropoff_lat"], lon=row["dropoff_lon"]) for row in rows}


async def end_eta(tx: Tx, order_id: OrderId) -> None:
    """Write that nothing is estimated any more."""
    await tx.execute(_sql.end_eta, order_id)


def _progress(row: asyncpg.Record) -> Progress:
    fields = {name: value for name, value in row.items() if name in _PROGRESS}
    fields["store"] = Point(lat=row["store_lat"], lon=row["store_lon"])
    fields["dropoff"] = Point(lat=row["dropoff_lat"], lon=row["dropoff_lon"])
    return msgspec.convert(fields, Progress)


def _told(row: asyncpg.Record) -> Told:
    return Told(
        window=Window(promised_from=row["promised_from"], promised_by=row["promised_by"]),
        eta_at=row["eta_at"],
        revision_no=row["revision_no"],
        is_breach_expected=row["is_breach_expected"],
    )

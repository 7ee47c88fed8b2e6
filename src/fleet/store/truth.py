"""What is known of riders' positions, for many riders in one statement each way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from fleet.model.phones import PhoneState
from fleet.model.positions import from_ms, to_ms
from fleet.model.riders import Vehicle
from fleet.model.truth import Fence, StopKind, Trust, Visit
from fleet.policy.truth import Known, TruthState
from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, RiderId

_sql: Final = load("fleet")
_json: Final = msgspec.json.Encoder()
_decode_state: Final = msgspec.json.Decoder(TruthState).decode
_decode_phone: Final = msgspec.json.Decoder(PhoneState).decode


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's locked truth, and what it is judged by."""

    rider_id: RiderId
    city_id: CityId
    vehicle: Vehicle
    known: Known


class Stops(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's stops, and which deliveries are still open."""

    fences: tuple[Fence, ...] = ()
    open_ids: frozenset[DeliveryId] = frozenset()


async def lock_truths(tx: Tx, rider_ids: Sequence[RiderId]) -> list[Held]:
    """Lock what is known of these riders, in id order; who is no rider is missing."""
    rows = await tx.fetch(_sql.lock_truths, rider_ids)
    if len(rows) < len(rider_ids):
        await tx.execute(_sql.begin_truths, rider_ids)
        rows = await tx.fetch(_sql.lock_truths, rider_ids)
    return [_held(row) for row in rows]


async def save_truths(tx: Tx, truths: Mapping[RiderId, Known], *, now: datetime) -> None:
    """Write what is known now of locked riders."""
    ids, known = list(truths), list(truths.values())
    readings = [one.reading for one in known]
    lasts = [one.state.last for one in known]
    await tx.execute(
        _sql.save_truths,
        ids,
        [one.suspicion_bp for one in known],
        [one.is_suspected for one in known],
        [_json.encode(one.evidence).decode() for one in known],
        [reading.motion if reading else None for reading in readings],
        [_json.encode(one.phone).decode() if one.phone else None for one in known],
        [_json.encode(one.state).decode() for one in known],
        [from_ms(last.measured_at_ms) if last else None for last in lasts],
        now,
    )


async def list_seen_before(tx: Tx, before: datetime, *, limit: int) -> list[RiderId]:
    """Return some of the riders of whom the last position known here is older."""
    return [RiderId(row["rider_id"]) for row in await tx.fetch(_sql.list_seen_before, before, limit)]


async def bump_standings(tx: Tx, rider_ids: Iterable[RiderId]) -> None:
    """Say that these riders' availability may have changed."""
    await tx.execute(_sql.bump_standings, list(rider_ids))


async def insert_trust(tx: Tx, rider_id: RiderId, trust: Trust, *, suspicion_bp: int, now: datetime) -> None:
    """Keep whom an operator believed, and why."""
    await tx.execute(_sql.insert_trust, rider_id, now, trust.by_id, trust.reason, suspicion_bp, list(trust.codes))


async def list_stops_of_riders(
    tx: Tx, rider_ids: Sequence[RiderId], *, ended_after: datetime
) -> Mapping[RiderId, Stops]:
    """Return the stops of what these riders have in hand, or had until a moment ago."""
    found: dict[RiderId, Stops] = {}
    for row in await tx.fetch(_sql.list_stops_of_riders, rider_ids, ended_after):
        before = found.get(row["rider_id"], Stops())
        opened = frozenset[DeliveryId]() if row["ended_at"] else frozenset({row["delivery_id"]})
        found[row["rider_id"]] = Stops(fences=before.fences + _fences(row), open_ids=before.open_ids | opened)
    return found


async def save_visits(tx: Tx, visits: Sequence[tuple[RiderId, Visit]]) -> None:
    """Write visits to stops, new ones and those of which more is known."""
    await tx.execute(
        _sql.save_visits,
        [rider_id for rider_id, _ in visits],
        [visit.delivery_id for _, visit in visits],
        [visit.stop for _, visit in visits],
        [from_ms(visit.entered_at_ms) for _, visit in visits],
        [None if visit.left_at_ms is None else from_ms(visit.left_at_ms) for _, visit in visits],
    )


def known_of(row: asyncpg.Record) -> Known:
    """Read what is known of a rider from a row that has its columns."""
    return Known(
        suspicion_bp=row["suspicion_bp"],
        is_suspected=row["is_suspected"],
        phone=_decode_phone(row["phone"]) if row["phone"] else None,
        state=_decode_state(row["state"]),
    )


def _held(row: asyncpg.Record) -> Held:
    return Held(rider_id=row["rider_id"], city_id=row["city_id"], vehicle=Vehicle(row["vehicle"]), known=known_of(row))


def _fences(row: asyncpg.Record) -> tuple[Fence, ...]:
    """Return the store from when it was taken on, the door from when the food is in hand: both may be one street."""
    begins = ((StopKind.PICKUP, row["assigned_at"]), (StopKind.DROPOFF, row["picked_up_at"]))
    return tuple(
        Fence(
            delivery_id=row["delivery_id"],
            stop=stop,
            place=Point(lat=row[f"{stop}_lat"], lon=row[f"{stop}_lon"]),
            since_ms=to_ms(since),
        )
        for stop, since in begins
        if since is not None
    )

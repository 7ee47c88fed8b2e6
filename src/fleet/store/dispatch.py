from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from fleet.model.deliveries import DeliveryStatus
from fleet.model.riders import Vehicle
from fleet.policy.dispatch.facts import Task, Verdict, Wanted
from infra import ids
from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import CityId, DecisionId, DeliveryId, OfferId, RiderId

_sql: Final = load("fleet")
_json: Final = msgspec.json.Encoder()
_PICKED_UP: Final = frozenset({DeliveryStatus.PICKED_UP, DeliveryStatus.ARRIVED_AT_DROPOFF, DeliveryStatus.RETURNING})


class Searched(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that looks for a rider, and the last word on it."""

    wanted: Wanted
    currency: str
    last_word: tuple[str | None, str | None, str | None]


class OnShift(msgspec.Struct, frozen=True, kw_only=True):
    """A rider at work as PostgreSQL knows them; `last_seen` is a door, a store or where the shift began."""

    rider_id: RiderId
    vehicle: Vehicle
    capacity: int
    planned_end_at: datetime | None
    is_being_asked: bool
    in_hand: list[Task]
    last_seen: Point | None


async def list_wanted(tx: Tx, city_id: CityId, *, asked_after: datetime) -> list[Searched]:
    """Return what looks for a rider; who was asked after this instant is excluded whatever the round."""
    return [_searched(row) for row in await tx.fetch(_sql.list_wanted, city_id, asked_after)]


async def list_working(tx: Tx, city_id: CityId) -> list[OnShift]:
    """Return the riders on shift with what they have in hand, in the order of the route."""
    tasks: dict[str, list[tuple[Task, Point | None]]] = defaultdict(list)
    for row in await tx.fetch(_sql.list_tasks, city_id):
        tasks[row["rider_id"]].append(_task(row))
    return [_on_shift(row, tasks[row["rider_id"]]) for row in await tx.fetch(_sql.list_working, city_id)]


async def insert_decisions(
    tx: Tx, city_id: CityId, decisions: Sequence[tuple[Verdict, OfferId | None]], *, rule_version: str, now: datetime
) -> None:
    """Keep why dispatch did what it did."""
    await tx.executemany(
        _sql.insert_decision,
        [
            (
                ids.new(DecisionId, "dec"), city_id, verdict.delivery_id, now, verdict.outcome, offer_id,
                verdict.rider_id, verdict.why, verdict.ladder_round, verdict.riders_seen,
                _json.encode(verdict.candidates).decode(), rule_version,
            )
            for verdict, offer_id in decisions
        ],
    )  # fmt: skip


async def was_ever_considered(tx: Tx, delivery_id: DeliveryId, rider_id: RiderId) -> bool:
    """Tell whether dispatch ever looked at this rider for this delivery."""
    return bool(await tx.fetchval(_sql.was_ever_considered, delivery_id, rider_id))


def _searched(row: asyncpg.Record) -> Searched:
    wanted = Wanted(
        delivery_id=row["delivery_id"],
        store_id=row["store_id"],
        pickup=_point(row, "pickup"),
        dropoff=_point(row, "dropoff"),
        opened_at=row["opened_at"],
        ready_at=row["ready_at"],
        ladder_round=row["ladder_round"],
        excluded=frozenset(row["excluded"]),
    )
    last_word = (row["last_outcome"], row["last_why"], row["last_rider_id"])
    return Searched(wanted=wanted, currency=row["currency"], last_word=last_word)


def _task(row: asyncpg.Record) -> tuple[Task, Point | None]:
    status = DeliveryStatus(row["status"])
    pickup, dropoff = _point(row, "pickup"), _point(row, "dropoff")
    is_at_dropoff = status is DeliveryStatus.ARRIVED_AT_DROPOFF
    task = Task(
        pickup=pickup,
        dropoff=pickup if status is DeliveryStatus.RETURNING else dropoff,
        ready_at=row["ready_at"],
        is_at_pickup=status is DeliveryStatus.ARRIVED_AT_PICKUP,
        is_picked_up=status in _PICKED_UP,
        is_at_dropoff=is_at_dropoff,
    )
    if is_at_dropoff:
        return task, dropoff
    return task, None if status is DeliveryStatus.ASSIGNED else pickup


def _on_shift(row: asyncpg.Record, tasks: list[tuple[Task, Point | None]]) -> OnShift:
    seen = [place for _, place in tasks if place is not None]
    return OnShift(
        rider_id=row["rider_id"],
        vehicle=Vehicle(row["vehicle"]),
        capacity=row["capacity"],
        planned_end_at=row["planned_end_at"],
        is_being_asked=row["is_being_asked"],
        in_hand=[task for task, _ in tasks],
        last_seen=seen[0] if seen else _point(row, "door") or _point(row, "started"),
    )


def _point(row: asyncpg.Record, name: str) -> Any:
    lat = row[f"{name}_lat"]
    return None if lat is None else Point(lat=lat, lon=row[f"{name}_lon"])

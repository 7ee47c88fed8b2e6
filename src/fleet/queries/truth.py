"""What is made of riders' positions, for the desk: for one rider with the reasons, for many at once on the map."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import asyncpg
import msgspec

from fleet.errors import RiderNotFound
from fleet.model.positions import from_ms
from fleet.model.truth import Evidence, Motion, Sign, Silence, Trust
from fleet.policy import silence
from fleet.policy.truth import Known
from fleet.store.truth import known_of
from infra.db import Tx
from infra.sql import load
from kernel.ids import RiderId

_sql: Final = load("fleet")
NOBODY: Final[Mapping[RiderId, datetime]] = MappingProxyType({})


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rider's places may not be real. `weight_bp` is as of `at`; what an operator excused does not count."""

    code: Sign
    weight_bp: int
    at: datetime
    count: int
    reason: str
    counts: bool


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """Who believed the rider, until when, and why."""

    by_id: str
    at: datetime
    until: datetime
    reason: str


class RiderTruth(msgspec.Struct, frozen=True, kw_only=True):
    """How far a rider's places are to be believed, how they move, and why nothing comes from them if so.

    All but the silence is as of `seen_at`, the last position. `motion` is settled: up to fifteen seconds older.
    """

    rider_id: RiderId
    suspicion_bp: int
    is_suspected: bool
    evidence: list[EvidenceView]
    motion: Motion | None
    motion_at: datetime | None
    silence: Silence | None
    trust: TrustView | None
    seen_at: datetime | None
    changed_at: datetime | None


async def find_truths(
    tx: Tx,
    rider_ids: Sequence[RiderId],
    *,
    present_at: Mapping[RiderId, datetime] = NOBODY,
    now: datetime | None = None,
) -> Mapping[RiderId, RiderTruth]:
    """Return what is known of these riders; who is no rider is missing. Without `now` nobody counts as silent.

    `present_at` is when a socket or keep-alive of theirs was last heard.
    """
    rows = await tx.fetch(_sql.find_truths, list(rider_ids))
    return {row["rider_id"]: _view(row, present_at.get(row["rider_id"]), now) for row in rows}


async def get_truth(tx: Tx, rider_id: RiderId, *, now: datetime) -> RiderTruth:
    """Return what is known of one rider; raises `RiderNotFound`."""
    found = await find_truths(tx, [rider_id], now=now)
    if rider_id not in found:
        raise RiderNotFound
    return found[rider_id]


def _view(row: asyncpg.Record, present_at: datetime | None, now: datetime | None) -> RiderTruth:
    known = known_of(row)
    state, reading = known.state, known.reading
    trust = state.spoof.trust
    return RiderTruth(
        rider_id=row["rider_id"],
        suspicion_bp=known.suspicion_bp,
        is_suspected=known.is_suspected,
        evidence=[_evidence(one, trust) for one in state.spoof.evidence],
        motion=reading.motion if reading else None,
        motion_at=from_ms(reading.at_ms) if reading else None,
        silence=_silence(known, present_at, now),
        trust=_trust(trust),
        seen_at=row["seen_at"],
        changed_at=row["changed_at"],
    )


def _silence(known: Known, present_at: datetime | None, now: datetime | None) -> Silence | None:
    has_spoken = known.state.last is not None or known.phone is not None
    if now is None or not has_spoken:
        return None
    return silence.explain(known.phone, known.state.last, present_at=present_at, now=now)


def _evidence(one: Evidence, trust: Trust | None) -> EvidenceView:
    return EvidenceView(
        code=one.code,
        weight_bp=one.weight_bp,
        at=from_ms(one.at_ms),
        count=one.count,
        reason=one.reason,
        counts=trust is None or not trust.excuses(one),
    )


def _trust(trust: Trust | None) -> TrustView | None:
    if trust is None:
        return None
    return TrustView(by_id=trust.by_id, at=from_ms(trust.at_ms), until=from_ms(trust.until_ms), reason=trust.reason)

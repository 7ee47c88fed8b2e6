from datetime import datetime
from typing import Final

import msgspec

from accounts.model import Caller
from fleet.errors import DeliveryNotFound
from fleet.policy.dispatch.facts import Candidate
from fleet.store import deliveries as deliveries_store
from fleet.store import dispatch as store
from infra.db import Tx
from infra.sql import load
from kernel.actors import Role
from kernel.ids import DecisionId, DeliveryId, OfferId, RiderId

_sql: Final = load("fleet")


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of dispatch about a delivery: what, why, the best candidates with their cost, the rules' versions.

    A rider sees their own line and who was chosen only where that was they.
    """

    id: DecisionId
    delivery_id: DeliveryId
    decided_at: datetime
    outcome: str
    why: str
    offer_id: OfferId | None
    rider_id: RiderId | None
    ladder_round: int
    riders_seen: int
    candidates: list[Candidate]
    rule_version: str


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery's decisions, newest first."""

    decisions: list[DecisionView]


async def list_decisions(tx: Tx, delivery_id: DeliveryId, *, caller: Caller, limit: int) -> Decisions:
    """Return why dispatch did what it did, as the caller may see it."""
    if await deliveries_store.find_order_of_delivery(tx, delivery_id) is None:
        raise DeliveryNotFound
    if caller.role is Role.RIDER and not await store.was_ever_considered(tx, delivery_id, RiderId(caller.id)):
        raise DeliveryNotFound
    decisions = []
    for row in await tx.fetch(_sql.list_decisions, delivery_id, limit):
        candidates = msgspec.json.decode(row["candidates"], type=list[Candidate])
        view = msgspec.convert(dict(row) | {"candidates": candidates}, DecisionView)
        decisions.append(_for_rider(view, RiderId(caller.id)) if caller.role is Role.RIDER else view)
    return Decisions(decisions=decisions)


def _for_rider(view: DecisionView, rider_id: RiderId) -> DecisionView:
    is_mine = view.rider_id == rider_id
    return msgspec.structs.replace(
        view,
        rider_id=rider_id if is_mine else None,
        offer_id=view.offer_id if is_mine else None,
        candidates=[one for one in view.candidates if one.rider_id == rider_id],
    )

"""What each role may know of one order's way, now and as it goes on."""

from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from accounts.model import Caller
from fleet.messages import RiderPosition
from fleet.queries.cards import RiderCard, find_rider_card
from fleet.queries.whereabouts import last_seen
from infra.clock import boot_s
from infra.db import Begin, Tx
from infra.live.following import LEASE_S
from infra.outbox import Recorded
from infra.sql import load
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import OrderId, RiderId, StoreId
from merchant import queries as stores
from orders import queries as orders
from orders.model import OrderStatus, PaymentMethod
from tracking.messages import PositionView
from tracking.model import RevisionCause, Stage, Standing, Trouble
from tracking.policy import positions, privacy
from tracking.policy.stages import ARRIVED, OVER, STAGE_AFTER, STAGE_OF, STANDING_FACTS, standing_after

_sql: Final = load("tracking")
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode  # their values are handed on as they are


class PromiseView(msgspec.Struct, frozen=True, kw_only=True):
    """The window the customer was told; `outcome` is kept, broken or moot once it is known."""

    promised_from: datetime
    promised_by: datetime
    outcome: str | None = None


class EtaView(msgspec.Struct, frozen=True, kw_only=True):
    """When it is expected at the door, with a band around it."""

    eta_at: datetime
    low_at: datetime
    high_at: datetime


class RevisionView(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the estimate, and why."""

    revision_no: int
    was_at: datetime
    eta_at: datetime
    cause: RevisionCause
    breaks_promise: bool
    revised_at: datetime


class TrackedItem(msgspec.Struct, frozen=True, kw_only=True):
    """So many of something: without notes, options and prices, which are nobody's who only follows."""

    name: str
    quantity: int


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be paid at the door."""

    amount_minor: int
    currency: str


class TrackingView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order's way as one role may see it. Nothing is promised before it is placed, nothing expected once over.

    `time_zone` is the store's: times are said as its clocks do. `dropoff_code` is for who waits at the door, and only
    while the food is on its way to it. `ended_as` says how an order of stage `cancelled` ended. While
    `is_other_stop_first`, the rider goes to another door before this one.
    """

    order_id: OrderId
    short_number: int
    seq: int
    epoch: str
    stage: Stage
    store_id: StoreId
    store_name: str
    time_zone: str
    items: list[TrackedItem]
    reason: str | None = None
    ended_as: OrderStatus | None = None
    placed_at: datetime | None = None
    accepted_at: datetime | None = None
    preparing_at: datetime | None = None
    picked_up_at: datetime | None = None
    rider_arrived_at: datetime | None = None
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    trouble: Trouble | None = None
    promise: PromiseView | None = None
    eta: EtaView | None = None
    revisions: list[RevisionView] = []
    rider: RiderCard | None = None
    is_other_stop_first: bool = False
    dropoff_code: str | None = None
    due: Due | None = None
    pickup: Point | None = None
    dropoff: Point | None = None
    position: PositionView | None = None


async def find_promise(tx: Tx, order_id: OrderId) -> PromiseView | None:
    """Return what was promised, or None while nothing is."""
    row = await tx.fetchrow(_sql.find_promise, order_id)
    return PromiseView(promised_from=row["promised_from"], promised_by=row["promised_by"]) if row else None


async def get_tracking(tx: Tx, redis: Redis, order_id: OrderId, *, caller: Caller) -> TrackingView:
    """Return an order's way as the caller may see it; raises `OrderNotFound` where it is not theirs."""
    asked_at_s = boot_s()
    view, carrying, _ = await _look(tx, order_id, caller=caller)
    return await _with_position(redis, view, carrying, caller.role, asked_at_s=asked_at_s)


async def check_may_track(tx: Tx, order_id: OrderId, *, caller: Caller) -> None:
    """Raise `OrderNotFound` where the order is not the caller's to follow."""
    await orders.get_order(tx, order_id, caller=caller)


async def _look(tx: Tx, order_id: OrderId, *, caller: Caller) -> tuple[TrackingView, privacy.Carrying, int]:
    """Return the view, who does something for the order, and the number of the fact that says so."""
    seen = await orders.get_order(tx, order_id, caller=caller)
    whole = await orders.get_whole_order(tx, order_id)
    sign = await stores.get_store_sign(tx, whole.store_id)
    standing = await _standing(tx, order_id)
    stage = STAGE_OF[whole.status]
    carrying, carrying_seq = await _carrying(tx, order_id)  # read last: whoever may see less by now sees less
    carrying = privacy.OVER if stage in OVER else carrying
    may = privacy.may(carrying, caller.role)
    view = TrackingView(
        order_id=order_id,
        short_number=whole.short_number,
        seq=whole.seq,
        epoch=whole.epoch,
        stage=stage,
        store_id=whole.store_id,
        store_name=sign.name,
        time_zone=sign.time_zone,
        items=[TrackedItem(name=line.name, quantity=line.quantity) for line in whole.lines],
        reason=whole.end_reason,
        ended_as=whole.status if stage is Stage.CANCELLED else None,
        placed_at=whole.placed_at,
        accepted_at=whole.accepted_at,
        preparing_at=whole.preparing_at,
        picked_up_at=whole.picked_up_at,
        rider_arrived_at=standing.arrived_at if privacy.may_hear(ARRIVED, caller.role) else None,
        delivered_at=whole.delivered_at,
        ended_at=whole.ended_at,
        trouble=None if stage in OVER else standing.trouble,
        dropoff_code=whole.dropoff_code if may.code else None,
        due=_due(whole) if may.due else None,
        dropoff=seen.dropoff if may.door else None,
        rider=await find_rider_card(tx, RiderId(carrying.rider_id)) if may.card and carrying.rider_id else None,
        is_other_stop_first=may.card and carrying.phase is privacy.Phase.OTHER_FIRST,
    )
    row = await tx.fetchrow(_sql.read_tracking, order_id)
    return view if row is None else await _with_estimate(tx, view, row), carrying, carrying_seq


class OrderFeedView:
    """What one role sees of one order's feed: of each fact, and whose position."""

    def __init__(self, read: Begin, order_id: OrderId, role: Role) -> None:
        self._read = read
        self._order_id = order_id
        self._role = role
        self._seen = privacy.SEEN[role]
        self._carrying = privacy.NOBODY
        self._carrying_seq = 0
        self._followed_of = privacy.NOBODY
        self._followed: frozenset[str] = frozenset()
        self._told: PositionView | None = None

    async def prepare(self) -> None:
        """Remember who carries the order, unless a later fact has said so already."""
        async with self._read() as tx:
            carrying, seq = await _carrying(tx, self._order_id)
        if seq > self._carrying_seq:
            self._carrying, self._carrying_seq = carrying, seq

    def learn(self, fact: Recorded) -> None:
        """Take note of who carries the order from now on, and whether another stop comes first."""
        if fact.type in privacy.CARRYING_FACTS and fact.seq > self._carrying_seq:
            payload = msgspec.json.decode(fact.payload)
            self._carrying = privacy.carrying_after(self._carrying, fact.type, payload, at=fact.occurred_at)
            self._carrying_seq = fact.seq

    def cell(self, fact: Recorded) -> Hashable:
        """Return the table's cell: customer and follower often share one."""
        return "whole" if self._role is Role.OPERATOR else id(self._seen.get(fact.type))

    def show(self, fact: Recorded) -> dict[str, Any] | None:
        """Return what this role sees of a fact, with the stage it brings the order to."""
        seen = privacy.visible(fact.type, _members(fact.payload), self._role)
        if seen is None:
            return None
        stage = STAGE_AFTER.get(fact.type)
        shown = {"type": fact.type, "occurred_at": fact.occurred_at, "recorded_at": fact.recorded_at}
        if stage:
            shown["stage"] = stage
        shown.update(seen)
        return shown

    def was_shown(self, position: PositionView | None) -> None:
        """Take note of what the first watcher's snapshot has shown already."""
        self._told = self._told or position

    def positions(self) -> frozenset[str]:
        """Return the rider, where this role may see them now."""
        if self._followed_of is not self._carrying:  # asked after every fact, and seldom another
            rider_id, seen = self._carrying.rider_id, privacy.may(self._carrying, self._role).position
            self._followed = frozenset() if rider_id is None or seen is privacy.Sight.NONE else frozenset([rider_id])
            self._followed_of = self._carrying
        return self._followed

    def show_position(self, key: str, payload: msgspec.Raw) -> PositionView | None:
        """Return the place, or its area, and its age; None where this role may not see it, or knows it."""
        place = msgspec.json.decode(payload, type=RiderPosition)
        shown = positions.show(place, self._carrying, self._role) if key == self._carrying.rider_id else None
        if shown is None or not positions.is_news(shown, self._told):
            return None
        self._told = shown
        return shown


async def read_tracking(read: Begin, redis: Redis, order_id: OrderId, *, caller: Caller) -> TrackingView:
    """Return an order's way as the caller may see it, where no transaction is open yet."""
    async with read() as tx:
        asked_at_s = boot_s()
        view, carrying, _ = await _look(tx, order_id, caller=caller)
    return await _with_position(redis, view, carrying, caller.role, asked_at_s=asked_at_s)


async def _with_position(
    redis: Redis, view: TrackingView, carrying: privacy.Carrying, role: Role, *, asked_at_s: float
) -> TrackingView:
    """Add where the rider was last, so that nobody waits for the next ping to see them; none from before the pickup.

    Nor after an answer that took so long that they may be gone since the tables were asked.
    """
    if carrying.rider_id is None or privacy.may(carrying, role).position is privacy.Sight.NONE:
        return view
    rider_id = RiderId(carrying.rider_id)
    place = (await last_seen(redis, [rider_id]) or {}).get(rider_id)
    if place is None or boot_s() - asked_at_s > LEASE_S:
        return view
    is_from_before = view.picked_up_at is None or place.measured_at < view.picked_up_at
    if carrying.phase in privacy.CARRIED and is_from_before:
        return view
    return msgspec.structs.replace(view, position=positions.show(place, carrying, role))


async def _carrying(tx: Tx, order_id: OrderId) -> tuple[privacy.Carrying, int]:
    """Return who does something for the order, and the number of the fact that says so."""
    row = await tx.fetchrow(_sql.find_last_fact, order_id, list(privacy.CARRYING_FACTS))
    if row is None:
        return privacy.NOBODY, 0
    return privacy.carrying_after(privacy.NOBODY, row["type"], dict(row), at=row["occurred_at"]), row["seq"]


async def _standing(tx: Tx, order_id: OrderId) -> Standing:
    """Return what hinders the order or waits at its door, from its own history."""
    row = await tx.fetchrow(_sql.find_last_fact, order_id, list(STANDING_FACTS))
    return Standing() if row is None else standing_after(row["type"], at=row["occurred_at"])


def _due(whole: orders.OrderView) -> Due | None:
    is_owed = whole.payment_method is PaymentMethod.CASH
    return Due(amount_minor=whole.total_minor, currency=whole.currency) if is_owed else None


async def _with_estimate(tx: Tx, view: TrackingView, row: Any) -> TrackingView:
    revisions = await tx.fetch(_sql.list_revisions, view.order_id)
    eta = None if row["is_over"] else EtaView(eta_at=row["eta_at"], low_at=row["low_at"], high_at=row["high_at"])
    return msgspec.structs.replace(
        view,
        promise=PromiseView(promised_from=row["promised_from"], promised_by=row["promised_by"], outcome=row["outcome"]),
        eta=eta,
        revisions=[msgspec.convert(dict(revision), RevisionView) for revision in revisions],
        pickup=Point(lat=row["store_lat"], lon=row["store_lon"]),
    )

"""What each role may know of one order's way, now and as it goes on."""

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
from infra.live.view import Loaded
from infra.outbox import Recorded
from infra.sql import load
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import OrderId, RiderId, StoreId
from merchant import queries as stores
from orders import queries as orders
from orders.model import OrderStatus, PaymentMethod
from tracking.model import RevisionCause, Stage, Standing, Trouble
from tracking.policy import privacy
from tracking.policy.stages import OVER, STAGE_AFTER, STAGE_OF, STANDING_FACTS, is_coming, standing_after

_sql: Final = load("tracking")


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


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rider is; from `stale_at` on it must be shown as old."""

    lat: float
    lon: float
    bearing_deg: float | None
    measured_at: datetime
    stale_at: datetime


class TrackingView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order's way as one role may see it. Nothing is promised before it is placed, nothing expected once over.

    `time_zone` is the store's: times are said as its clocks do. `dropoff_code` is for who waits at the door, and only
    while the food is on its way to it. `ended_as` says how an order of stage `cancelled` ended.
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
    view, carrying = await _look(tx, order_id, caller=caller), (await _carrying(tx, order_id))[0]
    return await _with_position(redis, view, carrying, caller.role, asked_at_s=asked_at_s)


async def check_may_track(tx: Tx, order_id: OrderId, *, caller: Caller) -> None:
    """Raise `OrderNotFound` where the order is not the caller's to follow."""
    await orders.get_order(tx, order_id, caller=caller)


async def _look(tx: Tx, order_id: OrderId, *, caller: Caller) -> TrackingView:
    seen = await orders.get_order(tx, order_id, caller=caller)
    whole = await orders.get_whole_order(tx, order_id)
    sign = await stores.get_store_sign(tx, whole.store_id)
    standing = await _standing(tx, order_id)
    stage = STAGE_OF[whole.status]
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
        rider_arrived_at=standing.arrived_at,
        delivered_at=whole.delivered_at,
        ended_at=whole.ended_at,
        trouble=None if stage in OVER else standing.trouble,
        dropoff_code=whole.dropoff_code if privacy.may_see_code(stage, standing, caller.role) else None,
        due=_due(whole, standing),
        dropoff=seen.dropoff,
        rider=await _card(tx, order_id, caller.role),
    )
    row = await tx.fetchrow(_sql.read_tracking, order_id)
    return view if row is None else await _with_estimate(tx, view, row)


class OrderFeedView:
    """What one role sees of one order's feed: of each fact, and whose position."""

    def __init__(self, read: Begin, order_id: OrderId, role: Role) -> None:
        self._read = read
        self._order_id = order_id
        self._role = role
        self._carrying = privacy.NOBODY
        self._carrying_seq = 0

    async def prepare(self) -> None:
        """Remember who carries the order, unless a later fact has said so already."""
        async with self._read() as tx:
            carrying, seq = await _carrying(tx, self._order_id)
        if seq > self._carrying_seq:
            self._carrying, self._carrying_seq = carrying, seq

    def learn(self, fact: Recorded) -> None:
        """Take note of who carries the order from now on."""
        if fact.type in privacy.CARRYING_FACTS and fact.seq > self._carrying_seq:
            rider_id = msgspec.json.decode(fact.payload, type=_OfRider).rider_id
            self._carrying = privacy.carrying_after(self._carrying, fact.type, rider_id)
            self._carrying_seq = fact.seq

    def show(self, fact: Recorded) -> dict[str, Any] | None:
        """Return what this role sees of a fact, with the stage it brings the order to."""
        seen = privacy.visible(fact.type, msgspec.json.decode(fact.payload), self._role)
        if seen is None:
            return None
        stage = STAGE_AFTER.get(fact.type)
        shown = {"type": fact.type, "occurred_at": fact.occurred_at, "recorded_at": fact.recorded_at}
        return shown | ({"stage": stage} if stage else {}) | seen

    def positions(self) -> frozenset[str]:
        """Return the rider, where this role may see them now."""
        rider_id = self._carrying.rider_id
        may_see = rider_id is not None and privacy.may_see_position(self._carrying, self._role)
        return frozenset([rider_id]) if rider_id is not None and may_see else frozenset()

    def show_position(self, key: str, payload: msgspec.Raw) -> PositionView:
        """Return the place and its age, and nothing that identifies the rider."""
        del key
        return _shown(msgspec.json.decode(payload, type=RiderPosition))


class _OfRider(msgspec.Struct, frozen=True):
    rider_id: str | None = None


async def load_tracking(read: Begin, redis: Redis, order_id: OrderId, *, caller: Caller) -> Loaded:
    """Return what a feed's snapshot says: an order's way as the caller may see it, and as of which number."""
    async with read() as tx:
        asked_at_s = boot_s()
        view, carrying = await _look(tx, order_id, caller=caller), (await _carrying(tx, order_id))[0]
    view = await _with_position(redis, view, carrying, caller.role, asked_at_s=asked_at_s)
    return Loaded(view, seq=view.seq, position_at=view.position.measured_at if view.position else None)


def _shown(place: RiderPosition) -> PositionView:
    return PositionView(
        lat=place.lat,
        lon=place.lon,
        bearing_deg=place.bearing_deg,
        measured_at=place.measured_at,
        stale_at=place.stale_at,
    )


async def _with_position(
    redis: Redis, view: TrackingView, carrying: privacy.Carrying, role: Role, *, asked_at_s: float
) -> TrackingView:
    """Add where the rider was last, so that nobody waits for the next ping to see them; none from before the pickup.

    Nor after an answer that took so long that they may be gone since the tables were asked.
    """
    if carrying.rider_id is None or not privacy.may_see_position(carrying, role):
        return view
    rider_id = RiderId(carrying.rider_id)
    place = (await last_seen(redis, [rider_id]) or {}).get(rider_id)
    is_too_early = view.picked_up_at is not None and place is not None and place.measured_at < view.picked_up_at
    is_too_late = boot_s() - asked_at_s > LEASE_S
    if place is None or is_too_early or is_too_late:
        return view
    return msgspec.structs.replace(view, position=_shown(place))


async def _carrying(tx: Tx, order_id: OrderId) -> tuple[privacy.Carrying, int]:
    """Return who does something for the order, and the number of the fact that says so."""
    row = await tx.fetchrow(_sql.find_last_fact, order_id, list(privacy.CARRYING_FACTS))
    if row is None:
        return privacy.NOBODY, 0
    return privacy.carrying_after(privacy.NOBODY, row["type"], row["rider_id"]), row["seq"]


async def _standing(tx: Tx, order_id: OrderId) -> Standing:
    """Return what hinders the order or waits at its door, from its own history."""
    row = await tx.fetchrow(_sql.find_last_fact, order_id, list(STANDING_FACTS))
    return Standing() if row is None else standing_after(row["type"], at=row["occurred_at"])


def _due(whole: orders.OrderView, standing: Standing) -> Due | None:
    is_owed = whole.payment_method is PaymentMethod.CASH and is_coming(STAGE_OF[whole.status], standing)
    return Due(amount_minor=whole.total_minor, currency=whole.currency) if is_owed else None


async def _card(tx: Tx, order_id: OrderId, role: Role) -> RiderCard | None:
    carrying, _ = await _carrying(tx, order_id)
    if carrying.rider_id is None or not privacy.may_see_card(carrying, role):
        return None
    return await find_rider_card(tx, RiderId(carrying.rider_id))


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

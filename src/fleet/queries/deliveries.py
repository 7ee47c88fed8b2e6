from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec

from accounts.model import Caller
from fleet.errors import DeliveryNotFound, OfferNotYours
from fleet.messages import Place
from fleet.model.deliveries import DeliveryStatus
from fleet.model.offers import OfferStatus, Stop
from fleet.model.truth import StopKind
from fleet.policy.reports import CODE_TRIES
from infra.db import Tx
from infra.sql import load
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, OfferId, OrderId, RiderId, StoreId, ZoneId

_sql: Final = load("fleet")
STILL_THERE: Final = timedelta(minutes=2)  # an older last position says where a rider was, and nothing of now


class SeenAtStop(msgspec.Struct, frozen=True, kw_only=True):
    """The rider stands at the stop ahead, by their phone's places of just now, and has not reported it."""

    stop: StopKind
    since: datetime


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as one role may see it. The store is not shown whose door it goes to, nor the rider afterwards.

    `seen_at_stop` is in the rider's own list alone, for the question whether they have arrived.
    """

    delivery_id: DeliveryId
    order_id: OrderId
    city_id: CityId
    zone_id: ZoneId | None
    store_id: StoreId
    status: DeliveryStatus
    rider_id: RiderId | None
    assignment_no: int
    item_count: int
    collect_minor: int
    currency: str
    needs_code: bool
    code_tries_left: int | None  # of wrong drop-off codes; None where there is no code to guess
    pickup: Place
    dropoff: Place | None
    wanted_at: datetime | None
    ready_by: datetime | None
    ready_at: datetime | None
    pickup_eta_at: datetime | None
    assigned_at: datetime | None
    arrived_at_pickup_at: datetime | None
    picked_up_at: datetime | None
    arrived_at_dropoff_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    seen_at_stop: SeenAtStop | None = None


class OfferedStop(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of an offer: enough to decide, nothing about the customer."""

    delivery_id: DeliveryId
    order_id: OrderId
    store_id: StoreId
    store_name: str
    store_address: str
    pickup: Point
    dropoff: Point
    ready_by: datetime | None
    item_count: int
    collect_minor: int


class OfferView(msgspec.Struct, frozen=True, kw_only=True):
    """A route as its rider sees it before answering: stops in order, the whole way, and what it pays."""

    offer_id: OfferId
    rider_id: RiderId
    status: OfferStatus
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    because: str | None
    stops: list[Stop]
    distance_m: int
    pay_minor: int
    currency: str
    delivery_ids: list[DeliveryId]
    deliveries: list[OfferedStop]


async def get_delivery(tx: Tx, delivery_id: DeliveryId, *, caller: Caller) -> DeliveryView:
    """Return a delivery as the caller may see it; raises `DeliveryNotFound` also where it is not theirs."""
    row = await tx.fetchrow(_sql.view_delivery, delivery_id)
    if row is None or not _may_see(row, caller):
        raise DeliveryNotFound
    view = _view(row)
    may_see_door = caller.role is Role.OPERATOR or (caller.role is Role.RIDER and view.ended_at is None)
    return view if may_see_door else msgspec.structs.replace(view, dropoff=None)


async def list_in_hand(tx: Tx, rider_id: RiderId, *, now: datetime) -> list[DeliveryView]:
    """Return what the rider carries or is on the way to fetch, in the order of the route."""
    rows = await tx.fetch(_sql.view_deliveries_in_hand, rider_id, now - STILL_THERE)
    return [_view(row) for row in rows]


async def get_offer(tx: Tx, offer_id: OfferId) -> OfferView:
    """Return an offer with its route."""
    row = await tx.fetchrow(_sql.view_offer, offer_id)
    if row is None:
        raise OfferNotYours
    fields = dict(row)
    fields["stops"] = msgspec.json.decode(fields["stops"], type=list[Stop])
    deliveries = msgspec.json.decode(fields["deliveries"], type=list[OfferedStop])
    fields |= {"deliveries": deliveries, "delivery_ids": [each.delivery_id for each in deliveries]}
    return msgspec.convert(fields, OfferView)


async def list_open_offers(tx: Tx, rider_id: RiderId) -> list[OfferView]:
    """Return what the rider is being asked: nothing, or one offer."""
    offer_id = await tx.fetchval(_sql.find_open_offer_of_rider, rider_id)
    return [await get_offer(tx, offer_id)] if offer_id else []


def _may_see(row: asyncpg.Record, caller: Caller) -> bool:
    if caller.role is Role.OPERATOR:
        return True
    if caller.role is Role.MERCHANT:
        return row["store_id"] in caller.store_ids
    return caller.role is Role.RIDER and row["rider_id"] == caller.id


def _view(row: asyncpg.Record) -> DeliveryView:
    fields = dict(row)
    for end in ("pickup", "dropoff"):
        fields[end] = Place(
            point=Point(lat=fields.pop(f"{end}_lat"), lon=fields.pop(f"{end}_lon")),
            name=fields.pop(f"{end}_name"),
            address=fields.pop(f"{end}_address"),
            note=fields.pop(f"{end}_note"),
        )
    stop, since = fields.pop("seen_stop", None), fields.pop("seen_since", None)
    fields["seen_at_stop"] = {"stop": stop, "since": since} if stop else None
    tries_left = max(0, CODE_TRIES - fields.pop("code_tries"))
    fields["code_tries_left"] = tries_left if fields["needs_code"] else None
    return msgspec.convert(fields, DeliveryView)

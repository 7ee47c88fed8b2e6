from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller, Scope
from fleet.commands import assigning, offers, reports
from fleet.queries import decisions as decision_queries
from fleet.queries import deliveries as queries
from fleet.queries.decisions import Decisions
from fleet.queries.deliveries import DeliveryView, OfferView
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import DeliveryId, OfferId, RiderId
from kernel.text import GIVEN_ID, Text

Reason = Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
_DISPATCH: Final = [allow(Role.OPERATOR, scopes=[Scope.DISPATCH])]
_RIDER: Final = [allow(Role.RIDER)]


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What a rider is being asked: nothing, or one offer."""

    offers: list[OfferView]


class InHand(msgspec.Struct, frozen=True, kw_only=True):
    """What a rider carries or is on the way to fetch."""

    deliveries: list[DeliveryView]


class Declined(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the rider says no; it costs nothing."""

    reason: Reason


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to carry it, and why by hand."""

    rider_id: Annotated[RiderId, GIVEN_ID]
    reason: Reason


class Unassignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is taken away."""

    reason: Reason


@get("/v1/rider/offers", guards=_RIDER)
async def list_offers(caller: NamedDependency[Caller], tx: NamedDependency[Tx]) -> Offers:
    """Return what the rider is being asked: pickup, drop-off, distance and pay."""
    return Offers(offers=await queries.list_open_offers(tx, RiderId(caller.id)))


@get("/v1/rider/deliveries", guards=_RIDER)
async def list_in_hand(
    caller: NamedDependency[Caller], tx: NamedDependency[Tx], now: NamedDependency[datetime]
) -> InHand:
    """Return what the rider has in hand, in the order of the route."""
    return InHand(deliveries=await queries.list_in_hand(tx, RiderId(caller.id), now=now))


@post("/v1/offers/{offer_id:str}/accept", status_code=200, guards=_RIDER)
async def accept_offer(
    offer_id: FromPath[OfferId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> OfferView:
    """Take the route. Safe to repeat."""
    await offers.accept_offer(tx, offer_id, rider_id=RiderId(caller.id), act=caller.act(now))
    return await queries.get_offer(tx, offer_id)


@post("/v1/offers/{offer_id:str}/decline", status_code=200, guards=_RIDER)
async def decline_offer(
    offer_id: FromPath[OfferId],
    data: JSONBody[Declined],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> OfferView:
    """Say no, which costs nothing. Safe to repeat."""
    await offers.decline_offer(tx, offer_id, rider_id=RiderId(caller.id), reason=data.reason, act=caller.act(now))
    return await queries.get_offer(tx, offer_id)


@get(
    "/v1/deliveries/{delivery_id:str}", guards=[allow(Role.RIDER, Role.MERCHANT, Role.OPERATOR, scopes=HANDLING_ORDERS)]
)
async def get_delivery(
    delivery_id: FromPath[DeliveryId], caller: NamedDependency[Caller], tx: NamedDependency[Tx]
) -> DeliveryView:
    """Return a delivery as the caller may see it."""
    return await queries.get_delivery(tx, delivery_id, caller=caller)


@get("/v1/deliveries/{delivery_id:str}/decisions", guards=[allow(Role.RIDER, Role.OPERATOR, scopes=[Scope.DISPATCH])])
async def list_decisions(
    delivery_id: FromPath[DeliveryId], caller: NamedDependency[Caller], tx: NamedDependency[Tx], limit: Limit = 50
) -> Decisions:
    """Return why dispatch did what it did, newest first; a rider sees their own part."""
    return await decision_queries.list_decisions(tx, delivery_id, caller=caller, limit=limit)


@post("/v1/deliveries/{delivery_id:str}/assign", status_code=200, guards=_DISPATCH)
async def assign(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Assignment],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> DeliveryView:
    """Give it to a working rider by hand, whoever had it before. Safe to repeat."""
    await assigning.assign_by_hand(tx, delivery_id, rider_id=data.rider_id, reason=data.reason, act=caller.act(now))
    return await queries.get_delivery(tx, delivery_id, caller=caller)


@post("/v1/deliveries/{delivery_id:str}/unassign", status_code=200, guards=_DISPATCH)
async def unassign(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[Unassignment],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> DeliveryView:
    """Take it away before pickup, by hand; it looks for another rider. Safe to repeat."""
    await assigning.unassign_by_hand(tx, delivery_id, reason=data.reason, act=caller.act(now))
    return await queries.get_delivery(tx, delivery_id, caller=caller)


@post(
    "/v1/deliveries/{delivery_id:str}/confirm-return",
    status_code=200,
    guards=[allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])],
)
async def confirm_return(
    delivery_id: FromPath[DeliveryId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> DeliveryView:
    """Say that the food is back at the store. Safe to repeat."""
    await queries.get_delivery(tx, delivery_id, caller=caller)
    await reports.confirm_return(tx, delivery_id, act=caller.act(now))
    return await queries.get_delivery(tx, delivery_id, caller=caller)


ROUTES: Final = [
    list_offers,
    list_in_hand,
    accept_offer,
    decline_offer,
    get_delivery,
    list_decisions,
    assign,
    unassign,
    confirm_return,
]

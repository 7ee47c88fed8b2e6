from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller, Scope
from infra.db import Tx
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.ids import CityId, OrderId
from kernel.text import GIVEN_ID, NO_NUL, Text
from support import commands
from support.model.views import Owner
from support.queries import board, riders
from support.queries.board import Board, DuePage
from support.queries.riders import Riders, RidersOff

CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=500)]
OrderIds = Annotated[str | None, QueryParameter(name="order_ids", max_length=6400, pattern=NO_NUL)]
RiderIds = Annotated[str | None, QueryParameter(name="rider_ids", max_length=6400, pattern=NO_NUL)]
MOST_IDS: Final = 200  # what changes in a second, with room
_SEES_ORDERS: Final = [allow(Role.OPERATOR, scopes=HANDLING_ORDERS)]
_SEES_RIDERS: Final = [allow(Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])]
_TAKES_CARE: Final = [allow(Role.OPERATOR, scopes=[Scope.INTAKE, Scope.DISPATCH, Scope.SUPPORT])]


class Taking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the operator takes it over from, as they saw it (null: nobody), and what they are going to do."""

    instead_of: Annotated[str, GIVEN_ID] | None = None
    note: Annotated[Text, msgspec.Meta(max_length=500)] = ""


@get("/v1/operations/orders", guards=_SEES_ORDERS)
async def list_orders(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
    now: NamedDependency[datetime],
    order_ids: OrderIds = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Board:
    """List a city's open orders on one line each, the most urgent first.

    `order_ids`, separated by commas, asks for these alone: one that is over is missing from the answer.
    """
    wanted = _named("order_ids", order_ids)
    return await board.list_orders(tx, redis, city_id, order_ids=wanted, cursor=cursor, limit=limit, now=now)


@get("/v1/operations/stuck", guards=_SEES_ORDERS)
async def list_stuck(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
    now: NamedDependency[datetime],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Board:
    """List a city's orders that do not move, each with since when, and with its owner."""
    return await board.list_stuck(tx, redis, city_id, cursor=cursor, limit=limit, now=now)


@get("/v1/operations/deadlines", guards=_SEES_ORDERS)
async def list_deadlines(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DuePage:
    """List what is due next in a city, the longest overdue first."""
    return await board.list_deadlines(tx, city_id, cursor=cursor, limit=limit, now=now)


@get("/v1/operations/riders", guards=_SEES_RIDERS)
async def list_riders(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
    now: NamedDependency[datetime],
    rider_ids: RiderIds = None,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> Riders:
    """List who is on shift in a city: what they do, what they have in hand, where they were last.

    `rider_ids`, separated by commas, asks for these alone: one who is off shift is missing from the answer.
    """
    wanted = _named("rider_ids", rider_ids)
    return await riders.list_riders(tx, redis, city_id, rider_ids=wanted, cursor=cursor, limit=limit, now=now)


@get("/v1/operations/riders/off", guards=_SEES_RIDERS)
async def list_riders_off(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
    now: NamedDependency[datetime],
    cursor: Cursor = None,
    limit: Limit = 200,
) -> RidersOff:
    """List who belongs to a city and is not on shift, with where they were last."""
    return await riders.list_riders_off(tx, redis, city_id, cursor=cursor, limit=limit, now=now)


@post("/v1/operations/orders/{order_id:str}/owner", status_code=200, guards=_TAKES_CARE)
async def take_order(
    order_id: FromPath[OrderId],
    data: JSONBody[Taking],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Owner:
    """Take care of an order; refused when it is another's than you saw. Safe to repeat."""
    return await commands.take_order(tx, order_id, instead_of=data.instead_of, note=data.note, act=caller.act(now))


@delete("/v1/operations/orders/{order_id:str}/owner", guards=_TAKES_CARE)
async def leave_order(
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> None:
    """Give an order back that you took care of. Safe to repeat."""
    await commands.leave_order(tx, order_id, act=caller.act(now))


def _named(field: str, ids: str | None) -> list[str] | None:
    wanted = ids.split(",") if ids else None
    if wanted is not None and len(wanted) > MOST_IDS:
        raise InvalidField(field, f"at most {MOST_IDS}")
    return wanted


ROUTES: Final = [list_orders, list_stuck, list_deadlines, list_riders, list_riders_off, take_order, leave_order]

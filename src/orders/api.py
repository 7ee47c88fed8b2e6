from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller, Scope
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import OrderId
from kernel.text import NO_NUL, Text
from orders import commands, queries
from orders.model import Cancellation, OrderStatus
from orders.policy import Quote
from orders.queries import OrderEventView, OrderPage, OrderView

_MAY_SEE: Final = [
    allow(Role.CUSTOMER, Role.MERCHANT, Role.RIDER, Role.PLATFORM, Role.OPERATOR, scopes=HANDLING_ORDERS)
]
_MAY_CANCEL: Final = [allow(Role.CUSTOMER, Role.PLATFORM, Role.OPERATOR, scopes=[Scope.INTAKE, Scope.SUPPORT])]
After = Annotated[int, QueryParameter(name="after", ge=0, le=2**53 - 1)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
StatusFilter = Annotated[OrderStatus | None, QueryParameter(name="status")]


class CancellationOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which quote is executed, and why."""

    version: Annotated[Text, msgspec.Meta(min_length=1, max_length=64)]
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]


@get("/v1/orders", guards=_MAY_SEE)
async def list_orders(
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    status: StatusFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OrderPage:
    """List the caller's orders, newest first."""
    return await queries.list_orders(tx, caller=caller, status=status, before=cursor, limit=limit)


@get("/v1/orders/{order_id:str}", guards=_MAY_SEE)
async def get_order(order_id: FromPath[OrderId], caller: NamedDependency[Caller], tx: NamedDependency[Tx]) -> OrderView:
    """Return an order as the caller may see it."""
    return await queries.get_order(tx, order_id, caller=caller)


@get("/v1/orders/{order_id:str}/events", guards=[allow(Role.OPERATOR, scopes=HANDLING_ORDERS)])
async def list_events(
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    after: After = 0,
    limit: Limit = 200,
) -> list[OrderEventView]:
    """Return an order's whole history, numbered without a gap."""
    await queries.get_order(tx, order_id, caller=caller)
    return await queries.list_events(tx, order_id, after=after, limit=limit)


@get("/v1/orders/{order_id:str}/cancellation", guards=_MAY_CANCEL)
async def quote_cancellation(
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Quote:
    """Say what cancelling would mean now; changes nothing."""
    return await queries.quote_cancellation(tx, order_id, caller=caller, now=now)


@post("/v1/orders/{order_id:str}/cancellation", status_code=200, guards=_MAY_CANCEL)
async def request_cancellation(
    order_id: FromPath[OrderId],
    data: JSONBody[CancellationOrder],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Cancellation:
    """Execute a quote: cancel at once, or ask the store. Safe to repeat."""
    await queries.get_order(tx, order_id, caller=caller)
    order = await commands.lock_one(tx, order_id)
    return await commands.request_cancellation(tx, order, version=data.version, reason=data.reason, act=caller.act(now))


ROUTES: Final = [list_orders, get_order, list_events, quote_cancellation, request_cancellation]

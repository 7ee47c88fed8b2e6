from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import Caller, Scope
from infra import idempotency
from infra.db import Tx
from intake import commands, queries
from intake.commands import Around
from intake.model import OrderQuote, OrderRequest
from intake.queries import HeldPage, OrderAnswer
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.ids import CityId, OrderId
from kernel.text import NO_NUL, Text

CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=128)]


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the desk decides about an order that is held, and why."""

    is_placed: bool
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether what was typed in is right; where it is not, why."""

    is_right: bool
    reason: Annotated[Text, msgspec.Meta(max_length=500)] = ""


_MAY_ORDER: Final = [allow(Role.CUSTOMER, Role.PLATFORM, Role.OPERATOR, scopes=[Scope.INTAKE])]
_INTAKE: Final = [allow(Role.OPERATOR, scopes=[Scope.INTAKE])]


@post("/v1/orders", guards=_MAY_ORDER)
async def receive_order(
    data: JSONBody[OrderRequest],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    around: NamedDependency[Around],
    now: NamedDependency[datetime],
) -> OrderAnswer:
    """Place an order. Safe to repeat with the same Idempotency-Key; a platform's `external_id` is recognised too."""

    async def receive() -> OrderAnswer:
        order_id = await commands.receive_order(tx, data, caller=caller, around=around, act=caller.act(now))
        return await queries.answer(tx, order_id)

    async def receive_external() -> OrderAnswer:
        return await idempotency.once(
            tx, caller.id, f"external {data.external_id}", asked, receive, answer_type=OrderAnswer, now=now
        )

    asked = idempotency.fingerprint("receive_order", data)
    is_external = caller.role is Role.PLATFORM and data.external_id is not None
    do = receive_external if is_external else receive
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=OrderAnswer, now=now)


@post("/v1/orders/quote", status_code=200, guards=_MAY_ORDER)
async def quote_order(
    data: JSONBody[OrderRequest],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    around: NamedDependency[Around],
    now: NamedDependency[datetime],
) -> OrderQuote:
    """Say what an order would cost, be promised and be held for; takes the same body and writes nothing."""
    return await commands.quote_order(tx, data, caller=caller, around=around, act=caller.act(now))


@get("/v1/orders/held", guards=_INTAKE)
async def list_held(
    city_id: CityQuery,
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> HeldPage:
    """List what waits for a person before any store is asked: held for review, or typed in and not confirmed."""
    return await queries.list_held(tx, city_id, after=cursor, limit=limit, now=now)


@post("/v1/orders/{order_id:str}/confirmation", status_code=200, guards=_INTAKE)
async def confirm_order(
    order_id: FromPath[OrderId],
    data: JSONBody[Confirmation],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    around: NamedDependency[Around],
    now: NamedDependency[datetime],
) -> OrderAnswer:
    """Say that what an operator typed in is right, which places it, or reject it. Safe to repeat."""
    if not data.is_right and not data.reason:
        raise InvalidField("reason", "say what is wrong")
    await commands.confirm_order(
        tx, order_id, is_right=data.is_right, reason=data.reason, around=around, act=caller.act(now)
    )
    return await queries.answer_to_desk(tx, order_id)


@post("/v1/orders/{order_id:str}/review", status_code=200, guards=_INTAKE)
async def review_order(
    order_id: FromPath[OrderId],
    data: JSONBody[Review],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    around: NamedDependency[Around],
    now: NamedDependency[datetime],
) -> OrderAnswer:
    """Place a held order in spite of its problems, or reject it."""
    await commands.review_order(
        tx,
        order_id,
        is_placed=data.is_placed,
        reason=data.reason,
        around=around,
        act=caller.act(now),
    )
    return await queries.answer_to_desk(tx, order_id)


ROUTES: Final = [receive_order, quote_order, list_held, confirm_order, review_order]

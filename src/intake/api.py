from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody

from accounts.guards import allow
from accounts.model import Caller, Scope
from infra import idempotency
from infra.db import Tx
from intake import commands, queries
from intake.commands import Around
from intake.model import OrderRequest
from intake.queries import OrderAnswer
from kernel.actors import Role
from kernel.ids import OrderId
from kernel.text import Text

IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=128)]


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the desk decides about an order that is held, and why."""

    is_placed: bool
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]


@post("/v1/orders", guards=[allow(Role.CUSTOMER, Role.PLATFORM, Role.OPERATOR, scopes=[Scope.INTAKE])])
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


@post(
    "/v1/orders/{order_id:str}/review",
    status_code=200,
    guards=[allow(Role.OPERATOR, scopes=[Scope.INTAKE])],
)
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
    return await queries.answer(tx, order_id)


ROUTES: Final = [receive_order, review_order]

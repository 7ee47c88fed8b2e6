from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import Caller, Scope
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import ItemId, StoreId, TicketId
from kernel.text import GIVEN_ID, NO_NUL, Text
from merchant import commands, queries
from merchant.api.guards import answers_tickets
from merchant.commands.kitchen import Resolution
from merchant.model.tickets import RejectReason, Ticket
from merchant.policy.stores import MAX_PREP_MINUTES
from merchant.policy.tickets import MAX_EXTENSION_MINUTES
from merchant.queries import TicketPage

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
OnlyOpen = Annotated[bool, QueryParameter(name="open")]


class Accept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In how many minutes it will be ready; the store's usual time of now where not given."""

    prep_minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_PREP_MINUTES)] | None = None


class Reject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the store does not cook it, and which items are out of stock where that is why."""

    reason: RejectReason
    item_ids: Annotated[list[Annotated[ItemId, GIVEN_ID]], msgspec.Meta(max_length=100)] = []


class Extend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many minutes later than first said it will be ready, in all, and why."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=MAX_EXTENSION_MINUTES)]
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=200)]


class CancellationAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the order may be cancelled; no means that the kitchen began."""

    agree: bool


class ItemsAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the store says to the rider's count."""

    resolution: Resolution
    note: Annotated[Text, msgspec.Meta(max_length=300)] = ""


@get("/v1/stores/{store_id:str}/tickets", guards=[allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.DISPATCH])])
async def list_tickets(
    store_id: FromPath[StoreId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    only_open: OnlyOpen = False,  # noqa: FBT002  a query parameter, always named
    cursor: Cursor = None,
    limit: Limit = 50,
) -> TicketPage:
    """List a store's tickets: the open ones oldest first, or all of them newest first."""
    return await queries.list_tickets(tx, store_id, caller=caller, only_open=only_open, cursor=cursor, limit=limit)


@get("/v1/tickets/{ticket_id:str}", guards=[answers_tickets])
async def get_ticket(ticket_id: FromPath[TicketId], caller: NamedDependency[Caller], tx: NamedDependency[Tx]) -> Ticket:
    """Return a ticket."""
    return await queries.get_ticket(tx, ticket_id, caller=caller)


@post("/v1/tickets/{ticket_id:str}/accept", status_code=200, guards=[answers_tickets])
async def accept(
    ticket_id: FromPath[TicketId],
    data: JSONBody[Accept],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Accept an order. Gone (410) once the acceptance window is over. Safe to repeat."""
    return await commands.accept(tx, ticket_id, prep_minutes=data.prep_minutes, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/reject", status_code=200, guards=[answers_tickets])
async def reject(
    ticket_id: FromPath[TicketId],
    data: JSONBody[Reject],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Reject an order; items that are out of stock go off the menu. Safe to repeat."""
    return await commands.reject(tx, ticket_id, reason=data.reason, item_ids=data.item_ids, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/start", status_code=200, guards=[answers_tickets])
async def start(
    ticket_id: FromPath[TicketId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Say that the kitchen began. Safe to repeat."""
    return await commands.start(tx, ticket_id, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/extend", status_code=200, guards=[answers_tickets])
async def extend(
    ticket_id: FromPath[TicketId],
    data: JSONBody[Extend],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Say that it takes longer; customer and rider are told. Safe to repeat, as the minutes are those in all."""
    return await commands.extend(tx, ticket_id, extended_minutes=data.minutes, reason=data.reason, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/ready", status_code=200, guards=[answers_tickets])
async def ready(
    ticket_id: FromPath[TicketId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Say that the food waits for its rider. Safe to repeat."""
    return await commands.ready(tx, ticket_id, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/cancellation-answer", status_code=200, guards=[answers_tickets])
async def answer_cancellation(
    ticket_id: FromPath[TicketId],
    data: JSONBody[CancellationAnswer],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Answer whether an order may be cancelled; refusing records that the kitchen began. Safe to repeat."""
    return await commands.answer_cancellation(tx, ticket_id, agree=data.agree, by=caller, now=now)


@post("/v1/tickets/{ticket_id:str}/items-answer", status_code=200, guards=[answers_tickets])
async def answer_items(
    ticket_id: FromPath[TicketId],
    data: JSONBody[ItemsAnswer],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Ticket:
    """Answer the rider's count of the items. Safe to repeat."""
    return await commands.answer_items(tx, ticket_id, resolution=data.resolution, note=data.note, by=caller, now=now)


ROUTES: Final = [
    list_tickets,
    get_ticket,
    accept,
    reject,
    start,
    extend,
    ready,
    answer_cancellation,
    answer_items,
]

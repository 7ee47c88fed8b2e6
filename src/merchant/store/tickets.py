from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import OrderId, StoreId, TicketId
from merchant.model.tickets import Answer, Ticket, TicketHome, TicketStatus
from merchant.state import TERMINAL
from orders.messages import ItemProblem
from orders.model import OrderLine, RiderComing

_sql: Final = load("merchant")
_json: Final = msgspec.json.Encoder()


async def insert_ticket(tx: Tx, ticket: Ticket, *, rule_version: int) -> None:
    """Write a ticket that was just offered."""
    await tx.execute(
        _sql.insert_ticket, ticket.id, ticket.order_id, ticket.store_id, ticket.short_number,
        _json.encode(ticket.lines).decode(), rule_version, ticket.offered_at, ticket.accept_by,
    )  # fmt: skip


async def find_ticket_home(tx: Tx, ticket_id: TicketId) -> TicketHome | None:
    """Return whose ticket it is, without a lock."""
    row = await tx.fetchrow(_sql.find_ticket_home, ticket_id)
    return TicketHome(order_id=row["order_id"], store_id=row["store_id"]) if row else None


async def find_ticket_of_order(tx: Tx, order_id: OrderId) -> tuple[TicketId, TicketStatus] | None:
    """Return an order's ticket and where it stands, without a lock."""
    row = await tx.fetchrow(_sql.find_ticket_of_order, order_id)
    return (row["id"], TicketStatus(row["status"])) if row else None


async def find_ticket(tx: Tx, ticket_id: TicketId) -> Ticket | None:
    """Return a ticket, without a lock."""
    row = await tx.fetchrow(_sql.find_ticket, ticket_id)
    return _ticket(row) if row else None


async def lock_ticket(tx: Tx, ticket_id: TicketId) -> Ticket:
    """Lock a ticket that is known to exist; its order must be locked already."""
    return _ticket(await tx.fetchrow(_sql.lock_ticket, ticket_id))


async def list_open_tickets(tx: Tx, store_id: StoreId, *, after: str, limit: int) -> list[Ticket]:
    """Return what the kitchen has before it, oldest first."""
    return [_ticket(row) for row in await tx.fetch(_sql.list_open_tickets, store_id, after, limit)]


async def list_tickets(tx: Tx, store_id: StoreId, *, before: str | None, limit: int) -> list[Ticket]:
    """Return all tickets of a store, newest first."""
    return [_ticket(row) for row in await tx.fetch(_sql.list_tickets, store_id, before, limit)]


async def move_ticket(
    tx: Tx,
    ticket: Ticket,
    to: TicketStatus,
    *,
    at: datetime,
    reason: str | None = None,
    prep_minutes: int | None = None,
    ready_by: datetime | None = None,
) -> bool:
    """Compare and set the status; False when it is not what `ticket` says any more."""
    moved = await tx.fetchval(
        _sql.move_ticket, ticket.id, ticket.status, to, at, to in TERMINAL, reason, prep_minutes, ready_by
    )
    return moved is not None


async def set_reminders_sent(tx: Tx, ticket_id: TicketId, n: int) -> None:
    """Write how often the store was reminded."""
    await tx.execute(_sql.set_reminders_sent, ticket_id, n)


async def set_ready_by(tx: Tx, ticket_id: TicketId, *, ready_by: datetime, extended_minutes: int) -> None:
    """Write that the kitchen needs longer."""
    await tx.execute(_sql.set_ready_by, ticket_id, ready_by, extended_minutes)


async def extend_window(tx: Tx, ticket_id: TicketId, *, accept_by: datetime) -> None:
    """Write that the store has longer to accept."""
    await tx.execute(_sql.extend_window, ticket_id, accept_by)


async def set_cancellation_asked(tx: Tx, order_id: OrderId, *, answer_by: datetime) -> None:
    """Write until when the store's word on cancelling is waited for."""
    await tx.execute(_sql.set_cancellation_asked, order_id, answer_by)


async def set_rider(tx: Tx, order_id: OrderId, rider: RiderComing | None) -> None:
    """Write who comes for the food; nobody waits at the counter yet."""
    await tx.execute(_sql.set_rider, order_id, _json.encode(rider).decode() if rider else None)


async def set_rider_arrived(tx: Tx, order_id: OrderId, *, at: datetime) -> None:
    """Write since when the rider waits at the counter."""
    await tx.execute(_sql.set_rider_arrived, order_id, at)


async def set_items_disputed(tx: Tx, order_id: OrderId, problems: Sequence[ItemProblem], *, seq: int) -> None:
    """Write what the rider's count found; `seq` is the number of the complaint among the order's facts."""
    await tx.execute(_sql.set_items_disputed, order_id, _json.encode(problems).decode(), seq)


async def set_items_answered(tx: Tx, ticket_id: TicketId, *, seq: int) -> None:
    """Write that complaints up to this number are answered."""
    await tx.execute(_sql.set_items_answered, ticket_id, seq)


async def find_answer(tx: Tx, ticket_id: TicketId, answer: Answer, fingerprint: str) -> Ticket | None:
    """Return the first answer to this request, or None."""
    body = await tx.fetchval(_sql.find_answer, ticket_id, answer, fingerprint)
    return msgspec.json.decode(body, type=Ticket) if body is not None else None


async def insert_answer(tx: Tx, ticket: Ticket, answer: Answer, fingerprint: str, *, now: datetime) -> None:
    """Keep the first answer to a request."""
    await tx.execute(_sql.insert_answer, ticket.id, answer, fingerprint, _json.encode(ticket).decode(), now)


def _ticket(row: asyncpg.Record | None) -> Ticket:
    fields = dict(row)  # type: ignore[arg-type]  # callers know that it exists
    fields["lines"] = msgspec.json.decode(fields["lines"], type=list[OrderLine])
    fields["items_disputed"] = msgspec.json.decode(fields["items_disputed"], type=list[ItemProblem])
    if fields["rider"] is not None:
        fields["rider"] = msgspec.json.decode(fields["rider"], type=RiderComing)
    return msgspec.convert(fields, Ticket)

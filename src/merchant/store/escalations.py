from collections.abc import Collection
from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import EscalationId, TicketId
from merchant.model.escalations import Escalation, EscalationKind, Help

_sql: Final = load("merchant")


async def insert_escalation(tx: Tx, escalation: Escalation) -> bool:
    """Write a call for help; False where the same is asked already."""
    written = await tx.fetchval(
        _sql.insert_escalation, escalation.id, escalation.kind, escalation.ticket_id, escalation.order_id,
        escalation.store_id, escalation.opened_at,
    )  # fmt: skip
    return written is not None


async def find_escalation(tx: Tx, escalation_id: EscalationId) -> Escalation | None:
    """Return a call for help, without a lock."""
    row = await tx.fetchrow(_sql.find_escalation, escalation_id)
    return _escalation(row) if row else None


async def lock_escalation(tx: Tx, escalation_id: EscalationId) -> Escalation:
    """Lock a call for help that is known to exist; order and ticket must be locked already."""
    return _escalation(await tx.fetchrow(_sql.lock_escalation, escalation_id))


async def list_open_escalations(tx: Tx, *, after: str, limit: int) -> list[asyncpg.Record]:
    """Return the rows of open calls with whom to ring up, oldest first."""
    return await tx.fetch(_sql.list_open_escalations, after, limit)


async def resolve_escalation(
    tx: Tx, escalation_id: EscalationId, help_given: Help, *, by_id: str, now: datetime
) -> None:
    """Write what was done, once."""
    await tx.execute(_sql.resolve_escalation, escalation_id, now, by_id, msgspec.json.encode(help_given).decode())


async def drop_escalations(
    tx: Tx, ticket_id: TicketId, kinds: Collection[EscalationKind], *, because: str, now: datetime
) -> None:
    """Close calls for help that settled themselves."""
    await tx.execute(_sql.drop_escalations, ticket_id, list(kinds), now, because)


def _escalation(row: asyncpg.Record | None) -> Escalation:
    fields = dict(row)  # type: ignore[arg-type]  # callers know that it exists
    fields["help"] = msgspec.json.decode(fields["help"], type=Help) if fields["help"] else None
    return msgspec.convert(fields, Escalation)

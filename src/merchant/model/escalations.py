from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.ids import EscalationId, OrderId, StoreId, TicketId


class EscalationKind(StrEnum):
    """What the desk is called for."""

    NOT_ACCEPTED = "not_accepted"
    NOT_READY = "not_ready"


class EscalationStatus(StrEnum):
    """`moot` when it settled itself before anybody helped."""

    OPEN = "open"
    RESOLVED = "resolved"
    MOOT = "moot"


class HelpOutcome(StrEnum):
    """What the desk did about it."""

    ACCEPTED_ON_BEHALF = "accepted_on_behalf"
    WINDOW_EXTENDED = "window_extended"
    STORE_PAUSED = "store_paused"
    CANCELLED = "cancelled"
    NO_HELP = "no_help"


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the desk reached, why it happened, and what is to be done; `minutes` of prep, of window or of pause."""

    reached: str
    reason: str
    outcome: HelpOutcome
    minutes: int | None = None


class Escalation(msgspec.Struct, frozen=True, kw_only=True):
    """A call for help: a store that must be phoned."""

    id: EscalationId
    kind: EscalationKind
    status: EscalationStatus
    ticket_id: TicketId
    order_id: OrderId
    store_id: StoreId
    opened_at: datetime
    closed_at: datetime | None = None
    help: Help | None = None

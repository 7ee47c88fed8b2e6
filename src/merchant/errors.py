from datetime import datetime

from kernel.errors import DomainError, Kind
from kernel.ids import EscalationId, ItemId, TicketId


class MerchantNotFound(DomainError):
    """There is no such merchant."""

    kind, code = Kind.NOT_FOUND, "merchant.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such merchant.")


class StoreNotFound(DomainError):
    """There is no such store, or it is not yours."""

    kind, code = Kind.NOT_FOUND, "store.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such store, or it is not yours.")


class ItemNotFound(DomainError):
    """There is no such item on this menu."""

    kind, code = Kind.NOT_FOUND, "item.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such item on this menu.")


class ItemsOutOfStock(DomainError):
    """There is less left of an item than was ordered."""

    kind, code = Kind.CONFLICT, "item.out_of_stock"

    def __init__(self, item_ids: list[ItemId]) -> None:
        super().__init__(f"Too little is left of {', '.join(item_ids)}.", item_ids=item_ids)


class TicketNotFound(DomainError):
    """There is no such ticket, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "ticket.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such ticket, or it is not yours to see.")


class TicketExpired(DomainError):
    """The order expired before it was answered."""

    kind, code = Kind.GONE, "ticket.expired"

    def __init__(self, ticket_id: TicketId, *, expired_at: datetime) -> None:
        super().__init__(
            f"Ticket {ticket_id} expired at {expired_at:%H:%M:%S} UTC.", ticket_id=ticket_id, expired_at=expired_at
        )


class TicketMoved(DomainError):
    """The ticket is in a state from which this step is not possible."""

    kind, code = Kind.CONFLICT, "ticket.moved"

    def __init__(
        self,
        ticket_id: TicketId,
        *,
        move: str,
        status: str,
        prep_minutes: int | None,
        ready_by: datetime | None,
        extended_minutes: int,
    ) -> None:
        super().__init__(
            f"Ticket {ticket_id} is {status}; it cannot {move}.",
            ticket_id=ticket_id,
            move=move,
            status=status,
            prep_minutes=prep_minutes,
            ready_by=ready_by,
            extended_minutes=extended_minutes,
        )


class NothingDisputed(DomainError):
    """No rider's count waits for an answer."""

    kind, code = Kind.CONFLICT, "ticket.nothing_disputed"

    def __init__(self, ticket_id: TicketId) -> None:
        super().__init__("No rider's count waits for an answer.", ticket_id=ticket_id)


class EscalationNotFound(DomainError):
    """There is no such escalation, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "escalation.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such escalation, or it is not yours to see.")


class EscalationClosed(DomainError):
    """The escalation was closed already."""

    kind, code = Kind.CONFLICT, "escalation.closed"

    def __init__(self, escalation_id: EscalationId, *, status: str, outcome: str | None) -> None:
        super().__init__(
            f"Escalation {escalation_id} is {status}.", escalation_id=escalation_id, status=status, outcome=outcome
        )


class HelpNotPossible(DomainError):
    """This help is not possible here, or was given already."""

    kind, code = Kind.CONFLICT, "escalation.help_not_possible"

    def __init__(self, escalation_id: EscalationId, *, outcome: str, why: str) -> None:
        super().__init__(why, escalation_id=escalation_id, outcome=outcome)

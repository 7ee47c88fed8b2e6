"""Why the desk says no."""

from datetime import datetime

from kernel.errors import DomainError, Kind
from kernel.ids import OrderId


class OrderTaken(DomainError):
    """Somebody else takes care of this order meanwhile."""

    kind, code = Kind.CONFLICT, "owner.changed"

    def __init__(self, order_id: OrderId, *, operator_id: str | None, since_at: datetime | None) -> None:
        whose = f"{operator_id} takes care of it" if operator_id else "nobody takes care of it"
        super().__init__(
            f"Order {order_id}: {whose} now.", order_id=order_id, operator_id=operator_id, since_at=since_at
        )


class OrderOver(DomainError):
    """The order is over: there is nothing to take care of."""

    kind, code = Kind.CONFLICT, "owner.order_over"

    def __init__(self, order_id: OrderId, *, status: str) -> None:
        super().__init__(f"Order {order_id} is {status}.", order_id=order_id, status=status)

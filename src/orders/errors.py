from typing import Any

from kernel.errors import DomainError, Kind
from kernel.ids import OrderId


class OrderNotFound(DomainError):
    """There is no such order, or it is not yours to see."""

    kind, code = Kind.NOT_FOUND, "order.not_found"

    def __init__(self) -> None:
        super().__init__("There is no such order, or it is not yours to see.")


class OrderMoved(DomainError):
    """The order is in a state from which this step is not possible."""

    kind, code = Kind.CONFLICT, "order.moved"

    def __init__(self, order_id: OrderId, *, status: str, move: str) -> None:
        super().__init__(
            f"Order {order_id} is {status}; it cannot {move}.", order_id=order_id, status=status, move=move
        )


class QuoteChanged(DomainError):
    """The cancellation quote you answer to is not the current one."""

    kind, code = Kind.CONFLICT, "cancellation.quote_changed"

    def __init__(self, order_id: OrderId, *, quote: Any) -> None:
        super().__init__("The order went on meanwhile; here is the quote of now.", order_id=order_id, quote=quote)


class CancellationAlreadyAsked(DomainError):
    """The store is being asked already whether this order may be cancelled."""

    kind, code = Kind.CONFLICT, "cancellation.already_asked"

    def __init__(self, order_id: OrderId, *, answer_by: Any) -> None:
        super().__init__(f"The store answers by {answer_by:%H:%M:%S} UTC.", order_id=order_id, answer_by=answer_by)


class CancellationNotOpen(DomainError):
    """Nobody is asking to cancel this order, or it was answered otherwise already."""

    kind, code = Kind.CONFLICT, "cancellation.not_open"

    def __init__(self, order_id: OrderId, *, status: str) -> None:
        super().__init__(f"Order {order_id} is {status}; no question is open.", order_id=order_id, status=status)


class CancellationLapsed(DomainError):
    """The time to answer the cancellation is over."""

    kind, code = Kind.GONE, "cancellation.lapsed"

    def __init__(self, order_id: OrderId, *, answer_by: Any) -> None:
        super().__init__(f"The answer was due at {answer_by:%H:%M:%S} UTC.", order_id=order_id, answer_by=answer_by)


class TooLateToCancel(DomainError):
    """At this stage an order cannot be cancelled by this caller alone; ask the operations desk."""

    kind, code = Kind.CONFLICT, "cancellation.too_late"

    def __init__(self, order_id: OrderId, *, status: str) -> None:
        super().__init__(
            f"Order {order_id} is {status}; the operations desk can help.", order_id=order_id, status=status
        )


class RefundTooLarge(DomainError):
    """Refunds can never add up to more than was captured."""

    kind, code = Kind.CONFLICT, "payment.refund_too_large"

    def __init__(self, order_id: OrderId, *, captured_minor: int, refunded_minor: int, asked_minor: int) -> None:
        super().__init__(
            f"Of {captured_minor} captured, {refunded_minor} are refunded; {asked_minor} more cannot be.",
            order_id=order_id,
            captured_minor=captured_minor,
            refunded_minor=refunded_minor,
            asked_minor=asked_minor,
        )

from kernel.errors import DomainError, Kind
from kernel.ids import OrderId, StoreId


class StoreUnknown(DomainError):
    """There is no such store."""

    kind, code = Kind.INVALID, "intake.store_unknown"

    def __init__(self, store_id: StoreId) -> None:
        super().__init__("store_id: there is no such store", field="store_id", store_id=store_id)


class ReviewNotOpen(DomainError):
    """The order is not held for review."""

    kind, code = Kind.CONFLICT, "review.not_open"

    def __init__(self, order_id: OrderId, *, status: str) -> None:
        super().__init__(f"Order {order_id} is {status}.", order_id=order_id, status=status)


class CannotWaveThrough(DomainError):
    """A problem of this order cannot be overridden by a person."""

    kind, code = Kind.CONFLICT, "review.blocking_problem"

    def __init__(self, order_id: OrderId, *, problems: list[str]) -> None:
        super().__init__(
            f"Order {order_id} cannot be placed: {', '.join(problems)}.", order_id=order_id, problems=problems
        )


class ConfirmationNotOpen(DomainError):
    """The order waits for nobody's confirmation."""

    kind, code = Kind.CONFLICT, "confirmation.not_open"

    def __init__(self, order_id: OrderId, *, status: str, answer: str | None, answered_by_id: str | None) -> None:
        super().__init__(
            f"Order {order_id} is {status}; it waits for nobody's confirmation.",
            order_id=order_id,
            status=status,
            answer=answer,
            answered_by_id=answered_by_id,
        )


class AnotherMustConfirm(DomainError):
    """Whoever typed an order in may not confirm it in this city: somebody else reads it again."""

    kind, code = Kind.CONFLICT, "confirmation.needs_another"

    def __init__(self, order_id: OrderId) -> None:
        super().__init__(f"You typed order {order_id} in: another operator confirms it.", order_id=order_id)

"""How orders that were typed in come to be placed: facts in the order's stream. Additive changes only."""

from datetime import datetime

from orders.messages import OrderEvent


class ConfirmationAwaited(OrderEvent, frozen=True, kw_only=True, tag="order.confirmation_awaited"):
    """An operator typed the order in; nobody cooks before it was read again."""

    confirm_by: datetime
    expires_at: datetime
    is_another_needed: bool
    rule_version: int


class OrderConfirmed(OrderEvent, frozen=True, kw_only=True, tag="order.confirmed"):
    """What was typed in was read again and is right."""

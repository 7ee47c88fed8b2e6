"""Who takes care of an order: facts in its stream. Additive changes only."""

from orders.messages import OrderEvent


class OwnerChanged(OrderEvent, frozen=True, kw_only=True, tag="order.owner_changed"):
    """An operator takes care of the order from now on; null: nobody does any more."""

    operator_id: str | None
    was_operator_id: str | None

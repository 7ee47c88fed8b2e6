"""What a store sees of its orders: one table. A type that is not in it is for the desk alone, also a new one."""

from collections.abc import Mapping
from typing import Any, Final

Fields = tuple[str, ...]

ALWAYS: Final[Fields] = ("type", "order_id", "store_id", "ticket_id")
BARE: Final[Fields] = ()  # that it happened, and when

# fmt: off
SEEN: Final[Mapping[str, Fields]] = {
    "order.placed":                  ("short_number", "accept_by"),
    "order.rejected":                ("reason", "item_ids"),
    "order.expired":                 ("accept_by",),
    "order.accepted":                ("prep_minutes", "ready_by"),
    "order.preparation_started":     BARE,
    "order.ready_by_changed":        ("ready_by", "extended_minutes", "reason"),
    "order.ready":                   BARE,
    "order.rider_assigned":          ("rider_id", "pickup_eta_at", "rider_first_name", "vehicle"),
    "order.rider_unassigned":        BARE,
    "order.rider_arrived_at_pickup": ("rider_id",),   # at the customer's door they are not the store's business
    "order.items_disputed":          ("problems",),
    "order.items_answered":          ("resolution", "note"),
    "order.picked_up":               ("rider_id",),
    "order.delivered":               BARE,
    "order.returned":                ("reason",),
    "order.cancellation_asked":      ("cancellation_id", "reason", "answer_by"),
    "order.cancellation_refused":    ("cancellation_id",),
    "order.cancelled":               ("reason", "by_role", "fee_minor"),
    "ticket.offered":                ("short_number", "accept_by"),
    "ticket.reminded":               ("n", "accept_by"),
    "ticket.escalated":              ("kind",),
    "ticket.window_extended":        ("accept_by",),
    "ticket.ready_overdue":          ("ready_by",),
    "ticket.withdrawn":              ("reason",),
    "ticket.handed_over":            BARE,
    "escalation.resolved":           ("outcome",),
    "delivery.unassigned_alert":     ("due_at",),     # nobody carries it yet: hold the food
    "store.changed":                 ("changed", "paused_until", "auto_accept"),
    "store.items_changed":           ("item_ids",),
}
# fmt: on


def seen_by_store(fact: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the store's staff see of a fact; None hides it, and only its number is sent."""
    fields = SEEN.get(fact["type"])
    if fields is None:
        return None
    return {name: fact[name] for name in (*ALWAYS, *fields) if name in fact}

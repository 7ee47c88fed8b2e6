"""Who sees what of one order's feed: one table for the facts, one for the rider's live position.

An operator sees every fact whole. A type that is not in the table is for operators alone, so a new event is hidden
until somebody decides otherwise. Of the others each sees the fields named here and no more; `None` hides the event,
which keeps its number.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from kernel.actors import Role
from tracking.model import Stage, Standing

Fields = tuple[str, ...]


class Cells(msgspec.Struct, frozen=True):
    """One event type's row."""

    customer: Fields | None = None
    platform: Fields | None = None
    merchant: Fields | None = None

    def of(self, role: Role) -> Fields | None:
        """Return one cell; a role without a column sees nothing."""
        columns = {
            Role.CUSTOMER: self.customer,
            Role.FOLLOWER: self.follower,
            Role.PLATFORM: self.platform,
            Role.MERCHANT: self.merchant,
        }
        return columns.get(role)

    @property
    def follower(self) -> Fields | None:
        """What the customer sees, without money; an event that is about nothing else is hidden."""
        if self.customer is None or self.customer == _MONEY:
            return HIDDEN
        return tuple(name for name in self.customer if name not in _ABOUT_MONEY)


HIDDEN: Final = None
BARE: Final[Fields] = ()  # that it happened, and when

_ORDER: Final[Fields] = ("short_number", "total_minor", "currency")
_PLACED: Final[Fields] = ("short_number", "accept_by")
_REJECTED: Final[Fields] = ("reason", "item_ids", "refund_minor")
_KITCHEN: Final[Fields] = ("prep_minutes", "ready_by")
_ASKED: Final[Fields] = ("cancellation_id", "reason", "answer_by")
_CANCELLED: Final[Fields] = ("reason", "by_role", "fee_minor", "refund_minor")
_MONEY: Final[Fields] = ("kind", "amount_minor")
_ABOUT_MONEY: Final = frozenset({"total_minor", "currency", "refund_minor", "fee_minor"})
_PROMISE: Final[Fields] = ("promised_from", "promised_by", "eta_at", "low_at", "high_at")
_ETA: Final[Fields] = ("was_at", "eta_at", "low_at", "high_at", "cause", "breaks_promise")
_BREACH: Final[Fields] = ("promised_by", "at", "late_by_s", "is_expected", "cause")

_LONGER: Final[Fields] = ("ready_by", "extended_minutes", "reason")
_LATE: Final[Fields] = ("late_by_s", "is_expected", "cause")

# fmt: off
#                                          customer           platform            merchant
FACTS: Final[Mapping[str, Cells]] = {
    "order.received":                 Cells(_ORDER,            _ORDER,             HIDDEN),
    "order.held_for_review":          Cells(BARE,              BARE,               HIDDEN),
    "order.placed":                   Cells(_PLACED,           _PLACED,            _PLACED),
    "order.rejected":                 Cells(_REJECTED,         _REJECTED,          ("reason", "item_ids")),
    "order.expired":                  Cells(("refund_minor",), ("refund_minor",),  ("accept_by",)),
    "order.accepted":                 Cells(("ready_by",),     _KITCHEN,           _KITCHEN),
    "order.preparation_started":      Cells(BARE,              BARE,               BARE),
    "order.ready_by_changed":         Cells(("ready_by",),     ("ready_by",),      _LONGER),
    "order.ready":                    Cells(BARE,              BARE,               BARE),
    "order.rider_assigned":           Cells(BARE,              BARE,               ("rider_id", "pickup_eta_at")),
    "order.rider_unassigned":         Cells(BARE,              BARE,               BARE),
    "order.rider_arrived_at_pickup":  Cells(BARE,              BARE,               ("rider_id",)),
    "order.items_disputed":           Cells(HIDDEN,            HIDDEN,             ("problems",)),
    "order.items_answered":           Cells(HIDDEN,            HIDDEN,             ("resolution", "note")),
    "order.picked_up":                Cells(BARE,              BARE,               ("rider_id",)),
    "order.is_next_stop":             Cells(BARE,              BARE,               HIDDEN),
    "order.other_stop_first":         Cells(BARE,              BARE,               HIDDEN),
    "order.rider_arrived_at_dropoff": Cells(BARE,              BARE,               HIDDEN),
    "order.delivered":                Cells(BARE,              ("proof",),         BARE),
    "order.returned":                 Cells(("reason",),       ("reason",),        ("reason",)),
    "order.completed":                Cells(BARE,              BARE,               BARE),
    "order.cancellation_asked":       Cells(_ASKED,            _ASKED,             _ASKED),
    "order.cancellation_refused":     Cells(("cancellation_id",), ("cancellation_id",), ("cancellation_id",)),
    "order.cancelled":                Cells(_CANCELLED,        _CANCELLED,         ("reason", "by_role", "fee_minor")),
    "payment.settled":                Cells(_MONEY,            _MONEY,             HIDDEN),
    "payment.refused":                Cells(_MONEY,            _MONEY,             HIDDEN),
    "delivery.unassigned_alert":      Cells(HIDDEN,            HIDDEN,             BARE),
    "delivery.nobody_found":          Cells(BARE,              BARE,               BARE),
    "delivery.turned_back":           Cells(BARE,              ("reason",),        ("reason",)),
    "delivery.failed":                Cells(BARE,              BARE,               BARE),
    "promise.made":                   Cells(_PROMISE,          _PROMISE,           ("promised_by",)),
    "eta.revised":                    Cells(_ETA,              _ETA,               ("eta_at", "cause")),
    "promise.breached":               Cells(_BREACH,           _BREACH,            _LATE),
}
# fmt: on


class Phase(StrEnum):
    """What the rider does for this order; None where they do nothing for it."""

    APPROACHING = "approaching"
    CARRYING = "carrying"


# The rider's place: to the customer and their followers from pickup to drop-off, to the store while it waits for them.
POSITIONS: Final[Mapping[Role, frozenset[Phase]]] = {
    Role.CUSTOMER: frozenset({Phase.CARRYING}),
    Role.FOLLOWER: frozenset({Phase.CARRYING}),
    Role.PLATFORM: frozenset({Phase.CARRYING}),
    Role.MERCHANT: frozenset({Phase.APPROACHING}),
    Role.OPERATOR: frozenset(Phase),
}
# Their first name and vehicle: as long as they do something for it.
CARDS: Final[Mapping[Role, frozenset[Phase]]] = {
    Role.CUSTOMER: frozenset(Phase),
    Role.FOLLOWER: frozenset(Phase),
    Role.PLATFORM: frozenset(Phase),
    Role.MERCHANT: frozenset({Phase.APPROACHING}),
    Role.OPERATOR: frozenset(Phase),
}


class Carrying(msgspec.Struct, frozen=True):
    """Who does something for an order, and what."""

    rider_id: str | None = None
    phase: Phase | None = None


NOBODY: Final = Carrying()
_ENDS: Final = (
    "order.rider_unassigned",
    "order.delivered",
    "order.returned",
    "order.cancelled",
    "delivery.turned_back",
    "delivery.failed",
)
# Each of these says by itself who does something for the order from then on: the last one counts.
CARRYING_FACTS: Final = ("order.rider_assigned", "order.picked_up", *_ENDS)


def visible(event_type: str, payload: Mapping[str, Any], role: Role) -> dict[str, Any] | None:
    """Return what this role sees of a fact's payload, or None where the fact is hidden."""
    if role is Role.OPERATOR:
        return {name: value for name, value in payload.items() if name != "type"}
    fields = FACTS[event_type].of(role) if event_type in FACTS else HIDDEN
    return None if fields is None else {name: payload[name] for name in fields if name in payload}


def carrying_after(before: Carrying, event_type: str, rider_id: str | None) -> Carrying:
    """Return who does something for the order after this fact, which may name a rider."""
    match event_type:
        case "order.rider_assigned":
            return Carrying(rider_id, Phase.APPROACHING)
        case "order.picked_up":
            return Carrying(rider_id, Phase.CARRYING)
    return NOBODY if event_type in _ENDS else before


def may_see_position(carrying: Carrying, role: Role) -> bool:
    """Tell whether this role may be sent the rider's live position now."""
    return carrying.phase is not None and carrying.phase in POSITIONS.get(role, frozenset())


def may_see_card(carrying: Carrying, role: Role) -> bool:
    """Tell whether this role may know the rider's first name and vehicle now."""
    return carrying.phase is not None and carrying.phase in CARDS.get(role, frozenset())


def may_see_code(stage: Stage, standing: Standing, role: Role) -> bool:
    """Tell whether this role may know the code that is said at the door: who waits there, while the food comes."""
    is_near = stage is Stage.ON_THE_WAY and standing.trouble is None
    return is_near and role in {Role.CUSTOMER, Role.FOLLOWER}

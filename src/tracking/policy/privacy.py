"""Who sees what of one order: `FACTS` by what happened, `STAGES` by how far it is. Nothing else decides it.

An operator sees every fact whole. A type that is not in the table is for operators alone, so a new event is hidden
until somebody decides otherwise. Of the others each sees the fields named here and no more; `None` hides the event,
which keeps its number. A role that `STAGES` does not name sees nothing of it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from kernel.actors import Role

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


def _seen() -> Mapping[Role, Mapping[str, Fields]]:
    # Equal cells are one object: whoever has made something for a cell finds it again by that alone.
    same: dict[Fields, Fields] = {}
    seen: dict[Role, dict[str, Fields]] = {role: {} for role in Role}
    for event_type, cells in FACTS.items():
        for role, of_role in seen.items():
            if (fields := cells.of(role)) is not None:
                of_role[event_type] = same.setdefault(fields, fields)
    return seen


SEEN: Final = _seen()  # `FACTS` by role, without what is hidden: every fact of every followed order asks for it


class Phase(StrEnum):
    """What is being done for this order, as far as who sees what depends on it."""

    NOBODY = "nobody"  # no rider yet, or no longer
    APPROACHING = "approaching"  # on the way to the store, or waiting there
    OTHER_FIRST = "carrying_other_first"  # they have the food, and another door comes before
    NEXT = "carrying_next"  # they have the food, and no door comes before
    OVER = "over"  # it is handed over, or will not come to the door


class Sight(StrEnum):
    """How exactly the rider's place is seen."""

    NONE = "none"
    COARSE = "coarse"  # the part of town; docs/decisions/0014
    EXACT = "exact"


class May(msgspec.Struct, frozen=True):
    """One cell: the rider's place, their name and vehicle, the code said at the door, the door, what is paid there."""

    position: Sight = Sight.NONE
    card: bool = False
    code: bool = False
    door: bool = False
    due: bool = False


CARRIED: Final = frozenset({Phase.OTHER_FIRST, Phase.NEXT})
NOTHING: Final = May()
_NO, _ROUGH, _EXACT = Sight.NONE, Sight.COARSE, Sight.EXACT
_C, _F, _P, _M, _O = Role.CUSTOMER, Role.FOLLOWER, Role.PLATFORM, Role.MERCHANT, Role.OPERATOR

# fmt: off
STAGES: Final[Mapping[tuple[Role, Phase], May]] = {
    #                              position  card   code   door   due
    (_C, Phase.NOBODY):      May(_NO,    False, False, True,  True),
    (_C, Phase.APPROACHING): May(_NO,    True,  False, True,  True),
    (_C, Phase.OTHER_FIRST): May(_ROUGH, True,  True,  True,  True),
    (_C, Phase.NEXT):        May(_EXACT, True,  True,  True,  True),
    (_C, Phase.OVER):        May(_NO,    False, False, True,  False),

    (_F, Phase.NOBODY):      May(_NO,    False, False, True,  True),
    (_F, Phase.APPROACHING): May(_NO,    True,  False, True,  True),
    (_F, Phase.OTHER_FIRST): May(_ROUGH, True,  True,  True,  True),
    (_F, Phase.NEXT):        May(_EXACT, True,  True,  True,  True),
    (_F, Phase.OVER):        May(_NO,    False, False, False, False),

    (_P, Phase.NOBODY):      May(_NO,    False, False, True,  True),
    (_P, Phase.APPROACHING): May(_NO,    True,  False, True,  True),
    (_P, Phase.OTHER_FIRST): May(_ROUGH, True,  False, True,  True),
    (_P, Phase.NEXT):        May(_EXACT, True,  False, True,  True),
    (_P, Phase.OVER):        May(_NO,    False, False, True,  False),

    (_M, Phase.NOBODY):      May(_NO,    False, False, False, False),
    (_M, Phase.APPROACHING): May(_EXACT, True,  False, False, False),
    (_M, Phase.OTHER_FIRST): May(_NO,    False, False, False, False),
    (_M, Phase.NEXT):        May(_NO,    False, False, False, False),
    (_M, Phase.OVER):        May(_NO,    False, False, False, False),

    (_O, Phase.NOBODY):      May(_NO,    False, False, True,  True),
    (_O, Phase.APPROACHING): May(_EXACT, True,  False, True,  True),
    (_O, Phase.OTHER_FIRST): May(_EXACT, True,  False, True,  True),
    (_O, Phase.NEXT):        May(_EXACT, True,  False, True,  True),
    (_O, Phase.OVER):        May(_NO,    False, False, True,  False),
}
# fmt: on


class Carrying(msgspec.Struct, frozen=True):
    """Who does something for an order, and what. `exact_from`: what was measured before belongs to another's stop."""

    rider_id: str | None = None
    phase: Phase = Phase.NOBODY
    exact_from: datetime | None = None


NOBODY: Final = Carrying()
OVER: Final = Carrying(phase=Phase.OVER)
_ENDS: Final = (
    "order.delivered",
    "order.returned",
    "order.cancelled",
    "order.rejected",
    "order.expired",
    "delivery.turned_back",
    "delivery.failed",
)
# Each of these says by itself who does something for the order from then on: the last one counts.
CARRYING_FACTS: Final = frozenset(
    {
        "order.rider_assigned",
        "order.rider_unassigned",
        "order.picked_up",
        "order.other_stop_first",
        "order.is_next_stop",
        *_ENDS,
    }
)


def visible(event_type: str, payload: Mapping[str, Any], role: Role) -> dict[str, Any] | None:
    """Return what this role sees of a fact's payload, or None where the fact is hidden."""
    if role is Role.OPERATOR:
        return {name: value for name, value in payload.items() if name != "type"}
    fields = SEEN[role].get(event_type, HIDDEN)
    return None if fields is None else {name: payload[name] for name in fields if name in payload}


def may_hear(event_type: str, role: Role) -> bool:
    """Tell whether this role is told that something of this type happened."""
    return visible(event_type, {}, role) is not None


def carrying_after(before: Carrying, event_type: str, payload: Mapping[str, Any], *, at: datetime) -> Carrying:
    """Return who does something for the order after this fact, which happened at `at`.

    Food that was picked up is another stop's first, unless the fact says that its own door is next.
    """
    rider_id = payload.get("rider_id")
    match event_type:
        case "order.rider_assigned":
            return Carrying(rider_id, Phase.APPROACHING)
        case "order.rider_unassigned":
            return NOBODY
        case "order.picked_up":
            return Carrying(rider_id, Phase.NEXT if payload.get("is_next_stop") else Phase.OTHER_FIRST)
        case "order.other_stop_first":
            return Carrying(rider_id, Phase.OTHER_FIRST)
        case "order.is_next_stop":
            return Carrying(rider_id, Phase.NEXT, exact_from=at)
    return OVER if event_type in _ENDS else before


def may(carrying: Carrying, role: Role) -> May:
    """Return what this role may see now, besides the facts."""
    return STAGES.get((role, carrying.phase), NOTHING)


def sight(carrying: Carrying, role: Role, *, measured_at: datetime) -> Sight:
    """Return how exactly this role may see a place of the rider's that was measured then."""
    is_of_stop_before = carrying.exact_from is not None and measured_at < carrying.exact_from
    phase = Phase.OTHER_FIRST if is_of_stop_before else carrying.phase
    return STAGES.get((role, phase), NOTHING).position

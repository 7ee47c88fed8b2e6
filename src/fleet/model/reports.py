from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from fleet.model.deliveries import Move
from kernel.ids import ReportId


class ReportKind(StrEnum):
    """What a phone reports of a delivery."""

    ARRIVE_AT_PICKUP = "arrive_at_pickup"
    CHECK_ITEMS = "check_items"
    PICK_UP = "pick_up"
    ARRIVE_AT_DROPOFF = "arrive_at_dropoff"
    DELIVER = "deliver"
    TURN_BACK = "turn_back"
    FAIL = "fail"


# A check of the items moves nothing itself; it tells that the rider is at the store.
MOVES = {
    ReportKind.ARRIVE_AT_PICKUP: Move.ARRIVE_AT_PICKUP,
    ReportKind.CHECK_ITEMS: Move.ARRIVE_AT_PICKUP,
    ReportKind.PICK_UP: Move.PICK_UP,
    ReportKind.ARRIVE_AT_DROPOFF: Move.ARRIVE_AT_DROPOFF,
    ReportKind.DELIVER: Move.HAND_OVER,
    ReportKind.TURN_BACK: Move.TURN_BACK,
    ReportKind.FAIL: Move.FAIL,
}

FailReason = Literal[
    "vehicle", "accident", "emergency", "store_closed", "food_unavailable", "address_unreachable", "food_lost", "other"
]
TurnBackReason = Literal["customer_absent", "customer_refused", "wrong_address", "unsafe", "food_damaged", "other"]


class Outcome(StrEnum):
    """What became of a report."""

    APPLIED = "applied"
    UNAPPLIED = "unapplied"  # kept with its facts; the desk looks at it
    REFUSED = "refused"  # wrong code


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One status report of a phone, or of an operator by hand.."""

    report_id: ReportId
    kind: ReportKind
    occurred_at: datetime
    reason: str = ""
    note: str = ""
    code: str = ""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A report as it was answered first."""

    fingerprint: str
    outcome: Outcome
    why: str | None

"""What a rider's report means for the delivery as it stands when the report comes in."""

import hmac
from typing import Final

from fleet.errors import CodeLocked
from fleet.model.deliveries import Delivery, DeliveryStatus, Move
from fleet.model.reports import MOVES, Report, ReportKind
from fleet.state.deliveries import way_to
from kernel.ids import RiderId

CODE_TRIES: Final = 5  # a four-digit code guessed by chance: 1 in 2,000
GIVES_UP: Final = frozenset({"vehicle", "accident", "emergency"})  # somebody else can still carry it
_ORDER_OVER: Final = frozenset({"cancelled", "expired", "rejected"})
_BEFORE_PICKUP: Final = frozenset({DeliveryStatus.ASSIGNED, DeliveryStatus.ARRIVED_AT_PICKUP})


def why_unapplied(delivery: Delivery, *, by: RiderId, order_status: str) -> str | None:
    """Return why a report about a delivery that once was this rider's can no longer change it, or None."""
    if delivery.status is DeliveryStatus.CANCELLED or order_status in _ORDER_OVER:
        return "order_over"
    if delivery.rider_id != by:
        return "reassigned" if delivery.rider_id else "unassigned"
    return "failed" if delivery.status is DeliveryStatus.FAILED else None


def moves_for(delivery: Delivery, report: Report) -> tuple[Move, ...]:
    """Return the moves this report makes, implied ones first; none when it tells what is known.

    A rider who cannot go on before the pickup gives the delivery back: it looks for another rider.
    """
    if report.kind is ReportKind.FAIL and report.reason in GIVES_UP and delivery.status in _BEFORE_PICKUP:
        return (Move.UNASSIGN,)
    return way_to(delivery.status, MOVES[report.kind])


def is_right_code(delivery: Delivery, *, expected: str, given: str) -> bool:
    """Tell whether the drop-off code is right, where the order has one; refuses after too many tries."""
    if not expected:
        return True
    if delivery.code_tries >= CODE_TRIES:
        raise CodeLocked(delivery.id)
    return hmac.compare_digest(expected.encode(), given.encode())


def tries_left(delivery: Delivery) -> int:
    """Return how many tries are left after one more wrong one."""
    return CODE_TRIES - delivery.code_tries - 1

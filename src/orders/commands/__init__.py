"""What can be done to an order. Everything takes the *locked* order and returns it as it is afterwards."""

from orders.commands.cancellation import answer_cancellation, cancel, lapse_cancellation, request_cancellation
from orders.commands.custody import (
    answer_items,
    assign_rider,
    bring_back,
    deliver,
    dispute_items,
    pick_up,
    rider_arrived_at_dropoff,
    rider_arrived_at_pickup,
    say_whether_next,
    unassign_rider,
)
from orders.commands.kitchen import accept, change_ready_by, expire, mark_ready, reject, start_preparing
from orders.commands.numbering import lock, lock_one, tell
from orders.commands.payments import record_settlement, refund
from orders.commands.placing import complete, hold, place, receive

__all__ = [
    "accept",
    "answer_cancellation",
    "answer_items",
    "assign_rider",
    "bring_back",
    "cancel",
    "change_ready_by",
    "complete",
    "deliver",
    "dispute_items",
    "expire",
    "hold",
    "lapse_cancellation",
    "lock",
    "lock_one",
    "mark_ready",
    "pick_up",
    "place",
    "receive",
    "record_settlement",
    "refund",
    "reject",
    "request_cancellation",
    "rider_arrived_at_dropoff",
    "rider_arrived_at_pickup",
    "say_whether_next",
    "start_preparing",
    "tell",
    "unassign_rider",
]

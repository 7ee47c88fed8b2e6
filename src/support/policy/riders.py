"""What a rider on shift is doing."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class RiderState(StrEnum):
    """What a rider on shift is doing, by the step that is furthest."""

    FREE = "free"
    OFFERED = "offered"
    TO_PICKUP = "to_pickup"
    WAITING = "waiting"
    CARRYING = "carrying"
    BREAK = "break"


_CARRYING: Final = frozenset({"picked_up", "arrived_at_dropoff", "returning"})


def state_of(shift_status: str, *, in_hand: Collection[str], is_asked: bool) -> RiderState:
    """Return what a rider does, given the states of the deliveries in hand; a break counts once the hands are empty."""
    if _CARRYING.intersection(in_hand):
        return RiderState.CARRYING
    if "arrived_at_pickup" in in_hand:
        return RiderState.WAITING
    if in_hand:
        return RiderState.TO_PICKUP
    if shift_status == "break":
        return RiderState.BREAK
    return RiderState.OFFERED if is_asked else RiderState.FREE


def stops_left(in_hand: Collection[str], *, pickups: int) -> int:
    """Return how many stops are before the rider: stores to go to, doors, and returns."""
    return pickups + len(in_hand)

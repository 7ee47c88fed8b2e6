from collections.abc import Mapping
from typing import Final

from fleet.model.deliveries import DeliveryStatus as S
from fleet.model.deliveries import Move as M
from kernel.errors import IllegalMove

# fmt: off
TRANSITIONS: Final[Mapping[tuple[S, M], S]] = {
    (S.UNASSIGNED,         M.OFFER):              S.OFFERED,
    (S.UNASSIGNED,         M.ASSIGN):             S.ASSIGNED,            # by hand, or a city without offers
    (S.UNASSIGNED,         M.CANCEL):             S.CANCELLED,
    (S.OFFERED,            M.CLOSE_ROUND):        S.UNASSIGNED,
    (S.OFFERED,            M.ASSIGN):             S.ASSIGNED,
    (S.OFFERED,            M.CANCEL):             S.CANCELLED,
    (S.ASSIGNED,           M.UNASSIGN):           S.UNASSIGNED,
    (S.ASSIGNED,           M.ARRIVE_AT_PICKUP):   S.ARRIVED_AT_PICKUP,
    (S.ASSIGNED,           M.FAIL):               S.FAILED,
    (S.ASSIGNED,           M.CANCEL):             S.CANCELLED,
    (S.ARRIVED_AT_PICKUP,  M.UNASSIGN):           S.UNASSIGNED,
    (S.ARRIVED_AT_PICKUP,  M.PICK_UP):            S.PICKED_UP,
    (S.ARRIVED_AT_PICKUP,  M.FAIL):               S.FAILED,
    (S.ARRIVED_AT_PICKUP,  M.CANCEL):             S.CANCELLED,
    (S.PICKED_UP,          M.ARRIVE_AT_DROPOFF):  S.ARRIVED_AT_DROPOFF,
    (S.PICKED_UP,          M.TURN_BACK):          S.RETURNING,           # food on the road is never just cancelled
    (S.PICKED_UP,          M.FAIL):               S.FAILED,
    (S.ARRIVED_AT_DROPOFF, M.HAND_OVER):          S.DELIVERED,
    (S.ARRIVED_AT_DROPOFF, M.TURN_BACK):          S.RETURNING,
    (S.ARRIVED_AT_DROPOFF, M.FAIL):               S.FAILED,
    (S.RETURNING,          M.CONFIRM_RETURN):     S.RETURNED,
    (S.RETURNING,          M.FAIL):               S.FAILED,
}
# fmt: on
TERMINAL: Final = frozenset(S) - {status for status, _ in TRANSITIONS}

# The rider's way, step by step; a later step implies the earlier ones.
WAY: Final = (M.ARRIVE_AT_PICKUP, M.PICK_UP, M.ARRIVE_AT_DROPOFF, M.HAND_OVER)
_STEPS_DONE: Final = {
    S.ASSIGNED: 0, S.ARRIVED_AT_PICKUP: 1, S.PICKED_UP: 2, S.ARRIVED_AT_DROPOFF: 3, S.DELIVERED: 4,
}  # fmt: skip
_LATE_WORDS: Final = {  # what is known already where the way ended otherwise
    M.ARRIVE_AT_PICKUP: (S.RETURNING, S.RETURNED),
    M.PICK_UP: (S.RETURNING, S.RETURNED),
    M.ARRIVE_AT_DROPOFF: (S.RETURNING, S.RETURNED),
    M.TURN_BACK: (S.RETURNING, S.RETURNED),
    M.CONFIRM_RETURN: (S.RETURNED,),
}


def after(status: S, move: M) -> S:
    """Return where `move` leads from `status`, or refuse."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise IllegalMove("delivery", status, move) from None


def way_to(status: S, move: M) -> tuple[M, ...]:
    """Return the moves that lead to `move`, implied ones first and itself last; nothing when it was made before.

    Refuses what can no longer come true.
    """
    if move in WAY and status in _STEPS_DONE:
        return WAY[_STEPS_DONE[status] : WAY.index(move) + 1]
    if status in _LATE_WORDS.get(move, ()):
        return ()
    implied = way_to(status, M.PICK_UP) if move is M.TURN_BACK and status in _STEPS_DONE else ()
    after(S.PICKED_UP if implied else status, move)
    return (*implied, move)

from collections.abc import Mapping
from typing import Final

from kernel.errors import IllegalMove
from orders.model import Move as M
from orders.model import OrderStatus as S

# fmt: off
TRANSITIONS: Final[Mapping[tuple[S, M], S]] = {
    (S.RECEIVED,         M.PLACE):           S.PLACED,
    (S.RECEIVED,         M.HOLD):            S.HELD_FOR_REVIEW,
    (S.RECEIVED,         M.REJECT):          S.REJECTED,
    (S.RECEIVED,         M.EXPIRE):          S.EXPIRED,      # typed in by an operator, and nobody read it again
    (S.RECEIVED,         M.CANCEL):          S.CANCELLED,
    (S.HELD_FOR_REVIEW,  M.PLACE):           S.PLACED,
    (S.HELD_FOR_REVIEW,  M.REJECT):          S.REJECTED,
    (S.HELD_FOR_REVIEW,  M.CANCEL):          S.CANCELLED,
    (S.PLACED,           M.ACCEPT):          S.ACCEPTED,
    (S.PLACED,           M.REJECT):          S.REJECTED,
    (S.PLACED,           M.EXPIRE):          S.EXPIRED,
    (S.PLACED,           M.CANCEL):          S.CANCELLED,
    (S.ACCEPTED,         M.START_PREPARING): S.PREPARING,
    (S.ACCEPTED,         M.MARK_READY):      S.READY,        # a small kitchen never says that it started
    (S.ACCEPTED,         M.CANCEL):          S.CANCELLED,
    (S.PREPARING,        M.MARK_READY):      S.READY,
    (S.PREPARING,        M.CANCEL):          S.CANCELLED,
    (S.READY,            M.PICK_UP):         S.PICKED_UP,
    (S.READY,            M.CANCEL):          S.CANCELLED,
    (S.PICKED_UP,        M.DELIVER):         S.DELIVERED,
    (S.PICKED_UP,        M.RETURN):          S.RETURNED,     # food on the road is brought back, never just cancelled
    (S.DELIVERED,        M.COMPLETE):        S.COMPLETED,
}
# fmt: on
TERMINAL: Final = frozenset(S) - {status for status, _ in TRANSITIONS}


def after(status: S, move: M) -> S:
    """Return where `move` leads from `status`, or refuse."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise IllegalMove("order", status, move) from None

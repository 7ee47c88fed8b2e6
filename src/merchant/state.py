from collections.abc import Mapping
from typing import Final

from kernel.errors import IllegalMove
from merchant.model.tickets import Move as M
from merchant.model.tickets import TicketStatus as S

# fmt: off
TRANSITIONS: Final[Mapping[tuple[S, M], S]] = {
    (S.OFFERED,    M.ACCEPT):      S.ACCEPTED,
    (S.OFFERED,    M.REJECT):      S.REJECTED,
    (S.OFFERED,    M.EXPIRE):      S.EXPIRED,
    (S.OFFERED,    M.WITHDRAW):    S.WITHDRAWN,
    (S.ACCEPTED,   M.START):       S.PREPARING,
    (S.ACCEPTED,   M.MARK_READY):  S.READY,        # a small kitchen never says that it started
    (S.ACCEPTED,   M.WITHDRAW):    S.WITHDRAWN,
    (S.PREPARING,  M.MARK_READY):  S.READY,
    (S.PREPARING,  M.WITHDRAW):    S.WITHDRAWN,
    (S.READY,      M.HAND_OVER):   S.HANDED_OVER,
    (S.READY,      M.WITHDRAW):    S.WITHDRAWN,
}
# fmt: on
TERMINAL: Final = frozenset(S) - {status for status, _ in TRANSITIONS}
UNCOOKED: Final = frozenset({S.OFFERED, S.ACCEPTED})  # what was taken from stock can go back


def after(status: S, move: M) -> S:
    """Return where `move` leads from `status`, or refuse."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise IllegalMove("ticket", status, move) from None

from collections.abc import Mapping
from typing import Final

from fleet.model.offers import OfferMove as M
from fleet.model.offers import OfferStatus as S
from kernel.errors import IllegalMove

# fmt: off
TRANSITIONS: Final[Mapping[tuple[S, M], S]] = {
    (S.OPEN, M.ACCEPT):   S.ACCEPTED,
    (S.OPEN, M.DECLINE):  S.DECLINED,
    (S.OPEN, M.EXPIRE):   S.EXPIRED,
    (S.OPEN, M.WITHDRAW): S.WITHDRAWN,
}
# fmt: on
TERMINAL: Final = frozenset(S) - {status for status, _ in TRANSITIONS}


def after(status: S, move: M) -> S:
    """Return where `move` leads from `status`, or refuse."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise IllegalMove("offer", status, move) from None

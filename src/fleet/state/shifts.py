from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from fleet.model.shifts import ShiftStatus as S
from kernel.errors import IllegalMove


class ShiftMove(StrEnum):
    """What can be done to a shift."""

    REST = "take_a_break"
    RESUME = "resume"
    END = "end"


M = ShiftMove
# fmt: off
TRANSITIONS: Final[Mapping[tuple[S, M], S]] = {
    (S.ON,    M.REST):   S.BREAK,
    (S.ON,    M.END):    S.ENDED,
    (S.BREAK, M.RESUME): S.ON,
    (S.BREAK, M.END):    S.ENDED,
}
# fmt: on
TERMINAL: Final = frozenset(S) - {status for status, _ in TRANSITIONS}


def after(status: S, move: M) -> S:
    """Return where `move` leads from `status`, or refuse."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise IllegalMove("shift", status, move) from None

"""What the simulated people will do next, in an order that a second run repeats."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple, Protocol, TypeAlias

Deed: TypeAlias = Callable[[], Awaitable[None]]


class Kind(IntEnum):
    """Who comes first within one instant: phones report, then kitchens, riders and customers act."""

    PING = 1
    SHIFT = 2
    KITCHEN = 3
    RIDE = 4
    ANSWER = 5
    ORDER = 6
    CANCEL = 7
    DESK = 8


class Action(NamedTuple):
    """One deed to come; sorts by instant, kind and name, then by who planned it first."""

    at: datetime
    kind: Kind
    name: str
    number: int
    do: Deed


class Stage(Protocol):
    """What an actor sees of the conductor: the time, and a place to leave what it will do."""

    @property
    def now(self) -> datetime:
        """Return domain time."""
        ...

    @property
    def wished_rate(self) -> float:
        """Return how many times as fast as ours time should go; 0 where it jumps."""
        ...

    @property
    def behind_s(self) -> float:
        """Return how much later than planned deeds are done, in seconds of wall time."""
        ...

    def plan(self, at: datetime, kind: Kind, name: str, do: Deed) -> None:
        """Have something done at an instant; at once when it has passed."""
        ...


class Agenda:
    """All deeds to come."""

    def __init__(self) -> None:
        self._heap: list[Action] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, at: datetime, kind: Kind, name: str, do: Deed) -> None:
        """Note a deed."""
        heappush(self._heap, Action(at, kind, name, next(self._numbers), do))

    def next_at(self) -> datetime | None:
        """Return when the next deed is to be done, or None."""
        return self._heap[0].at if self._heap else None

    def take(self, now: datetime) -> list[Action]:
        """Return what may be done together now: all pings of an instant, anything else alone."""
        taken: list[Action] = []
        while self._heap and self._heap[0].at <= now and (not taken or _may_join(taken[0], self._heap[0])):
            taken.append(heappop(self._heap))
        return taken


def _may_join(first: Action, other: Action) -> bool:
    return first.kind is other.kind is Kind.PING and first.at == other.at and first.name != other.name

"""Leads the day on a standing clock, from one due instant to the next."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Final, Protocol

import msgspec

from simulator.agenda import Agenda, Deed, Kind
from simulator.errors import NeverQuiet

QUIET_WITHIN_S: Final = 60.0  # wall time; a killed holder's deadline is taken over after 15
LOOK_AGAIN_S: Final = (0.004, 0.006, 0.01, 0.015, 0.03)  # the last repeats; each look costs the API 2 ms

IsOver = Callable[[], bool]


class ClockState(msgspec.Struct, frozen=True, kw_only=True):
    """What the installation says about its time and its unfinished business."""

    now: datetime
    rate: float
    is_simulated: bool
    overdue_timers: int
    unsent_events: int
    next_due_at: datetime | None = None
    position: int | None = None  # of the newest event

    @property
    def is_settled(self) -> bool:
        """Tell whether nothing is left to be done at this instant."""
        is_due = self.next_due_at is not None and self.next_due_at <= self.now
        return not self.overdue_timers and not self.unsent_events and not is_due


class Installation(Protocol):
    """The installation's clock, over the public API."""

    async def read(self) -> ClockState:
        """Return the time and what is unfinished."""
        ...

    async def move(self, *, to: datetime | None = None, rate: float | None = None) -> ClockState:
        """Move the clock forward or change its pace, and return what that made due."""
        ...

    async def heads(self, *, after_position: int) -> tuple[int, Mapping[str, int]]:
        """Return the newest event's position and the heads of the feeds that got entries since."""
        ...


class Watchers(Protocol):
    """All feeds that simulated people follow."""

    async def catch_up(self, heads: Mapping[str, int]) -> None:
        """Return when every watched feed has seen its head."""
        ...


class Conductor:
    """Moves a standing clock from instant to instant, and only when nothing and nobody is behind."""

    def __init__(self, installation: Installation, watchers: Watchers) -> None:
        self._installation, self._watchers = installation, watchers
        self._agenda = Agenda()
        self._position = 0
        self._now: datetime | None = None
        self.steps = 0

    @property
    def now(self) -> datetime:
        """Return the instant that is being played."""
        if self._now is None:
            raise NeverQuiet("the day has not begun")
        return self._now

    @property
    def wished_rate(self) -> float:
        """Return 0: time jumps."""
        return 0.0

    @property
    def behind_s(self) -> float:
        """Return 0: time waits for everybody."""
        return 0.0

    def plan(self, at: datetime, kind: Kind, name: str, do: Deed) -> None:
        """Have something done at an instant; in the present one when it has passed."""
        self._agenda.add(at if self._now is None else max(at, self._now), kind, name, do)

    async def begin(self) -> None:
        """Make the clock stand and wait for rest."""
        self._now = (await self._installation.move(rate=0)).now
        await self._rest()

    async def play(self, *, is_over: IsOver, give_up_at: datetime) -> None:
        """Play until it is over, until nothing is left to happen, or until `give_up_at`."""
        state = await self._rest()
        while not is_over():
            coming = [at for at in (self._agenda.next_at(), state.next_due_at) if at is not None]
            if not coming or (at := max(min(coming), self.now)) > give_up_at:
                return
            state = await self.play_instant(at)

    async def settle(self, *, until: datetime) -> None:
        """Let the installation's own deadlines come, up to an instant; people are at home."""
        await self.play(is_over=lambda: False, give_up_at=until)

    async def play_instant(self, at: datetime) -> ClockState:
        """Move to an instant, let its deadlines fire, then let people act one after the other."""
        self.steps += 1
        moved = await self._installation.move(to=at) if at > self.now else None
        self._now = at
        state = await self._rest(moved)
        while taken := self._agenda.take(self.now):
            await asyncio.gather(*(action.do() for action in taken))
            state = await self._rest()
        return state

    async def _rest(self, known: ClockState | None = None) -> ClockState:
        give_up_s = time.monotonic() + QUIET_WITHIN_S
        for look in count():
            state = known or await self._installation.read()
            known = None
            if state.is_settled:
                await self._see_all(state)
                return state
            if time.monotonic() > give_up_s:
                raise NeverQuiet(
                    f"at {state.now:%H:%M:%S}, {state.overdue_timers} deadlines are overdue and "
                    f"{state.unsent_events} facts untold after {QUIET_WITHIN_S:g} s"
                )
            await asyncio.sleep(LOOK_AGAIN_S[min(look, len(LOOK_AGAIN_S) - 1)])
        raise AssertionError("unreachable")

    async def _see_all(self, state: ClockState) -> None:
        if state.position is not None and state.position == self._position:
            return  # Nothing happened: most instants are nothing but pings.
        self._position, heads = await self._installation.heads(after_position=self._position)
        await self._watchers.catch_up(heads)

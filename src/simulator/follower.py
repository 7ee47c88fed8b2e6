"""Leads the day along a clock that flows."""

import asyncio
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from simulator.agenda import Agenda, Deed, Kind
from simulator.conductor import Conductor, Installation, IsOver, Watchers
from simulator.errors import NeverQuiet

REMEMBERED_DEEDS: Final = 1_000
LATELY_S: Final = 2.0
LOOK_EVERY_S: Final = 1.0
# In domain time. Riders answer within 25 s an offer that stands for 30: later than this, offers expire for no reason.
BEHIND_MOST_S: Final = 6.0
BEHIND_LEAST_S: Final = 3.0
SLOWER: Final = 0.75
FASTER: Final = 1.15
SLOWEST: Final = 1.0


class Follower:
    """Lets people act along a clock that flows; nobody waits for anybody.

    Where `may_yield`, time goes slower than wished while the machine cannot keep up: people answer within seconds, and
    a second of a busy machine is half a minute of an evening that runs thirty times as fast.
    """

    def __init__(self, installation: Installation, watchers: Watchers, *, rate: float, may_yield: bool = False) -> None:
        self._installation, self._watchers, self._rate = installation, watchers, rate
        self.wished_rate, self._may_yield = rate, may_yield
        self._agenda = Agenda()
        self._more = asyncio.Event()
        self._domain_at: datetime | None = None
        self._read_at_s = 0.0
        self._late: deque[tuple[float, float]] = deque(maxlen=REMEMBERED_DEEDS)  # when done, and how late
        self._begun_at_s: dict[int, float] = {}  # deeds under way, by step
        self.steps = 0

    @property
    def now(self) -> datetime:
        """Return domain time; a moment behind the installation, never ahead of it."""
        if self._domain_at is None:
            raise NeverQuiet("the day has not begun")
        return self._domain_at + timedelta(seconds=(time.monotonic() - self._read_at_s) * self._rate)

    @property
    def behind_s(self) -> float:
        """Return how late deeds were begun lately, or how long one of them is under way already: wall time."""
        now_s = time.monotonic()
        begun_late_s = [late_s for at_s, late_s in self._late if now_s - at_s < LATELY_S]
        return max([*begun_late_s, *(now_s - begun_at_s for begun_at_s in self._begun_at_s.values())], default=0.0)

    def plan(self, at: datetime, kind: Kind, name: str, do: Deed) -> None:
        """Have something done at an instant; at once when it has passed."""
        self._agenda.add(at, kind, name, do)
        self._more.set()

    async def begin(self) -> None:
        """Set the clock's pace."""
        self._domain_at = (await self._installation.move(rate=self._rate)).now
        self._read_at_s = time.monotonic()

    async def play(self, *, is_over: IsOver, give_up_at: datetime) -> None:
        """Play until it is over or until `give_up_at`."""
        pacing = asyncio.ensure_future(self._keep_pace())
        try:
            async with asyncio.TaskGroup() as deeds:
                while not is_over() and self.now <= give_up_at:
                    self._more.clear()
                    for action in self._agenda.take(now := self.now):
                        self.steps += 1
                        self._late.append((time.monotonic(), (now - action.at).total_seconds() / self._rate))
                        deeds.create_task(self._done(self.steps, action.do))
                    await self._sleep()
        finally:
            pacing.cancel()
            await asyncio.wait([pacing])
        self._domain_at = (await self._installation.move(rate=0)).now
        self._read_at_s = time.monotonic()
        self._rate = 0

    async def _keep_pace(self) -> None:
        while self._may_yield:
            await asyncio.sleep(LOOK_EVERY_S)
            state = await self._installation.read()
            overdue_s = 0.0 if state.next_due_at is None else (state.now - state.next_due_at).total_seconds()
            rate = next_rate(
                self._rate, wished=self.wished_rate, behind_s=max(self.behind_s * self._rate, overdue_s)
            )  # fmt: skip
            if rate != self._rate:
                self._domain_at = (await self._installation.move(rate=rate)).now
                self._read_at_s, self._rate = time.monotonic(), rate

    async def settle(self, *, until: datetime) -> None:
        """Wait until the installation has told everybody everything; the clock stands by now."""
        led = Conductor(self._installation, self._watchers)
        await led.begin()
        await led.settle(until=until)

    async def _sleep(self) -> None:
        next_at = self._agenda.next_at()
        wait_s = 0.2 if next_at is None else (next_at - self.now).total_seconds() / self._rate
        try:
            async with asyncio.timeout(min(max(wait_s, 0.0), 0.2)):
                await self._more.wait()
        except TimeoutError:
            return

    async def _done(self, step: int, do: Deed) -> None:
        self._begun_at_s[step] = time.monotonic()
        await do()
        del self._begun_at_s[step]


def next_rate(rate: float, *, wished: float, behind_s: float) -> float:
    """Return how fast time should go on when people are so many domain seconds behind: never faster than wished."""
    if behind_s > BEHIND_MOST_S:
        return max(min(wished, SLOWEST), rate * SLOWER)
    return min(wished, rate * FASTER) if behind_s < BEHIND_LEAST_S else rate

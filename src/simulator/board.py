"""A live board of the day: in a terminal redrawn in place, anywhere else a line every few seconds."""

import asyncio
import time
from collections import Counter, deque
from datetime import timedelta, timezone
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from simulator.city import Cast
from simulator.conductor import ClockState
from simulator.scene import Json, Scene

LOCAL: Final = timezone(timedelta(hours=-3))  # São Paulo keeps no summer time
REDRAW_EVERY_S: Final = 0.5
SAY_EVERY_S: Final = 5.0
SHOWN_EVENTS: Final = 10
SHOWN_STATES: Final = (
    "placed", "accepted", "preparation_started", "ready", "rider_assigned", "rider_arrived_at_pickup", "picked_up",
    "rider_arrived_at_dropoff",
)  # fmt: skip
ENDED: Final = ("delivered", "cancelled", "rejected", "expired", "returned")


class Board:
    """What is shown of a day while it is played."""

    def __init__(self, console: Console, scene: Scene, cast: Cast) -> None:
        self._console, self._scene, self._cast = console, scene, cast
        self._events: deque[str] = deque(maxlen=SHOWN_EVENTS)
        self._pings: deque[tuple[float, int]] = deque(maxlen=20)
        self._clock: ClockState | None = None
        for record in scene.book:
            record.on_event = self._note

    async def show(self) -> None:
        """Show the day until cancelled."""
        if not self._console.is_terminal:
            while True:
                await self._look()
                self._console.print(self._line(), highlight=False, soft_wrap=True)
                await asyncio.sleep(SAY_EVERY_S)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:
            while True:
                await self._look()
                live.update(self._draw(), refresh=True)
                await asyncio.sleep(REDRAW_EVERY_S)

    async def _look(self) -> None:
        self._clock = await self._scene.clock.read()
        self._pings.append((time.monotonic(), sum(rider.pings for rider in self._cast.riders)))

    def _note(self, name: str, event: Json) -> None:
        kind = str(event.get("type", ""))
        if kind != "hidden":
            self._events.append(f"{self._scene.stage.now.astimezone(LOCAL):%H:%M:%S}  {name}  {kind}")

    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        orders = Counter(record.outcome or record.state for record in self._scene.book)
        return orders, Counter(rider.state for rider in self._cast.riders)

    def _pings_per_s(self) -> float:
        (from_s, first), (to_s, last) = self._pings[0], self._pings[-1]
        return (last - first) / (to_s - from_s) if to_s > from_s else 0.0

    def _line(self) -> str:
        orders, riders = self._counts()
        underway = sum(orders[state] for state in SHOWN_STATES)
        ended = ", ".join(f"{orders[state]} {state}" for state in ENDED if orders[state])
        last = self._events[-1] if self._events else "nobody is hungry yet"
        busy = sum(riders.values()) - riders["off"] - riders["free"]
        return (
            f"{self._scene.stage.now.astimezone(LOCAL):%H:%M}  {underway} under way, {ended or 'none ended'}; "
            f"riders {riders['free']} free {busy} busy; {self._deadlines()}; {self._pings_per_s():.0f} pings/s; {last}"
        )

    def _deadlines(self) -> str:
        return f"{self._clock.overdue_timers if self._clock else 0} deadlines overdue"

    def _draw(self) -> Group:
        orders, riders = self._counts()
        left, right = Table(title="Orders", expand=True), Table(title="Riders", expand=True)
        for table in (left, right):
            table.add_column("state")
            table.add_column("count", justify="right")
        for state in ("planned", *SHOWN_STATES, *ENDED):
            if orders[state]:
                left.add_row(state.replace("_", " "), str(orders[state]))
        for state, count in sorted(riders.items()):
            right.add_row(state.replace("_", " "), str(count))
        both = Table.grid(expand=True)
        both.add_row(left, right)
        head = (
            f"[bold]{self._scene.stage.now.astimezone(LOCAL):%H:%M:%S}[/]   {self._deadlines()}   "
            f"{self._pings_per_s():.0f} pings/s   {self._scene.api.requests:,} requests"
        )
        return Group(Panel(head, title="Recado"), both, Panel("\n".join(self._events) or " ", title="What happens"))

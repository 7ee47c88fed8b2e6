"""A live board of the day: in a terminal redrawn in place, anywhere else a line every few seconds."""

import asyncio
import time
from collections import Counter, deque
from datetime import datetime, timedelta, timezone
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from simulator.city import Cast
from simulator.conductor import ClockState
from simulator.eta import error_at_pickup, error_at_placing
from simulator.figures import EtaError
from simulator.links import Links
from simulator.scene import Json, Scene

LOCAL: Final = timezone(timedelta(hours=-3))  # São Paulo keeps no summer time
REDRAW_EVERY_S: Final = 0.5
SAY_EVERY_S: Final = 5.0
SHOWN_EVENTS: Final = 6
BEHIND_FROM_S: Final = 0.5  # of wall time; less is the network
ALMOST: Final = 0.9
SHOWN_STATES: Final = (
    "received", "held_for_review", "placed", "accepted", "preparation_started", "ready", "rider_assigned",
    "rider_arrived_at_pickup", "picked_up", "rider_arrived_at_dropoff",
)  # fmt: skip
ENDED: Final = ("delivered", "cancelled", "rejected", "expired", "returned")
UNTOLD: Final = frozenset({"hidden", "payment.settled", "eta.revised", "order.received", "promise.made"})


class Board:
    """What is shown of a day while it is played."""

    def __init__(self, console: Console, scene: Scene, cast: Cast) -> None:
        self._console, self._scene, self._cast = console, scene, cast
        self._links = Links(scene, cast)
        self._shown_links: dict[str, str] = {}
        self._events: deque[str] = deque(maxlen=SHOWN_EVENTS)
        self._pings: deque[tuple[float, int]] = deque(maxlen=20)
        self._clock: ClockState | None = None
        scene.book.on_event = self._note
        for record in scene.book:
            record.on_event = self._note

    async def show(self) -> None:
        """Show the day until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._links.keep_up())
            both.create_task(self._redraw() if self._console.is_terminal else self._tell())

    async def _tell(self) -> None:
        while True:
            await self._look()
            for page, address in dict(self._links.found).items():
                if self._shown_links.get(page) != address:
                    self._shown_links[page] = address
                    self._console.print(f"{page}: {address}", highlight=False, markup=False, soft_wrap=True)
            self._console.print(self._line(), highlight=False, markup=False, soft_wrap=True)
            await asyncio.sleep(SAY_EVERY_S)

    async def _redraw(self) -> None:
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
        if kind not in UNTOLD:
            self._events.append(f"{self._time():%H:%M:%S}  {name}  {kind}")

    def _time(self) -> datetime:
        return self._scene.stage.now.astimezone(LOCAL)

    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        orders = Counter(record.outcome or record.refusal or record.state for record in self._scene.book)
        return orders, Counter(rider.state for rider in self._cast.riders)

    def _pings_per_s(self) -> float:
        (from_s, first), (to_s, last) = self._pings[0], self._pings[-1]
        return (last - first) / (to_s - from_s) if to_s > from_s else 0.0

    def _promises(self) -> str:
        kept = Counter(record.told.is_kept for record in self._scene.book)
        return f"promises {kept[True]} kept {kept[False]} broken"

    def _behind(self) -> str:
        """Say how far the machine is behind the evening's pace, where it is."""
        rate = self._clock.rate if self._clock else 0.0
        if not self._clock or not rate:
            return ""
        due_at = self._clock.next_due_at
        overdue_s = max(0.0, (self._clock.now - due_at).total_seconds() / rate) if due_at else 0.0
        behind_s, wished = max(overdue_s, self._scene.stage.behind_s), self._scene.stage.wished_rate
        pace = f"{rate:.0f} times as fast"
        if rate < wished * ALMOST:
            pace += f" where {wished:g} were asked for: this machine cannot keep up"
        if behind_s < BEHIND_FROM_S:
            return pace
        return f"{pace}; behind by {behind_s:.1f} s ({behind_s * rate:.0f} s of the evening)"

    def _line(self) -> str:
        orders, riders = self._counts()
        underway = sum(orders[state] for state in SHOWN_STATES)
        ended = ", ".join(f"{orders[state]} {state}" for state in ENDED if orders[state])
        last = self._events[-1] if self._events else "nobody is hungry yet"
        busy = sum(riders.values()) - riders["off"] - riders["free"]
        parts = [
            f"{self._time():%H:%M}  {underway} under way, {ended or 'none ended'}",
            f"riders {riders['free']} free {busy} busy",
            self._promises(),
            *filter(None, [_short(error_at_pickup(record.told for record in self._scene.book)), self._behind()]),
            f"{self._pings_per_s():.0f} pings/s",
            last,
        ]
        return "; ".join(parts)

    def _draw(self) -> Group:
        orders, riders = self._counts()
        both = Table.grid(expand=True)
        both.add_row(
            _table("Orders", [(state, orders[state]) for state in ("planned", *SHOWN_STATES, *ENDED)]),
            _table("Riders", sorted(riders.items())),
            self._figures(),
        )
        head = f"[bold]{self._time():%H:%M:%S}[/]   {self._behind()}   {self._scene.api.requests:,} requests"
        links = Table.grid(padding=(0, 2))
        for page, address in self._links.found.items():
            links.add_row(page, escape(address))
        parts: list[RenderableType] = [Panel(head, title="Recado"), both]
        parts += [Panel(links, title="Open in a browser: each link signs it in, once")] if self._links.found else []
        return Group(*parts, Panel(escape("\n".join(self._events)) or " ", title="What happens"))

    def _figures(self) -> Table:
        told = [record.told for record in self._scene.book]
        kept = Counter(one.is_kept for one in told)
        expired = sum(record.outcome == "expired" for record in self._scene.book)
        table = Table(title="Deadlines and times", expand=True, show_header=False)
        table.add_row("promises kept / broken", f"{kept[True]} / {kept[False]}")
        table.add_row("orders that expired in a kitchen", str(expired))
        table.add_row("offers answered / expired", _of(self._cast, "offers_answered", "offers_missed"))
        table.add_row("deadlines overdue now", str(self._clock.overdue_timers if self._clock else 0))
        table.add_row("ETA when placed", _short(error_at_placing(told)) or "-")
        table.add_row("ETA when picked up", _short(error_at_pickup(told)) or "-")
        table.add_row("pings", f"{self._pings_per_s():.0f}/s")
        return table


def _table(title: str, rows: list[tuple[str, int]]) -> Table:
    table = Table(title=title, expand=True, show_header=False)
    for state, count in rows:
        if count:
            table.add_row(state.replace("_", " "), str(count))
    return table


def _of(cast: Cast, *names: str) -> str:
    return " / ".join(str(sum(getattr(rider, name) for rider in cast.riders)) for name in names)


def _short(error: EtaError | None) -> str:
    return f"ETA off by {error.mae_min:.1f} min ({error.bias_min:+.1f})" if error else ""

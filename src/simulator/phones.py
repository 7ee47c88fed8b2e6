"""A rider's phone: looks where it is, tells in batches, and keeps what it has to say while there is no network."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from kernel.geo import Point
from simulator.agenda import Kind
from simulator.api import Answer, Caller
from simulator.days import RiderPlan
from simulator.feeds import Feed
from simulator.gps import Fix, Receiver
from simulator.movement import Going, Trace, standing
from simulator.scene import Json, Scene

MOST_AT_ONCE: Final = 500  # the API's limit
GRID_S: Final = 10  # phones upload on the same full seconds, so that a conducted day has fewer instants


class Phone:
    """What stands between a rider and the API. `hear` gets the feed's events, late where the network was away."""

    def __init__(
        self, scene: Scene, plan: RiderPlan, caller: Caller, *, rider_id: str, hear: Callable[[Json], None]
    ) -> None:
        self._scene, self._plan, self.caller = scene, plan, caller
        self._hear = hear
        self._receiver = Receiver(plan.phone, scene.day.air, scene.chance_of(f"{plan.name}/receiver"))
        self._trace = Trace(standing(plan.place, since=plan.on_at))
        self._feed = Feed(rider_id, "/v1/rider/feed", caller, on_event=self._take_in)
        self._fixes: list[Fix] = []
        self._looks_at: datetime | None = None
        self._reports: list[tuple[str, Json]] = []
        self._said = 0
        self._heard: list[Json] = []
        self._is_on = False
        self._line, self._upload_line = asyncio.Lock(), asyncio.Lock()
        self.verdicts: Counter[str] = Counter()
        self.late_reports = 0

    @property
    def going(self) -> Going:
        """What the rider is doing on the road."""
        return self._trace.last

    def go(self, going: Going) -> None:
        """Carry the phone along."""
        self._trace.go(going, since=self._scene.stage.now)

    def place(self, now: datetime) -> Point:
        """Return where the phone is."""
        return self._trace.last.place_at(now)

    @property
    def is_connected(self) -> bool:
        """Tell whether it has network, here and now."""
        now = self._scene.stage.now
        if any(span.holds(now) for span in self._plan.phone.away):
            return False
        if not self._scene.day.is_lived_in:
            return True
        passing = self._trace.last.passing_at(now)
        return not passing.is_in_tunnel and not self._scene.day.air.is_dead(passing.place)

    async def switch_on(self) -> None:
        """Connect to the rider's feed."""
        await self._scene.watched.watch(self._feed)

    async def begin(self) -> None:
        """Report positions from now on."""
        self._is_on, self._looks_at = True, self._scene.stage.now
        await self._upload()

    def switch_off(self) -> None:
        """Report no more positions."""
        self._is_on = False

    async def report(self, path: str, **facts: object) -> Answer | None:
        """Send a status report, or keep it for later and return None; it has this instant either way."""
        self._said += 1
        occurred_at = self._scene.stage.now + self._plan.phone.ahead
        body = {"report_id": f"{self._plan.name}-{self._said}", "occurred_at": occurred_at, **facts}
        if not self.is_connected:
            self._reports.append((path, body))
            self.late_reports += 1
            return None
        async with self._line:  # What happened first is told first.
            await self._send_late_reports()
            return await self.caller.ask("POST", path, body)

    async def _upload(self) -> None:
        if not self._is_on:
            return
        now = self._scene.stage.now
        self._look(now)
        self._scene.stage.plan(self._next_upload(now), Kind.PING, self._plan.name, self._upload)
        if self.is_connected and not self._upload_line.locked():
            async with self._line:
                await self._send_late_reports()
            async with self._upload_line:
                await self._send_fixes()
            self._catch_up()

    def _look(self, now: datetime) -> None:
        """Note every position since the last upload; the way ridden is remembered, so nobody need wake up for each."""
        assert self._looks_at is not None
        while self._looks_at <= now:
            passing = self._trace.passing_at(self._looks_at)
            if (fix := self._receiver.fix(passing, at=self._looks_at)) is not None:
                self._fixes.append(fix)
            self._looks_at = self._receiver.next_at(passing, last_at=self._looks_at)

    def _next_upload(self, now: datetime) -> datetime:
        at = now + self._plan.phone.uploads_every
        if not self._scene.day.is_lived_in:
            return at
        late = timedelta(seconds=at.second % GRID_S, microseconds=at.microsecond)
        return at - late if late < self._plan.phone.uploads_every else at

    async def _send_late_reports(self) -> None:
        while self._reports:
            path, body = self._reports.pop(0)
            await self.caller.ask("POST", path, body)

    async def _send_fixes(self) -> None:
        while self._fixes:
            batch, self._fixes = self._fixes[:MOST_AT_ONCE], self._fixes[MOST_AT_ONCE:]
            judged = await self._feed.upload(batch) if self._plan.phone.is_on_socket else None
            if judged is None:  # not on the socket, or it is away
                judged = (await self.caller.must("POST", "/v1/rider/positions", {"positions": batch})).json()
            self.verdicts.update(one["verdict"] for one in judged)

    def _take_in(self, event: Json) -> None:
        if self.is_connected and not self._heard:
            self._hear(event)
        else:
            self._heard.append(event)

    def _catch_up(self) -> None:
        heard, self._heard = self._heard, []
        for event in heard:
            self._hear(event)

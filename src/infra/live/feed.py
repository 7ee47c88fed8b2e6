"""A watched feed of one process: how far it was told, and its audiences; a message is made once for all who see it."""

import asyncio
from collections.abc import Hashable, Iterable
from datetime import datetime
from math import inf
from typing import Final, Protocol

import structlog
from prometheus_client import Gauge

from infra.clock import boot_s
from infra.live.channels import Numbered, Place
from infra.live.frames import HIDDEN, CloseCode, EventFrame, Frame, HeartbeatFrame, PositionFrame, PositionsFrame
from infra.live.source import Head
from infra.live.view import Watch
from infra.live.watcher import Watcher
from infra.live.wires import Wire

log: Final = structlog.get_logger()

WATCHERS: Final = Gauge("recado_live_watchers", "Watchers of this process.")


class Positions(Protocol):
    """Who brings the live positions that audiences follow."""

    def follow(self, key: str, audience: "Audience") -> None:
        """Bring this rider's positions from now on."""
        ...

    def unfollow(self, key: str, audience: "Audience") -> None:
        """Stop at once."""
        ...


class Audience:
    """All watchers who see the same of a feed, by the wires that they are at the end of."""

    def __init__(self, feed: "Feed", watch: Watch, positions: Positions) -> None:
        self.feed = feed
        self.name = watch.audience
        self.view = watch.view
        self.followed: frozenset[str] = frozenset()
        self._preparing: asyncio.Future[None] | None = None
        self._positions = positions
        self._lanes: dict[Wire, tuple[Watcher, ...]] = {}
        self._latest_ms: dict[str, int] = {}
        self._held: dict[str, Place] = {}
        self._every_s = watch.positions_every_s
        self._gathered: dict[str, Place] = {}

    async def ready(self) -> None:
        """Wait until the view knows how things stand; whoever comes next tries again where that failed."""
        if self._preparing is None:
            self._preparing = asyncio.ensure_future(self.view.prepare())
        try:
            await asyncio.shield(self._preparing)
        except Exception:
            self._preparing = None
            raise

    def add(self, wire: Wire, watcher: Watcher) -> None:
        """Tell this watcher everything from now on."""
        self._lanes[wire] = (*self._lanes.get(wire, ()), watcher)
        self.refollow()

    def remove(self, wire: Wire, watcher: Watcher) -> None:
        """Tell this watcher nothing more."""
        self._lanes[wire] = tuple(one for one in self._lanes.get(wire, ()) if one is not watcher)
        if not self._lanes[wire]:
            del self._lanes[wire]
        if not self._lanes:
            self._follow(frozenset())

    def watchers(self) -> Iterable[Watcher]:
        """Return everybody, as of now."""
        return [watcher for lane in self._lanes.values() for watcher in lane]

    def end(self, code: CloseCode, reason: str) -> None:
        """End everybody's connection: they come back, and miss nothing."""
        for watcher in self.watchers():
            watcher.end(code, reason)

    def tell(self, numbered: Numbered, encoded: dict[Hashable, bytes]) -> None:
        """Let the view learn a fact, and tell what this audience sees of it.

        `encoded` is kept for one fact, by cell and wire: what another audience was told is not made again.
        """
        view, fact, seq = self.view, numbered.fact, numbered.seq
        view.learn(fact)
        cell = view.cell(fact)
        for wire, lane in self._lanes.items():
            data = encoded.get((cell, wire))
            if data is None:
                data = encoded[cell, wire] = wire.encode(self.frame_of(numbered), self.feed.epoch)
            for watcher in lane:
                watcher.put(seq, data)
        self.refollow()

    def frame_of(self, numbered: Numbered) -> EventFrame:
        """Return what this audience sees of a fact, at its number."""
        shown = self.view.show(numbered.fact)
        return EventFrame(seq=numbered.seq, event=HIDDEN if shown is None else shown)

    def tell_position(self, key: str, place: Place) -> None:
        """Tell where a followed rider is; held back while it is not sure that they may be seen."""
        if place.at_ms <= self._latest_ms.get(key, -1):
            return
        self._latest_ms[key] = place.at_ms
        if not self.feed.is_sure():
            self._held[key] = place
            return
        self._held.pop(key, None)
        if self._every_s:
            if not self._gathered:
                asyncio.get_running_loop().call_later(self._every_s, self._tell_gathered)
            self._gathered[key] = place
            return
        shown = self.view.show_position(key, place.payload)
        if shown is None:
            return
        frame = PositionFrame(position=shown)
        for wire, lane in self._lanes.items():
            data = wire.encode(frame, self.feed.epoch)
            for watcher in lane:
                watcher.put_position(key, place.at_ms, data, until_s=self.feed.sure_until_s)

    def _tell_gathered(self) -> None:
        """Tell where those are who moved meanwhile; whoever is followed no more was forgotten."""
        gathered, self._gathered = self._gathered, {}
        if not self.feed.is_sure():
            self._held.update(gathered)
            return
        rows = {key: self.view.show_position(key, place.payload) for key, place in gathered.items()}
        shown = {key: row for key, row in rows.items() if row is not None}
        if not shown:
            return
        frame = PositionsFrame(positions=list(shown.values()))
        for wire, lane in self._lanes.items():
            data = wire.encode(frame, self.feed.epoch)
            behind = [watcher for watcher in lane if not watcher.put_positions(data)]
            for key, row in shown.items() if behind else ():
                alone = wire.encode(PositionsFrame(positions=[row]), self.feed.epoch)
                for watcher in behind:
                    watcher.put_position(key, gathered[key].at_ms, alone, until_s=self.feed.sure_until_s)

    def release(self) -> None:
        """Tell the positions that were held back: it is sure again that they may be seen."""
        held, self._held = self._held, {}
        for key, place in held.items():
            self._latest_ms.pop(key, None)
            self.tell_position(key, place)

    def beat(self, frame: Frame) -> None:
        """Tell everybody that the feed lives."""
        for wire, lane in self._lanes.items():
            if data := wire.encode(frame, self.feed.epoch):
                for watcher in lane:
                    watcher.beat(data)

    def refollow(self) -> None:
        """Follow whom the view lets be seen now, and nobody else."""
        wanted = self.view.positions() if self._lanes else frozenset()
        if wanted is not self.followed and wanted != self.followed:
            self._follow(wanted)

    def _follow(self, wanted: frozenset[str]) -> None:
        before, self.followed = self.followed, wanted
        for key in before - wanted:
            self._positions.unfollow(key, self)
            self._held.pop(key, None)
            self._gathered.pop(key, None)
            self._latest_ms.pop(key, None)
            for watcher in self.watchers():
                watcher.forget_position(key)
        for key in wanted - before:
            self._positions.follow(key, self)


class Feed:
    """A watched feed: how far this process has told it, how far it is known to have come, and who watches."""

    def __init__(self, feed_id: str, *, slot: int = 0) -> None:
        self.id = feed_id
        self.slot = slot
        self.head: Head | None = None
        self.known_seq = 0
        self.holders = 0
        self.audiences: dict[str, Audience] = {}
        self.filling: asyncio.Task[None] | None = None
        self.sure_until_s = inf  # by the clock that goes on while this process is stopped

    @property
    def epoch(self) -> str:
        """Return the numbering; asked once there is one."""
        return self.head.epoch if self.head else ""

    async def admit(self, watch: Watch, watcher: Watcher, wire: Wire, positions: Positions) -> "Joined":
        """Make a watcher one of their audience, from the head on that the feed has then."""
        audience = self.audiences.get(watch.audience)
        if audience is None:
            audience = self.audiences[watch.audience] = Audience(self, watch, positions)
        await audience.ready()
        audience.add(wire, watcher)
        WATCHERS.inc()
        return Joined(self, audience, watcher, wire)

    def is_behind(self) -> bool:
        """Tell whether facts are known of that were not told yet."""
        return self.head is not None and self.known_seq > self.head.seq

    def is_filling(self) -> bool:
        """Tell whether what was missed is being looked up."""
        return self.filling is not None and not self.filling.done()

    def is_sure(self) -> bool:
        """Tell whether what the audiences know is known to be how things stand."""
        return boot_s() < self.sure_until_s

    def tell(self, numbered: Numbered) -> None:
        """Tell the next fact; one told before is nothing new."""
        if self.head is None or numbered.seq <= self.head.seq:
            return
        self.head = Head(epoch=self.head.epoch, seq=numbered.seq)
        encoded: dict[Hashable, bytes] = {}
        for audience in list(self.audiences.values()):
            try:
                audience.tell(numbered, encoded)
            except Exception:  # an audience's edge: those whose view fails come back, the others and their feeds go on
                log.exception("live.not_told", feed_id=self.id, seq=numbered.seq, audience=audience.name)
                audience.end(CloseCode.TRY_AGAIN, "try again")

    def beat(self, now: datetime) -> None:
        """Tell all audiences how far the feed has come."""
        if self.head is not None:
            frame = HeartbeatFrame(epoch=self.head.epoch, seq=self.head.seq, now=now)
            for audience in self.audiences.values():
                audience.beat(frame)

    def start_over(self, head: Head) -> None:
        """Another numbering began: whoever watches comes back and begins with a snapshot."""
        self.head, self.known_seq = head, head.seq
        for audience in self.audiences.values():
            audience.end(CloseCode.START_OVER, "start over")


class Joined:
    """A watcher's place in an audience, from the head that the feed had then, until they leave."""

    __slots__ = ("audience", "feed", "head", "watcher", "wire")

    def __init__(self, feed: Feed, audience: Audience, watcher: Watcher, wire: Wire) -> None:
        if feed.head is None:
            raise AssertionError(feed.id)  # whoever joins found out first how far the feed has come
        self.feed, self.audience, self.head, self.watcher, self.wire = feed, audience, feed.head, watcher, wire

    def leave(self) -> None:
        """Tell this watcher nothing more."""
        WATCHERS.dec()
        self.audience.remove(self.wire, self.watcher)

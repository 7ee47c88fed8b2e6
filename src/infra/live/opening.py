"""What a watcher begins with: everything as it is now, or all that was missed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from infra.clock import DomainClock, wall_now
from infra.live.feed import Joined
from infra.live.frames import EventFrame, Frame, ResumedFrame, SnapshotFrame
from infra.live.source import FeedSource, Head
from infra.live.view import Loaded, Watch

REPLAYED_FACTS: Final = 1000  # further behind, a snapshot is cheaper for both sides


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """Where the feed stands, and either `body` or every event behind the number that was asked for."""

    head: Head
    now: datetime
    rate: float
    loaded: Loaded | None = None
    missed: Sequence[EventFrame] = ()

    @property
    def is_recovered(self) -> bool:
        """Tell whether nothing is missing behind the number that was asked for."""
        return self.loaded is None

    @property
    def positions_from_ms(self) -> int:
        """Return how old the position is that was shown already."""
        shown_at = self.loaded.position_at if self.loaded else None
        return int(shown_at.timestamp() * 1000) if shown_at else 0

    def frames(self) -> list[Frame]:
        """Return what to write before anything else."""
        epoch, seq, now, rate = self.head.epoch, self.head.seq, self.now, self.rate
        if self.loaded is not None:
            return [SnapshotFrame(epoch=epoch, seq=seq, now=now, rate=rate, body=self.loaded.body)]
        return [ResumedFrame(epoch=epoch, seq=seq, now=now, rate=rate), *self.missed]


class NotReadableYet(Exception):
    """The events a watcher missed cannot be read yet."""


async def open_for(watch: Watch, joined: Joined, *, source: FeedSource, clock: DomainClock) -> Opening:
    """Return what this watcher begins with; raises `NotReadableYet`, and whatever says that they may not watch."""
    head = joined.head
    # From the very beginning may be asked for in any numbering; any other number belongs to one.
    knows = watch.epoch == head.epoch or (watch.epoch is None and watch.after == 0)
    behind = head.seq - watch.after if watch.after is not None and knows else -1
    reading = await clock.reading()
    if not 0 <= behind <= REPLAYED_FACTS:
        loaded = await watch.load()
        head = Head(epoch=head.epoch, seq=max(head.seq, loaded.seq))
        return Opening(head=head, now=reading.at(wall_now()), rate=reading.rate, loaded=loaded)
    missed: list[EventFrame] = []
    if behind and watch.after is not None:
        found = await source.after(watch.feed_id, watch.after, limit=REPLAYED_FACTS)
        missed = [joined.audience.frame_of(numbered) for numbered in found if numbered.seq <= head.seq]
        if len(missed) < behind:
            raise NotReadableYet
    return Opening(head=head, now=reading.at(wall_now()), rate=reading.rate, missed=missed)

"""Feeds that nobody numbers: a look at the tables, shared by all watchers of a process, tells what changed.

What changes twice between two looks is told once, and whoever was away starts over: docs/decisions/0011.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Final, TypeAlias

import msgspec
import structlog

from infra.clock import DomainClock, wall_now
from infra.live.channels import Numbered
from infra.live.feed import Feed, Joined
from infra.live.hub import Hub
from infra.live.source import STORE_AWAY, Head
from infra.live.view import Watch
from infra.live.watcher import Watcher
from infra.live.wires import Wire
from infra.outbox import Recorded, new_epoch
from kernel.actors import SYSTEM
from kernel.events import Cause
from kernel.ids import EventId

log: Final = structlog.get_logger()
LOOK_EVERY_S: Final = 1.0  # of wall time: what a dispatcher takes for at once
LOOKS_A_BEAT: Final = 15

Look: TypeAlias = Callable[[str], Awaitable[Mapping[str, int]]]
_encode: Final = msgspec.json.Encoder().encode


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What is new or has another number, and what is there no more."""

    changed: list[str]
    gone: list[str]


class _Looked(Feed):
    """One watched feed, and what was seen last."""

    def __init__(self, feed_id: str) -> None:
        super().__init__(feed_id)
        self.head = Head(epoch=new_epoch(), seq=0)
        self.looks = 0  # that found something
        self.seen: Mapping[str, int] | None = None
        self.looking: asyncio.Task[None] | None = None


class LookingHub:
    """A hub whose feeds are what `look` finds: ids with numbers that grow. Positions are the other hub's."""

    def __init__(self, hub: Hub, look: Look, clock: DomainClock, *, every_s: float = LOOK_EVERY_S) -> None:
        self._hub = hub
        self._look = look
        self._clock = clock
        self._every_s = every_s
        self._feeds: dict[str, _Looked] = {}

    async def join(self, watch: Watch, watcher: Watcher, wire: Wire) -> Joined:
        """Put what every look finds changed into the watcher, until `leave`."""
        feed = self._feeds.setdefault(watch.feed_id, _Looked(watch.feed_id))
        feed.holders += 1
        try:
            if feed.seen is None:  # before the watcher reads anything: what changes from then on is told
                self._compare(feed, await self._look(feed.id))
            if feed.looking is None:
                feed.looking = asyncio.create_task(self._look_for_ever(feed))
            return await feed.admit(watch, watcher, wire, self._hub.following)
        except BaseException:
            self._let_go(feed)
            raise

    def leave(self, joined: Joined) -> None:
        """Tell this watcher nothing more."""
        joined.leave()
        self._let_go(joined.feed)

    def _let_go(self, feed: Feed) -> None:
        feed.holders -= 1
        looked = self._feeds.get(feed.id)
        if looked is feed and not feed.holders:
            del self._feeds[feed.id]
            if looked.looking is not None:
                looked.looking.cancel()

    async def _look_for_ever(self, feed: _Looked) -> None:
        for turn in count(1):
            await asyncio.sleep(self._every_s)
            try:
                self._compare(feed, await self._look(feed.id))
                if turn % LOOKS_A_BEAT == 0:
                    feed.beat(await self._clock.now())
            except STORE_AWAY as error:
                log.warning("live.not_looked", feed_id=feed.id, error=repr(error))
            except Exception:  # a task's edge: the watchers stay, and the next look may succeed
                log.exception("live.look_failed", feed_id=feed.id)

    def _compare(self, feed: _Looked, found: Mapping[str, int]) -> None:
        before, feed.seen = feed.seen, found
        if before is None:
            return
        changed = sorted(one for one, number in found.items() if before.get(one) != number)
        gone = sorted(before.keys() - found.keys())
        if not changed and not gone:
            return
        feed.looks += 1
        feed.tell(Numbered(feed.looks, _as_fact(feed, Changed(changed=changed, gone=gone))))


def _as_fact(feed: _Looked, changed: Changed) -> Recorded:
    """Return it in the shape sessions carry; it stands in no table."""
    now = wall_now()
    return Recorded(
        position=0,
        id=EventId(""),
        stream_id=feed.id,
        seq=feed.looks,
        type="changed",
        feeds=[],
        actor=SYSTEM,
        cause=Cause.RULE,
        occurred_at=now,
        recorded_at=now,
        payload=msgspec.Raw(_encode(changed)),
    )

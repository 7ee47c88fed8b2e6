"""Feeds that nobody numbers: a look at the tables, shared by all watchers of a process, tells what changed.

What changes twice between two looks is told once, and whoever was away starts over: docs/decisions/0011.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import msgspec
import structlog

from infra.clock import wall_now
from infra.live.channels import Numbered
from infra.live.hub import WATCHERS, Hub
from infra.live.mailbox import Mailbox
from infra.live.source import STORE_AWAY, Head
from infra.outbox import Recorded, new_epoch
from kernel.actors import SYSTEM
from kernel.events import Cause
from kernel.ids import EventId

log: Final = structlog.get_logger()
LOOK_EVERY_S: Final = 1.0  # of wall time: what a dispatcher takes for at once

Look: TypeAlias = Callable[[str], Awaitable[Mapping[str, int]]]
_encode: Final = msgspec.json.Encoder().encode


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What is new or has another number, and what is there no more."""

    changed: list[str]
    gone: list[str]


class _Looked:
    """One watched feed: what was seen last, and who watches."""

    def __init__(self, feed_id: str) -> None:
        self.id = feed_id
        self.head = Head(epoch=new_epoch(), seq=0)
        self.seen: Mapping[str, int] | None = None
        self.mailboxes: set[Mailbox] = set()
        self.looking: asyncio.Task[None] | None = None


class LookingHub:
    """A hub whose feeds are what `look` finds: ids with numbers that grow. Positions are the other hub's."""

    def __init__(self, hub: Hub, look: Look, *, every_s: float = LOOK_EVERY_S) -> None:
        self._hub = hub
        self._look = look
        self._every_s = every_s
        self._feeds: dict[str, _Looked] = {}

    @asynccontextmanager
    async def watching(self, feed_id: str, mailbox: Mailbox) -> AsyncIterator[Head]:
        """Put what every look finds changed into the mailbox, for as long as it lasts."""
        feed = self._feeds.setdefault(feed_id, _Looked(feed_id))
        feed.mailboxes.add(mailbox)
        WATCHERS.inc()
        try:
            if feed.seen is None:  # before the watcher reads anything: what changes from then on is told
                self._compare(feed, await self._look(feed_id))
            if feed.looking is None:
                feed.looking = asyncio.create_task(self._look_for_ever(feed))
            yield feed.head
        finally:
            WATCHERS.dec()
            feed.mailboxes.discard(mailbox)
            if not feed.mailboxes:
                self._feeds.pop(feed_id, None)
                if feed.looking is not None:
                    feed.looking.cancel()

    def head(self, feed_id: str) -> Head | None:
        """Return how many looks found something."""
        feed = self._feeds.get(feed_id)
        return feed.head if feed else None

    def follow(self, key: str, mailbox: Mailbox) -> None:
        """Put this rider's live positions into the mailbox from now on."""
        self._hub.follow(key, mailbox)

    def unfollow(self, key: str, mailbox: Mailbox) -> None:
        """Stop at once."""
        self._hub.unfollow(key, mailbox)

    async def _look_for_ever(self, feed: _Looked) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                self._compare(feed, await self._look(feed.id))
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
        feed.head = Head(epoch=feed.head.epoch, seq=feed.head.seq + 1)
        numbered = Numbered(feed.head.seq, _as_fact(feed, Changed(changed=changed, gone=gone)))
        for mailbox in feed.mailboxes:
            mailbox.put(numbered)


def _as_fact(feed: _Looked, changed: Changed) -> Recorded:
    """Return it in the shape sessions carry; it stands in no table."""
    now = wall_now()
    return Recorded(
        position=0,
        id=EventId(""),
        stream_id=feed.id,
        seq=feed.head.seq,
        type="changed",
        feeds=[],
        actor=SYSTEM,
        cause=Cause.RULE,
        occurred_at=now,
        recorded_at=now,
        payload=msgspec.Raw(_encode(changed)),
    )

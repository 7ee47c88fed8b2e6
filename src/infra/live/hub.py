"""One process' ear: each watched feed is heard once, gaps are filled from the tables, facts go to their watchers."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from infra.db import AWAY
from infra.live.channels import (
    FEED,
    Numbered,
    Place,
    decode_numbered,
    decode_place,
    feed_channel,
    position_channel,
    read_channel,
)
from infra.live.mailbox import Mailbox
from infra.live.source import FeedSource, Head
from infra.live.subscriber import Subscriber

log: Final = structlog.get_logger()
RECONCILE_S: Final = 4.0  # a lost last event is noticed within 5 s, the query included
CONFIRM_S: Final = 1.0  # without Redis a feed still begins; reconciling keeps it going
PAGE: Final = 256
FILLS_AT_ONCE: Final = 8  # each holds one connection of the pool

GAPS: Final = Counter("recado_live_gaps", "Times a hub had to look up facts it was not told.")
WATCHERS: Final = Gauge("recado_live_watchers", "Open feed sessions of this process.")


class _Feed:
    """A watched feed: how far this process has told it, how far it is known to have come, and who watches."""

    def __init__(self, feed_id: str) -> None:
        self.id = feed_id
        self.head: Head | None = None
        self.known_seq = 0
        self.mailboxes: set[Mailbox] = set()
        self.holders = 0
        self.filling: asyncio.Task[None] | None = None

    def is_behind(self) -> bool:
        """Tell whether facts are known of that were not told yet."""
        return self.head is not None and self.known_seq > self.head.seq


class Hub:
    """The live feeds of one process. `run` must run for as long as anybody watches."""

    def __init__(self, redis_url: str, source: FeedSource, *, reconcile_s: float = RECONCILE_S) -> None:
        self._source = source
        self._reconcile_s = reconcile_s
        self._subscriber = Subscriber(redis_url, on_message=self._hear, on_restored=self._reconcile_soon)
        self._feeds: dict[str, _Feed] = {}
        self._followers: dict[str, set[Mailbox]] = {}
        self._reconcile_now = asyncio.Event()
        self._fill_slots = asyncio.Semaphore(FILLS_AT_ONCE)
        self._fills: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen and reconcile until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._reconcile_for_ever())

    @asynccontextmanager
    async def watching(self, feed_id: str, mailbox: Mailbox) -> AsyncIterator[Head]:
        """Put every fact behind the head this yields into the mailbox, in order, each once, for as long as it lasts.

        The head is read after Redis confirmed that it listens, so a snapshot loaded inside holds all up to that head.
        """
        feed = self._hold(feed_id)
        try:
            await self._subscriber.hears(feed_channel(feed_id), within_s=CONFIRM_S)
            self._compare(feed, await self._source.open(feed_id))
            await self._fill(feed)
            if feed.head is None:  # `_compare` has just set it
                raise AssertionError(feed_id)
            feed.mailboxes.add(mailbox)
            WATCHERS.inc()
            try:
                yield feed.head
            finally:
                feed.mailboxes.discard(mailbox)
                WATCHERS.dec()
        finally:
            self._let_go(feed)

    def head(self, feed_id: str) -> Head | None:
        """Return how far a watched feed has come as this process knows."""
        feed = self._feeds.get(feed_id)
        return feed.head if feed else None

    def follow(self, key: str, mailbox: Mailbox) -> None:
        """Put this rider's live positions into the mailbox from now on."""
        if key not in self._followers:
            self._followers[key] = set()
            self._subscriber.want(position_channel(key))
        self._followers[key].add(mailbox)

    def unfollow(self, key: str, mailbox: Mailbox) -> None:
        """Stop at once; what waits in the mailbox is thrown away."""
        mailbox.forget_position(key)
        followers = self._followers.get(key, set())
        followers.discard(mailbox)
        if not followers and self._followers.pop(key, None) is not None:
            self._subscriber.drop(position_channel(key))

    def _hold(self, feed_id: str) -> _Feed:
        feed = self._feeds.get(feed_id)
        if feed is None:
            feed = self._feeds[feed_id] = _Feed(feed_id)
            self._subscriber.want(feed_channel(feed_id))
        feed.holders += 1
        return feed

    def _let_go(self, feed: _Feed) -> None:
        feed.holders -= 1
        if not feed.holders:
            del self._feeds[feed.id]
            self._subscriber.drop(feed_channel(feed.id))

    def _hear(self, channel: bytes, message: bytes) -> None:
        kind, name = read_channel(channel)
        try:
            if kind == FEED:
                self._hear_fact(name, decode_numbered(message))
            else:
                self._hear_place(name, decode_place(message))
        except msgspec.MsgspecError as error:  # another version's process speaks; reconciling finds the fact
            log.warning("live.not_understood", channel=channel.decode(), error=str(error))

    def _hear_place(self, key: str, place: Place) -> None:
        for mailbox in self._followers.get(key, ()):
            mailbox.put_position(key, place)

    def _hear_fact(self, feed_id: str, numbered: Numbered) -> None:
        feed = self._feeds.get(feed_id)
        if feed is None:
            return
        feed.known_seq = max(feed.known_seq, numbered.seq)
        if feed.head is None or _is_running(feed.filling):
            return  # Whoever is looking up the head or the gap looks on to `known_seq`.
        if numbered.seq == feed.head.seq + 1:
            _tell(feed, numbered)
        elif numbered.seq > feed.head.seq:
            self._start_fill(feed)

    def _compare(self, feed: _Feed, head: Head) -> None:
        if feed.head is None:
            feed.head = head
        elif feed.head.epoch != head.epoch:
            log.warning("live.another_epoch", feed_id=feed.id, seq=head.seq)
            feed.head, feed.known_seq = head, head.seq
            for mailbox in feed.mailboxes:
                mailbox.start_over(head)
        feed.known_seq = max(feed.known_seq, head.seq)

    async def _fill(self, feed: _Feed) -> None:
        if feed.is_behind() or _is_running(feed.filling):
            await asyncio.shield(self._start_fill(feed))

    def _start_fill(self, feed: _Feed) -> asyncio.Task[None]:
        if feed.filling is None or feed.filling.done():
            feed.filling = asyncio.create_task(self._fill_from_source(feed))
            self._fills.add(feed.filling)
            feed.filling.add_done_callback(self._fills.discard)
        return feed.filling

    async def _fill_from_source(self, feed: _Feed) -> None:
        GAPS.inc()
        try:
            while feed.is_behind():
                head = feed.head
                async with self._fill_slots:
                    page = await self._source.after(feed.id, head.seq if head else 0, limit=PAGE)
                if feed.head != head:
                    continue  # Another numbering began meanwhile.
                if not page:
                    break  # Not readable yet; the next reconciling looks again.
                for numbered in page:
                    _tell(feed, numbered)
        except Exception:  # a task's edge: whoever waits goes on with what there is, and reconciling tries again
            log.exception("live.gap_not_filled", feed_id=feed.id)

    def _reconcile_soon(self) -> None:
        self._reconcile_now.set()

    async def _reconcile_for_ever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._reconcile_s):
                    await self._reconcile_now.wait()
            except TimeoutError:
                pass
            self._reconcile_now.clear()
            try:
                await self._reconcile([feed for feed in self._feeds.values() if feed.head is not None])
            except AWAY as error:
                log.warning("live.not_reconciled", error=repr(error))

    async def _reconcile(self, feeds: Iterable[_Feed]) -> None:
        by_id = {feed.id: feed for feed in feeds}
        if not by_id:
            return
        for feed_id, head in (await self._source.heads(list(by_id))).items():
            self._compare(by_id[feed_id], head)
        await asyncio.gather(*(self._fill(feed) for feed in by_id.values()))


def _is_running(task: "asyncio.Task[None] | None") -> bool:
    return task is not None and not task.done()


def _tell(feed: _Feed, numbered: Numbered) -> None:
    if feed.head is None or numbered.seq <= feed.head.seq:
        return
    feed.head = Head(epoch=feed.head.epoch, seq=numbered.seq)
    for mailbox in feed.mailboxes:
        mailbox.put(numbered)

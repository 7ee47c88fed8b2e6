"""One process' ear: each watched feed is heard once, gaps are filled from the tables, facts go to their audiences."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter

from infra.clock import DomainClock, boot_s
from infra.db import AWAY
from infra.live.channels import decode_numbered, feed_channel
from infra.live.feed import Feed, Joined
from infra.live.following import LOOK_EVERY_S, Following, LeasedFeed
from infra.live.source import NOWHERE, FeedSource, Head
from infra.live.subscriber import Subscriber
from infra.live.view import Watch
from infra.live.watcher import Watcher
from infra.live.wires import Wire

log: Final = structlog.get_logger()
RECONCILE_S: Final = 4.0  # a lost last event is noticed within 5 s, the query included
CONFIRM_S: Final = 1.0  # without Redis a feed still begins; reconciling keeps it going
HEARTBEAT_S: Final = 15.0  # proxies cut idle connections after 30 to 60 s
BEATS: Final = 15  # hearts beat in so many turns, not all at once
PAGE: Final = 256
FILLS_AT_ONCE: Final = 8  # each holds one connection of the pool

GAPS: Final = Counter("recado_live_gaps", "Times a hub had to look up facts it was not told.")


class Hub:
    """The live feeds of one process. `run` must run for as long as anybody watches.

    `check_access` ends the watchers whose access has ended; positions wait until it has looked, as for the tables.
    """

    def __init__(
        self,
        redis_url: str,
        source: FeedSource,
        clock: DomainClock,
        *,
        reconcile_s: float = RECONCILE_S,
        heartbeat_s: float = HEARTBEAT_S,
        check_access: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._reconcile_s = reconcile_s
        self._heartbeat_s = heartbeat_s
        self._check_access = check_access
        self._subscriber = Subscriber(redis_url, on_restored=self._reconcile_soon)
        self.following = Following(self._subscriber, on_begun=self._confirm_soon)
        self._feeds: dict[str, LeasedFeed] = {}
        self._slots = count()
        self._reconcile_now, self._confirm_now = asyncio.Event(), asyncio.Event()
        self._unconfirmed: set[LeasedFeed] = set()
        self._fill_slots = asyncio.Semaphore(FILLS_AT_ONCE)
        self._fills: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen, reconcile and beat until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._subscriber.run())
            tasks.create_task(self._reconcile_for_ever())
            tasks.create_task(self._confirm_for_ever())
            tasks.create_task(self._beat_for_ever())

    async def join(self, watch: Watch, watcher: Watcher, wire: Wire) -> Joined:
        """Put every fact behind the head this returns into the watcher, in order, each once, until `leave`.

        The head is known after Redis confirmed that it listens, so a snapshot loaded from now on holds all up to it.
        """
        feed = self._hold(watch.feed_id)
        try:
            await self._subscriber.hears(feed_channel(watch.feed_id), within_s=CONFIRM_S)
            await self._catch_up(feed, watch)
            return await feed.admit(watch, watcher, wire, self.following)
        except BaseException:
            self._let_go(feed)
            raise

    def leave(self, joined: Joined) -> None:
        """Tell this watcher nothing more."""
        joined.leave()
        self._let_go(joined.feed)

    def head(self, feed_id: str) -> Head | None:
        """Return how far a watched feed has come as this process knows."""
        feed = self._feeds.get(feed_id)
        return feed.head if feed else None

    async def _catch_up(self, feed: LeasedFeed, watch: Watch) -> None:
        head = feed.head
        # Whoever was told more elsewhere, or in another numbering, may know better than this process.
        if head is None or (watch.after or 0) > head.seq or watch.epoch not in {None, head.epoch}:
            self._compare(feed, await self._source.open(feed.id))
        await self._fill(feed)

    def _hold(self, feed_id: str) -> LeasedFeed:
        feed = self._feeds.get(feed_id)
        if feed is None:
            feed = self._feeds[feed_id] = LeasedFeed(feed_id, slot=next(self._slots) % BEATS)
            self._subscriber.want(feed_channel(feed_id), partial(self._hear, feed))
        feed.holders += 1
        return feed

    def _let_go(self, feed: Feed) -> None:
        feed.holders -= 1
        if not feed.holders:
            del self._feeds[feed.id]
            self._subscriber.drop(feed_channel(feed.id))

    def _hear(self, feed: LeasedFeed, message: bytes) -> None:
        try:
            numbered = decode_numbered(message)
        except msgspec.MsgspecError as error:  # another version's process speaks; reconciling finds the fact
            log.warning("live.not_understood", channel=feed_channel(feed.id), error=str(error))
            return
        feed.known_seq = max(feed.known_seq, numbered.seq)
        if feed.head is None or feed.is_filling():
            return  # Whoever is looking up the head or the gap looks on to `known_seq`.
        if numbered.seq == feed.head.seq + 1:
            feed.tell(numbered)
        elif numbered.seq > feed.head.seq:
            self._start_fill(feed)

    def _compare(self, feed: LeasedFeed, head: Head) -> None:
        if feed.head is None:
            feed.head = head
        elif feed.head.epoch != head.epoch:
            log.warning("live.another_epoch", feed_id=feed.id, seq=head.seq)
            feed.start_over(head)
        feed.known_seq = max(feed.known_seq, head.seq)

    async def _fill(self, feed: LeasedFeed) -> None:
        if feed.is_behind() or feed.is_filling():
            await asyncio.shield(self._start_fill(feed))

    def _start_fill(self, feed: LeasedFeed) -> asyncio.Task[None]:
        if feed.filling is None or feed.filling.done():
            feed.filling = asyncio.create_task(self._fill_from_source(feed))
            self._fills.add(feed.filling)
            feed.filling.add_done_callback(self._fills.discard)
        return feed.filling

    async def _fill_from_source(self, feed: LeasedFeed) -> None:
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
                    feed.tell(numbered)
        except Exception:  # a task's edge: whoever waits goes on with what there is, and reconciling tries again
            log.exception("live.gap_not_filled", feed_id=feed.id)

    def _reconcile_soon(self) -> None:
        self._reconcile_now.set()

    async def _reconcile_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._reconcile_s):
                    await self._reconcile_now.wait()
            self._reconcile_now.clear()
            await self._reconcile(feed for feed in self._feeds.values() if feed.head is not None)

    def _confirm_soon(self, feed: Feed) -> None:
        if isinstance(feed, LeasedFeed):  # whose first position must not wait for the next turn of all
            self._unconfirmed.add(feed)
            self._confirm_now.set()

    async def _confirm_for_ever(self) -> None:
        """Confirm again and again how things stand with those feeds that show where somebody is."""
        loop = asyncio.get_running_loop()
        all_at_s = loop.time() + LOOK_EVERY_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(all_at_s):
                    await self._confirm_now.wait()
            self._confirm_now.clear()
            feeds, self._unconfirmed = self._unconfirmed, set()
            if loop.time() >= all_at_s:
                all_at_s = loop.time() + LOOK_EVERY_S
                feeds = {feed for feed in self.following.feeds() if isinstance(feed, LeasedFeed)}
            await self._reconcile(feed for feed in feeds if feed.head is not None)

    async def _reconcile(self, feeds: Iterable[LeasedFeed]) -> None:
        by_id = {feed.id: feed for feed in feeds}
        if not by_id:
            return
        asked_at_s = boot_s()
        try:
            if self._check_access is not None:
                await self._check_access()
            known = {feed.id: feed.head or NOWHERE for feed in by_id.values()}
            for feed_id, head in (await self._source.moved(known)).items():
                self._compare(by_id[feed_id], head)
        except AWAY as error:
            log.warning("live.not_reconciled", error=repr(error))
            return
        await asyncio.gather(*(self._fill(feed) for feed in by_id.values() if feed.is_behind()))
        for feed in by_id.values():
            feed.confirm(asked_at_s)

    async def _beat_for_ever(self) -> None:
        for turn in count():
            await asyncio.sleep(self._heartbeat_s / BEATS)
            try:
                now = await self._clock.now()
            except AWAY as error:
                log.warning("live.no_heartbeat", error=repr(error))
                continue
            for feed in list(self._feeds.values()):
                if feed.slot == turn % BEATS:
                    feed.beat(now)

"""Tells facts as the relay does: with its announcer, in batches; as fast as watchers get them, or at a steady rate."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import REGISTRY

from infra.live.announcer import RedisAnnouncer
from recado.benches.feeds.clones import Order
from recado.benches.feeds.facts import Numbered, Supply
from recado.benches.feeds.progress import Progress
from recado.errors import CommandRefused

BATCH: Final = 256  # as the relay's
LOOK_EVERY_S: Final = 0.0005
TICK_S: Final = 0.01
HEADS_EVERY_S: Final = 1.0
ARRIVES_WITHIN_S: Final = 60.0
LOST: Final = "recado_live_announcements_lost_total"  # of infra.live.announcer


class Stretch:
    """The same number of facts of each of these orders, of which so many watchers have each."""

    def __init__(self, orders: Sequence[Order], rounds: Sequence[Sequence[Numbered]], *, watchers: int) -> None:
        self.orders, self.watchers = orders, watchers
        self.facts = [numbered for told in rounds for numbered in told]
        self.told = 0

    @property
    def messages(self) -> int:
        """How many messages it comes to."""
        return len(self.facts) * self.watchers

    def seqs_after(self, told: int) -> list[int]:
        """Return each order's number once so many facts are told, which go round by round."""
        rounds, more = divmod(told, len(self.orders))
        return [order.seq + rounds + (place < more) for place, order in enumerate(self.orders)]


class Teller:
    """Announces stretches, and lets the orders' rows follow what was told."""

    def __init__(self, announcer: RedisAnnouncer, supply: Supply, progress: Progress) -> None:
        self._announcer, self._supply, self._progress = announcer, supply, progress

    async def saturate(self, stretch: Stretch) -> None:
        """Tell all as fast as the watchers get it, and return once the last has.

        At most half of the orders have one on its way: no socket ever has two messages waiting, so none saves a write.
        """
        before = self._progress.total()
        ahead = max(len(stretch.orders) // 2, 1)
        size = max(min(BATCH, ahead // 2), 1)
        async with self._heads_follow(stretch):
            while stretch.told < len(stretch.facts):
                await self._announce(stretch, stretch.told + size)
                await self._until(before + (stretch.told - ahead) * stretch.watchers)
            await self._until(before + stretch.messages)

    async def keep_rate(self, stretch: Stretch, *, per_s: float) -> None:
        """Tell so many facts a second, however far behind the watchers are, and return once the last has the last."""
        loop = asyncio.get_running_loop()
        before, began_s = self._progress.total(), loop.time()
        async with self._heads_follow(stretch):
            while stretch.told < len(stretch.facts):
                await self._announce(stretch, int((loop.time() - began_s) * per_s))
                await asyncio.sleep(TICK_S)
            await self._until(before + stretch.messages)

    async def _announce(self, stretch: Stretch, upto: int) -> None:
        upto = min(upto, len(stretch.facts))
        for start in range(stretch.told, upto, BATCH):
            await self._announcer.announce(stretch.facts[start : min(start + BATCH, upto)])
        stretch.told = max(upto, stretch.told)

    async def _until(self, messages: int) -> None:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + ARRIVES_WITHIN_S
        while self._progress.total() < messages:
            if loop.time() > give_up_at:
                missing, lost = messages - self._progress.total(), int(REGISTRY.get_sample_value(LOST) or 0)
                raise CommandRefused(f"{missing} messages did not arrive; {lost} announcements took too long for Redis")
            await asyncio.sleep(LOOK_EVERY_S)

    @asynccontextmanager
    async def _heads_follow(self, stretch: Stretch) -> AsyncIterator[None]:
        # A second behind: whoever compares with the rows meanwhile finds nothing that is not on its way.
        is_over = asyncio.Event()
        following = asyncio.create_task(self._follow_heads(stretch, is_over))
        try:
            yield
        finally:
            is_over.set()
            await following
        seqs = stretch.seqs_after(stretch.told)
        await self._supply.raise_heads(stretch.orders, seqs)
        for order, seq in zip(stretch.orders, seqs, strict=True):
            order.seq = seq

    async def _follow_heads(self, stretch: Stretch, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            told = stretch.told
            try:
                async with asyncio.timeout(HEADS_EVERY_S):
                    await is_over.wait()
            except TimeoutError:
                await self._supply.raise_heads(stretch.orders, stretch.seqs_after(told))

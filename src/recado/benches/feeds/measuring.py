"""Stretches of messages, and what they cost the servers."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from recado.benches.feeds.clones import Order
from recado.benches.feeds.facts import Supply
from recado.benches.feeds.frames import prepared_frame
from recado.benches.feeds.house import Stage
from recado.benches.feeds.questions import Told
from recado.benches.feeds.seats import WATCHERS
from recado.benches.feeds.telling import Stretch, Teller
from recado.errors import CommandRefused

LOOK_EVERY_S: Final = 0.0005
DRAINED_WITHIN_S: Final = 30.0
MOST_FACTS: Final = 150_000  # of a stretch: they are in memory before it begins
FEWEST: Final = 3  # rounds: fewer say more of beginning and end than of what is between
TRIED: Final = 4  # rounds of the first stretch, from which all others are sized


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that arrived, and what the servers spent on them."""

    messages: int
    wall_s: float
    cpu_s: float
    cores: int = 1  # the servers may use
    gaps: int = 0  # facts the servers had to look up, as Redis did not bring them in time

    @property
    def cost_us(self) -> float:
        """CPU of the servers per message."""
        return 1e6 * self.cpu_s / self.messages

    @property
    def per_s(self) -> float:
        """Messages a second on the wall's clock."""
        return self.messages / self.wall_s

    @property
    def busy_share(self) -> float:
        """How much of their cores the servers used."""
        return self.cpu_s / self.wall_s / self.cores


class Bench:
    """Measures stretches on one stage."""

    def __init__(self, stage: Stage, teller: Teller, supply: Supply) -> None:
        self.stage, self.teller, self.supply = stage, teller, supply

    async def feed(
        self, orders: Sequence[Order], *, for_s: float, watchers: int = WATCHERS, per_s: float | None = None
    ) -> Measured:
        """Tell facts of these orders for about so long at the rate known (messages a second), else a few.

        Raises `CommandRefused` unless every watcher has every number.
        """
        wanted = TRIED if per_s is None else round(per_s * for_s / watchers / len(orders))
        rounds = max(FEWEST, min(wanted, MOST_FACTS // len(orders)))
        stretch = Stretch(orders, await self.supply.write(orders, rounds), watchers=watchers)
        await self.stage.expect()
        gaps = await self.stage.count_gaps()
        before_s, began_s = self.stage.cpu_s(), time.perf_counter()
        try:
            await self.teller.saturate(stretch)
        except CommandRefused:
            await self.stage.tell()  # which refuses with the reason, where watchers know one
            raise
        wall_s, cpu_s = time.perf_counter() - began_s, self.stage.cpu_s() - before_s
        check(await self.stage.tell(), orders, stretch.messages)
        return Measured(
            messages=stretch.messages,
            wall_s=wall_s,
            cpu_s=cpu_s,
            cores=self.stage.cores,
            gaps=await self.stage.count_gaps() - gaps,
        )

    async def write(
        self, frame: bytes, *, sockets: int, ahead: int, for_s: float, per_s: float | None = None
    ) -> Measured:
        """Write a prepared frame to every socket for about so long at the rate known, else a few times."""
        times = TRIED if per_s is None else max(FEWEST, round(per_s * for_s / sockets))
        progress = self.stage.progress
        await self.stage.expect()
        arrived, before_s, began_s = progress.total(), self.stage.cpu_s(), time.perf_counter()
        written = await self.stage.write(frame, times=times, ahead=ahead)
        await self._drained(arrived + written)
        measured = Measured(messages=written, wall_s=time.perf_counter() - began_s, cpu_s=self.stage.cpu_s() - before_s)
        if written != times * sockets:
            raise CommandRefused(f"{written} frames were written where {sockets} sockets should get {times} each")
        return measured

    async def frame(self) -> bytes:
        """Return a frame as long as those that the watchers got last, on average."""
        told = await self.stage.tell()
        return prepared_frame(sum(one.content_bytes for one in told) // sum(one.sockets for one in told))

    async def _drained(self, messages: int) -> None:
        give_up_at = time.monotonic() + DRAINED_WITHIN_S
        while self.stage.progress.total() < messages:
            if time.monotonic() > give_up_at:
                raise CommandRefused(f"{messages - self.stage.progress.total()} frames did not arrive")
            await asyncio.sleep(LOOK_EVERY_S)


def check(told: Sequence[Told], orders: Sequence[Order], messages: int) -> None:
    """Raise `CommandRefused` unless every watcher of these orders has every number up to the last."""
    if (arrived := sum(one.events for one in told)) != messages:
        raise CommandRefused(f"{arrived} numbered messages arrived of {messages}")
    by_id: dict[str, int] = {order.id: order.seq for order in orders}
    for one in told:
        for order_id, (lowest, highest) in one.last_seqs.items():
            if order_id in by_id and not lowest == highest == by_id[order_id]:
                raise CommandRefused(f"{order_id} stands at {by_id[order_id]}, its watchers at {lowest} to {highest}")

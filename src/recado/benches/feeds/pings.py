"""From a rider's ping to the customers' screens, while facts go out beside it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from math import inf
from typing import Final

from recado.benches.feeds.questions import Arrival
from recado.benches.feeds.seats import ROLES
from recado.benches.feeds.sight import SEE_RIDERS_ON_THE_WAY
from recado.benches.frame.client import Client
from recado.benches.frame.town import NEAR, instant
from recado.errors import CommandRefused

EVERY_S: Final = 1.0
STEP_DEG: Final = 0.00001  # a metre further each second, and each place tells which ping it was
SEERS: Final = sum(role in SEE_RIDERS_ON_THE_WAY for role in ROLES)

Sent = dict[tuple[int, float], int]  # order's place in the list and latitude: when, in monotonic nanoseconds


class Riders:
    """The riders of some orders, each of whom pings every second over a connection of their own."""

    def __init__(self, address: str, tokens: Mapping[int, str]) -> None:
        self._address, self._tokens = address, tokens
        self.sent: Sent = {}
        self._step = 0

    async def ride(self, *, times: int) -> None:
        """Ping so often, the riders evenly spread over each second; only these pings are remembered as sent."""
        self.sent.clear()
        async with AsyncExitStack() as stack:
            phones = [
                (order, await stack.enter_async_context(Client(self._address, token)))
                for order, token in self._tokens.items()
            ]
            starts = [EVERY_S * place / len(phones) for place in range(len(phones))]
            async with asyncio.TaskGroup() as tasks:
                for (order, phone), start_s in zip(phones, starts, strict=True):
                    tasks.create_task(self._ride(order, phone, start_s, times))
        self._step += times

    async def _ride(self, order: int, phone: Client, start_s: float, times: int) -> None:
        loop = asyncio.get_running_loop()
        began_s = loop.time() + start_s
        for step in range(times):
            await asyncio.sleep(began_s + step * EVERY_S - loop.time())
            lat = round(NEAR.lat + (self._step + step) * STEP_DEG, 6)
            self.sent[order, lat] = time.monotonic_ns()
            ping = {"device_at": instant(), "lat": lat, "lon": NEAR.lon, "accuracy_m": 8}
            answers = await phone.post("/v1/rider/positions", ping)
            if answers[0]["verdict"] != "accepted":
                raise CommandRefused(f"a ping was answered {answers}")


def delays_ms(sent: Sent, arrivals: Sequence[Arrival]) -> list[float]:
    """Return how long each position took to each of its watchers, sorted; one that did not come took for ever.

    Raises `CommandRefused` where somebody saw what they may not.
    """
    if seen := {arrival.role for arrival in arrivals} - SEE_RIDERS_ON_THE_WAY:
        raise CommandRefused(f"where the rider is was told to: {', '.join(sorted(seen))}")
    found = ((sent.get((arrival.order, arrival.lat)), arrival.at_ns) for arrival in arrivals)
    came = sorted((at_ns - sent_ns) / 1e6 for sent_ns, at_ns in found if sent_ns is not None)
    return came + [inf] * (len(sent) * SEERS - len(came))

"""Load: the same thing done again and again in several lanes at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

Do = Callable[[], Awaitable[None]]


async def keep_busy(lanes: Sequence[Do], *, for_s: float) -> int:
    """Do it in every lane until the time is over, finish what was begun, and return how often it was done."""
    until_s = time.perf_counter() + for_s
    tasks = [asyncio.create_task(_repeat(do, until_s=until_s)) for do in lanes]
    try:
        return sum(await asyncio.gather(*tasks))
    finally:  # One that failed ends them all.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(do: Do, *, until_s: float) -> int:
    times = 0
    while time.perf_counter() < until_s:
        await do()
        times += 1
    return times

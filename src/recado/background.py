import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

AGAIN_AFTER_S: Final = 0.2


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless loops beside the block, and cancel them when it ends. A loop that dies cancels the block."""
    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            await end(started)


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: what a library's wait loses once would hold us up for ever."""
    while going_on := [task for task in tasks if not task.done()]:
        for task in going_on:
            task.cancel()
        await asyncio.wait(going_on, timeout=AGAIN_AFTER_S)

"""Endless loops that tests start beside themselves."""

import asyncio
from typing import Any

from recado.background import end


async def stop(*loops: asyncio.Task[Any]) -> None:
    """Cancel until all have ended: one that went on would write into other tests. Raises what one of them died of."""
    await end(loops)
    for loop in loops:
        if not loop.cancelled():
            loop.result()

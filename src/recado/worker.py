"""The worker process: what happens without anybody asking."""

import asyncio

from infra.db import Database
from recado.settings import Settings


async def run(settings: Settings) -> None:
    """Work until cancelled."""
    async with Database.connect(settings.database_url, pool_size=settings.pool_size):
        await asyncio.Event().wait()

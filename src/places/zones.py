from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final

from infra.clock import wall_now
from infra.db import Tx
from places import queries
from places.model import ZoneMap

KEPT_FOR: Final = timedelta(seconds=5)  # wall time; zones are drawn by hand and change rarely


class Zones:
    """The zones of all cities, kept in this process and read anew every few seconds."""

    def __init__(self, read: Callable[[], AbstractAsyncContextManager[Tx]]) -> None:
        self._read = read
        self._map = ZoneMap([])
        self._read_at: datetime | None = None

    async def map(self) -> ZoneMap:
        """Return the zones as they were at most five seconds ago."""
        now = wall_now()
        if self._read_at is None or now - self._read_at > KEPT_FOR:
            async with self._read() as tx:
                found = await queries.zone_map(tx)
            if self._read_at is None or now >= self._read_at:  # answers may overtake one another
                self._map, self._read_at = found, now
        return self._map

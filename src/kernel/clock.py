from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Domain time. Only `infra.clock` reads a real one; everything else takes `now` as a parameter."""

    async def now(self) -> datetime:
        """Return the instant, aware, in UTC."""
        ...

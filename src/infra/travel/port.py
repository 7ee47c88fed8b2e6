"""The port to whoever knows how long a way takes."""

from datetime import datetime
from typing import Protocol

from kernel.geo import Point


class TravelTimes(Protocol):
    """Answers how long a way takes.

    It is asked inside transactions: an adapter that needs the network answers from what it keeps, or falls back to a
    straight line, rather than let a transaction wait.
    """

    async def travel_s(self, start: Point, end: Point, *, vehicle: str, at: datetime) -> int:
        """Return whole seconds from door to door for a departure at this instant."""
        ...

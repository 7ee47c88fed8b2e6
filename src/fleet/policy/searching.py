"""When looking for a rider has taken too long."""

from datetime import datetime, timedelta
from typing import Final

# Domain contract, dispatch: alerted 5 min past due, the customer chooses after 15. Due is when a rider should be found.
ALERT_AFTER: Final = timedelta(minutes=5)
NOBODY_AFTER: Final = timedelta(minutes=15)
FOUND_BEFORE_READY: Final = timedelta(minutes=5)  # dispatch sends nobody earlier than 4 min; a round and an answer


def due_at(*, ready_by: datetime | None, now: datetime) -> datetime:
    """Return when this delivery should have its rider: in good time before the food is ready, at once if it is late."""
    return now if ready_by is None else max(now, ready_by - FOUND_BEFORE_READY)

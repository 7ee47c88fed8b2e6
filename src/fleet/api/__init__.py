"""HTTP and sockets; no rules."""

from typing import Final

from fleet.api import deliveries, feed, positions, reports, shifts

ROUTES: Final = [*shifts.ROUTES, *deliveries.ROUTES, *reports.ROUTES, *positions.ROUTES, *feed.ROUTES]

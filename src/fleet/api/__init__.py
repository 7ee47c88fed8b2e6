"""HTTP and sockets; no rules."""

from typing import Final

from fleet.api import deliveries, feed, incidents, phones, positions, reports, shifts, truth

ROUTES: Final = [
    *shifts.ROUTES,
    *deliveries.ROUTES,
    *reports.ROUTES,
    *incidents.ROUTES,
    *positions.ROUTES,
    *phones.ROUTES,
    *feed.ROUTES,
    *truth.ROUTES,
]

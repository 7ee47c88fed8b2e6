"""The kitchen over HTTP and WebSocket."""

from typing import Final

from merchant.api import escalations, feed, stores, tickets

ROUTES: Final = [*stores.ROUTES, *tickets.ROUTES, *escalations.ROUTES, *feed.ROUTES]

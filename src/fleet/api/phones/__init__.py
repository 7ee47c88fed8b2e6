"""Stock apps as riders' phones: one module for each protocol, one table of them, one address for each phone."""

from typing import Final

from fleet.api.phones import links, uploads

ROUTES: Final = [*links.ROUTES, *uploads.ROUTES]

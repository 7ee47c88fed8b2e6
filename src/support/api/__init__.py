"""The operations desk over HTTP and WebSocket."""

from typing import Final

from support.api import board, feed

ROUTES: Final = [*board.ROUTES, *feed.ROUTES]

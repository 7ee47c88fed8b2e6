from typing import Final

from accounts.api import devices, sessions, tokens

ROUTES: Final = [*tokens.ROUTES, *devices.ROUTES, *sessions.ROUTES]

from typing import Final

from tracking.api import share_links, tracking

ROUTES: Final = [*tracking.ROUTES, *share_links.ROUTES]

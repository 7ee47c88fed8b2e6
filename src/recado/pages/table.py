"""The one list of pages: where each is, what it is made of, and what its browser may be asked for."""

from typing import Final

import msgspec


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page: `templates/<name>.html`, `texts/<name>.json`, `assets/css/<name>.css` and `assets/js/<name>/main.js`.

    `name` begins all its texts. Who can pair a device for it is `role`; the index lists those that have one.
    """

    name: str
    path: str
    role: str | None = None
    icon: str = "recado"  # of base.html's symbols
    permissions: tuple[str, ...] = ()  # of the browser: geolocation, camera, screen-wake-lock
    is_script_needed: bool = True
    also: tuple[str, ...] = ()  # modules that main.js imports as it runs and that are asked for together with it
    later: tuple[str, ...] = ()  # modules that main.js imports when it needs them: fetched last, kept for the tunnel
    asks_at_once: bool = False  # main.js needs nothing of the page to ask for what it shows: it comes first
    is_listed_by_search: bool = False


INDEX: Final = Page(name="index", path="/", is_script_needed=False, is_listed_by_search=True)
ERROR: Final = Page(name="missing", path="", is_script_needed=False)
PAGES: Final = (
    INDEX,
    Page(name="pair", path="/pair"),
    Page(name="store", path="/store", role="merchant", icon="store", permissions=("screen-wake-lock",)),
    Page(
        name="rider",
        path="/rider",
        role="rider",
        icon="motorcycle",
        permissions=("geolocation", "screen-wake-lock"),
        later=("js/core/map.js",),
    ),
    Page(name="operations", path="/operations", role="operator", icon="map"),
    Page(name="desk", path="/desk", role="operator", icon="desk"),
    Page(
        name="track",
        path="/t/{token:str}",
        also=("js/track/following.js", "js/core/page.js", "js/core/feed.js"),
        asks_at_once=True,
    ),
)

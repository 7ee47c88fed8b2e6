"""Which language a page is shown in: the one asked for, the one chosen before, or the first the browser names."""

import re
from typing import Final

LANGUAGES: Final = ("es", "pt", "en")
NAMES: Final = {"es": "Español", "pt": "Português", "en": "English"}
COOKIE: Final = "recado_language"
_WISH: Final = re.compile(
    r"^\s*(?P<tag>[A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q=(?P<q>[01](?:\.\d{0,3})?)\s*)?$"
)
_MOST_WISHES: Final = 32


def choose(*, asked: str | None, chosen: str | None, accepted: str) -> str:
    """Return the page's language; `accepted` is the browser's Accept-Language."""
    for wish in (asked, chosen):
        if wish in LANGUAGES:
            return wish
    ranked = sorted(_wishes(accepted), key=lambda wish: -wish[1])
    return next((tag for tag, weight in ranked if weight > 0 and tag in LANGUAGES), LANGUAGES[0])


def _wishes(accepted: str) -> list[tuple[str, float]]:
    found = (_WISH.match(part) for part in accepted.split(",")[:_MOST_WISHES])
    return [(wish["tag"].lower(), float(wish["q"] or 1)) for wish in found if wish]

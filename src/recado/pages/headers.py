"""What every page tells the browser to refuse."""

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from accounts.origins import is_host

_ASKABLE: Final = ("camera", "geolocation", "microphone", "payment", "screen-wake-lock", "usb")


def security_headers(*, host: str, tile_url: str, permissions: Iterable[str]) -> Mapping[str, str]:
    """Return the headers of a page: nothing from elsewhere, nothing inline, nobody's frame."""
    granted = set(permissions)
    return {
        "Content-Security-Policy": content_security_policy(host=host, tile_url=tile_url),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=({'self' if name in granted else ''})" for name in _ASKABLE),
        "Referrer-Policy": "no-referrer",  # a share link's token is in its address
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def content_security_policy(*, host: str, tile_url: str) -> str:
    """Return the policy; `host` is the request's, as older browsers do not count its sockets among 'self'."""
    sockets = f" ws://{host} wss://{host}" if is_host(host) else ""
    tiles = f" {_origin(tile_url)}" if tile_url else ""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob:{tiles}",
        "connect-src": f"'self'{sockets}",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin(tile_url: str) -> str:
    """Return a tile server's origin; `https://{s}.tile.example/{z}/{x}/{y}.png` has one for each letter."""
    parts = urlsplit(tile_url.replace("{s}", "*"))
    return f"{parts.scheme}://{parts.netloc}"

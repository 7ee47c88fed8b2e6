"""What a browser keeps: the service worker that opens pages without a network, and the manifest that installs them."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from litestar import Request, Response, get

from recado.pages import rendering
from recado.pages.assets import load_assets
from recado.pages.table import INDEX, PAGES
from recado.pages.texts import texts_of

_WORKER: Final = Path(__file__).resolve().parent / "templates" / "service-worker.js"
_ICONS: Final = (
    {"src": "icons/recado.svg", "sizes": "any", "type": "image/svg+xml"},
    {"src": "icons/recado-192.png", "sizes": "192x192", "type": "image/png"},
    {"src": "icons/recado-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
)


@get("/service-worker.js", include_in_schema=False, sync_to_thread=False)
def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the service worker. Its first line names the build, so that a new one replaces it."""
    is_gzipped = rendering.accepts_gzip(request)
    headers = {
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": "gzip"} if is_gzipped else {}),
        **rendering.page_headers(request, INDEX),
    }
    body = _worker()
    body = gzip.compress(body, mtime=0) if is_gzipped else body
    return Response(body, media_type="text/javascript; charset=utf-8", headers=headers)


@get("/manifest.webmanifest", include_in_schema=False, sync_to_thread=False)
def manifest(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve what a phone needs to install a page (`?page=`) under its own name; the index by default."""
    asked = request.query_params.get("page")
    page = next((one for one in PAGES if one.role and one.name == asked), INDEX)
    language = rendering.language_of(request)
    texts = texts_of(page.name, language)
    assets = load_assets()
    told = {
        "id": page.path,
        "start_url": page.path,
        "scope": "/",
        "name": texts[f"{page.name}.title"],
        "short_name": texts[f"{page.name}.short"] if page.role else "Recado",
        "lang": language,
        "display": "standalone",
        "background_color": "#f6f4ee",
        "theme_color": "#f6f4ee",
        "icons": [{**icon, "src": assets.url(icon["src"])} for icon in _ICONS if icon["src"] in assets.files],
    }
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie", "X-Content-Type-Options": "nosniff"}
    return Response(msgspec.json.encode(told), media_type="application/manifest+json", headers=headers)


@cache
def _worker() -> bytes:
    return f'const BUILD = "{load_assets().build}";\n'.encode() + _WORKER.read_bytes()

"""Where the pages are. They are no part of the API: its document does not list them, and they hold no order."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from recado.pages import offline, rendering
from recado.pages.assets import load_assets
from recado.pages.table import ERROR, PAGES, Page

_FOR_EVER: Final = "public, max-age=31536000, immutable"


@get("/assets/{build:str}/{path:path}", include_in_schema=False, sync_to_thread=False)
def asset(request: Request[Any, Any, Any], build: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    """Serve a file of the pages. Under the name of another build, as while processes are replaced, it is not kept."""
    assets = load_assets()
    found = assets.files.get(path.removeprefix("/"))
    if found is None:
        raise NotFoundException
    is_gzipped = found.gzipped is not None and rendering.accepts_gzip(request)
    headers = {
        "Cache-Control": _FOR_EVER if build == assets.build else "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Encoding": "gzip"} if is_gzipped else {}),
    }
    body = found.gzipped if is_gzipped and found.gzipped is not None else found.body
    return Response(body, media_type=found.media_type, headers=headers)


def missing(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer a browser that looks for a page where there is none."""
    return rendering.answer(ERROR, request, status=404)


def is_for_a_page(request: Request[Any, Any, Any]) -> bool:
    """Tell whether somebody with a browser asks, and not for the API."""
    wants_html = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and wants_html and not request.url.path.startswith(("/v1/", "/assets/"))


def _route(page: Page) -> HTTPRouteHandler:
    @get(page.path, include_in_schema=False, sync_to_thread=False)
    def show(request: Request[Any, Any, Any]) -> Response[bytes]:
        return rendering.answer(page, request)

    return show


ROUTES: Final = [asset, offline.service_worker, offline.manifest, *(_route(page) for page in PAGES)]

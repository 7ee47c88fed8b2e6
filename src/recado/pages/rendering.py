"""Pages as bytes. What a page shows at first depends on its language alone, so each is rendered and compressed once."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from markupsafe import Markup

from recado.pages.assets import Assets, load_assets
from recado.pages.headers import security_headers
from recado.pages.languages import COOKIE, LANGUAGES, NAMES, choose
from recado.pages.table import PAGES, Page
from recado.pages.texts import texts_of, translator

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_HTML: Final = "text/html; charset=utf-8"
_A_YEAR_S: Final = 31_536_000


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """One page in one language, as it is sent."""

    body: bytes
    gzipped: bytes


def answer(page: Page, request: Request[Any, Any, Any], *, status: int = 200) -> Response[bytes]:
    """Return a page in the reader's language. It is asked for again each time, and unchanged costs no bytes."""
    asked = request.query_params.get("lang")
    language = language_of(request)
    found = rendered(page, language)
    is_gzipped = accepts_gzip(request)
    headers = {
        "Cache-Control": "no-cache",
        "Content-Language": language,
        "Vary": "Accept-Encoding, Accept-Language, Cookie",
        **({"Content-Encoding": "gzip"} if is_gzipped else {}),
        **page_headers(request, page),
    }
    chosen = Cookie(key=COOKIE, value=language, max_age=_A_YEAR_S, samesite="lax", httponly=True)
    return Response(
        found.gzipped if is_gzipped else found.body,
        status_code=status,
        media_type=_HTML,
        headers=headers,
        cookies=[chosen] if asked == language else [],
    )


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return the language this request is answered in."""
    return choose(
        asked=request.query_params.get("lang"),
        chosen=request.cookies.get(COOKIE),
        accepted=request.headers.get("accept-language", ""),
    )


def accepts_gzip(request: Request[Any, Any, Any]) -> bool:
    """Tell whether an answer may be compressed."""
    return "gzip" in request.headers.get("accept-encoding", "")


def page_headers(request: Request[Any, Any, Any], page: Page) -> Mapping[str, str]:
    """Return what a page's browser is told to refuse."""
    return security_headers(
        host=request.headers.get("host", ""),
        tile_url=request.app.state.tile_url,
        permissions=page.permissions,
    )


@cache
def rendered(page: Page, language: str) -> Rendered:
    """Render a page in one language."""
    assets = load_assets()
    texts = texts_of(page.name, language)
    html = (
        _environment()
        .get_template(f"{page.name}.html")
        .render(
            page=page,
            language=language,
            languages={code: NAMES[code] for code in LANGUAGES},
            pages=[one for one in PAGES if one.role],
            t=translator(texts),
            asset=assets.url,
            modules=_modules(page, assets),
            later=_later(page, assets),
            sheet=assets.sheet_of(page.name),
            boot=_boot(page, language, assets, texts),
        )
    )
    body = html.encode()
    return Rendered(body=body, gzipped=gzip.compress(body, mtime=0))


def _modules(page: Page, assets: Assets) -> list[str]:
    if not page.is_script_needed:
        return []
    entries = [f"js/{page.name}/main.js", *page.also]
    return list(dict.fromkeys(module for entry in entries for module in assets.modules_of(entry)))


def _later(page: Page, assets: Assets) -> list[str]:
    at_once = _modules(page, assets)
    return [module for entry in page.later for module in assets.modules_of(entry) if module not in at_once]


def _boot(page: Page, language: str, assets: Assets, texts: Mapping[str, str]) -> Markup:
    """Return what the page's modules are told, as JSON that cannot end its own element."""
    told = {"page": page.name, "role": page.role, "language": language, "build": assets.build, "texts": texts}
    text = msgspec.json.encode(told).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704  as said


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

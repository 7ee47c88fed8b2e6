"""Where a request comes from: behind a proxy, what uvicorn takes from the headers of those it trusts."""

import re
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from litestar import Request
from litestar.exceptions import HTTPException

from accounts.errors import OriginRefused

AnyRequest: TypeAlias = Request[Any, Any, Any]
HTTPS: Final = "https"
_JSON: Final = "application/json"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")


def is_host(text: str) -> bool:
    """Tell whether a Host header, which is anybody's word, names a host and nothing else."""
    return _HOST.fullmatch(text) is not None


def own_origin(request: AnyRequest) -> str:
    """Return the scheme and host that the caller used to reach us, such as `https://recado.example`."""
    host = _host(request)
    if not is_host(host):
        raise HTTPException(status_code=HTTPStatus.BAD_REQUEST, detail="The Host header names no host.")
    return f"{HTTPS if is_secure(request) else request.url.scheme}://{host}"


def is_secure(request: AnyRequest) -> bool:
    """Tell whether the caller came over TLS: ours, a trusted proxy's, or one that our own page's browser tells of."""
    if request.url.scheme == HTTPS:
        return True
    origin = _split(request.headers.get("origin", ""))
    return origin is not None and origin.scheme == HTTPS and _is_own(origin, request)


def address_of(request: AnyRequest) -> str:
    """Return the caller's network address."""
    return request.client.host if request.client else ""


def check_is_no_other_site(request: AnyRequest) -> None:
    """Refuse what another site's page may make a browser send with our cookie: forms, and requests from other origins.

    A body without a media type is a form's too: a page can send one. Programs that are no browser send no Origin. A
    scheme is compared only where we know that ours is https.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _JSON:
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    origin = request.headers.get("origin")
    if origin is None:
        return
    parts = _split(origin)
    if parts is None or not _is_own(parts, request) or (request.url.scheme == HTTPS and parts.scheme != HTTPS):
        raise OriginRefused


def _is_own(origin: SplitResult, request: AnyRequest) -> bool:
    return origin.netloc.lower() == _host(request).lower()


def _split(origin: str) -> SplitResult | None:
    try:
        return urlsplit(origin)
    except ValueError:  # half a bracket, letters that look like slashes
        return None


def _host(request: AnyRequest) -> str:
    return request.headers.get("host") or request.url.netloc

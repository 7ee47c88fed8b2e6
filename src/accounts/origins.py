"""Where a request comes from: behind a proxy, what uvicorn takes from the headers of those it trusts."""

from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from litestar import Request
from litestar.exceptions import HTTPException

from accounts.errors import OriginRefused

AnyRequest: TypeAlias = Request[Any, Any, Any]
HTTPS: Final = "https"
_JSON: Final = "application/json"


def own_origin(request: AnyRequest) -> str:
    """Return the scheme and host that the caller used to reach us, such as `https://recado.example`."""
    return f"{request.url.scheme}://{_host(request)}"


def is_secure(request: AnyRequest) -> bool:
    """Tell whether the caller came over TLS, ours or the proxy's."""
    return request.url.scheme == HTTPS


def address_of(request: AnyRequest) -> str:
    """Return the caller's network address."""
    return request.client.host if request.client else ""


def check_is_no_other_site(request: AnyRequest) -> None:
    """Refuse what another site's page may make a browser send with our cookie: forms, and requests from other origins.

    Programs that are no browser send no Origin. A scheme is compared only where we know that ours is https.
    """
    media_type = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if media_type != _JSON:
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    origin = request.headers.get("origin")
    if origin is None:
        return
    parts = urlsplit(origin)
    if parts.netloc.lower() != _host(request).lower() or (is_secure(request) and parts.scheme != HTTPS):
        raise OriginRefused


def _host(request: AnyRequest) -> str:
    return request.headers.get("host") or request.url.netloc

"""Every refusal is an RFC 9457 problem document: type, title, status, detail, instance, and machine-readable facts."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import msgspec
import redis.exceptions
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from kernel.errors import DomainError, Kind

log: Final = structlog.get_logger()

STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 422,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.BUSY: 503,
}
MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
_TITLES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("request.malformed", "The request cannot be read."),
    401: ("request.unauthenticated", "Say who you are: a valid access token is needed."),
    403: ("request.forbidden", "This role may not do this."),
    404: ("request.not_found", "There is no such thing, or it is not yours to see."),
    405: ("request.method_not_allowed", "This method is not offered here."),
    413: ("request.too_large", "The body is larger than this route reads."),
    415: ("request.media_type", "This media type is not read here."),
    429: ("request.too_many", "Too many requests; slow down."),
    500: ("server.bug", "Something broke on our side; it was logged and somebody is told."),
    503: ("server.busy", "A store behind this service is away; try again shortly."),
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The wire shape of a refusal."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    facts: dict[str, Any]


def of_domain(error: DomainError, *, instance: str) -> Problem:
    """Return the document of an anticipated refusal."""
    return Problem(
        type=f"/problems/{error.code}",
        title=error.title(),
        status=STATUS[error.kind],
        detail=error.detail,
        instance=instance,
        facts=error.facts,
    )


def of_status(status: int, detail: str, *, instance: str, facts: dict[str, Any] | None = None) -> Problem:
    """Return the document of a refusal that only has an HTTP status."""
    code, title = _TITLES.get(status, (f"http.{status}", "The request was refused."))
    return Problem(
        type=f"/problems/{code}",
        title=title,
        status=status,
        detail=detail or title,
        instance=instance,
        facts=facts or {},
    )


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def _domain(request: Request[Any, Any, Any], error: DomainError) -> Response[Problem]:
    log.info("refused", code=error.code, path=request.url.path)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if error.kind is Kind.BUSY else {}
    return _answer(of_domain(error, instance=request.url.path), headers)


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    fields = error.extra if isinstance(error.extra, list) else []
    facts = {
        "fields": [
            {"field": field.get("key", field.get("source", "body")), "reason": field.get("message", "")}
            for field in fields
            if isinstance(field, dict)
        ]
    }
    first = facts["fields"][0] if facts["fields"] else None
    detail = f"{first['field']}: {first['reason']}" if first else error.detail
    return _answer(of_status(400, detail, instance=request.url.path, facts=facts))


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    problem = of_status(error.status_code, error.detail, instance=request.url.path)
    return _answer(problem, error.headers)


def _store_away(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.warning("store.away", path=request.url.path, error=str(error))
    problem = of_status(503, "", instance=request.url.path)
    return _answer(problem, {"Retry-After": str(RETRY_AFTER_S)})


def _bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error("bug", path=request.url.path, exc_info=error)
    return _answer(of_status(500, "", instance=request.url.path))


HANDLERS: Final[ExceptionHandlersMap] = {
    DomainError: _domain,
    ValidationException: _validation,
    HTTPException: _http,
    asyncpg.PostgresConnectionError: _store_away,
    asyncpg.CannotConnectNowError: _store_away,
    asyncpg.InterfaceError: _store_away,
    redis.exceptions.ConnectionError: _store_away,
    redis.exceptions.TimeoutError: _store_away,
    OSError: _store_away,
    Exception: _bug,
}

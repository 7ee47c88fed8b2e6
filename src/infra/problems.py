"""Every refusal is an RFC 9457 problem document: type, title, status, detail, instance, and machine-readable facts."""

import re
from collections.abc import Mapping
from http import HTTPStatus
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
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_MANY: 429,
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
_ABSENT: Final = "is missing"
_UNKNOWN: Final = "is not known here"
_UNSTORABLE: Final = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
# How msgspec and litestar word it; tests/infra/test_problems.py fails when they word it otherwise.
_MEMBER: Final = re.compile(r"Object (?P<verb>missing required|contains unknown) field `(?P<name>.*)`")
_NAMED: Final = re.compile(r"`(?P<name>\w+)` (?P<reason>.*)")  # how our own bodies word it, such as kernel.instants
_SECRET_IN_PATH: Final = re.compile(r"^(/v1/p/)[^/]+")
_MISSING_PARAMETER: Final = re.compile(r"Missing required \w+ parameter '(?P<name>[^']+)'")


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


def of_validation(error: ValidationException, *, instance: str) -> Problem:
    """Return the document of parameters or a body that cannot be read, with the fields at fault."""
    found = error.extra if isinstance(error.extra, list) else []
    fields = [_field(item) for item in found if isinstance(item, dict)]
    if missing := _MISSING_PARAMETER.match(error.detail):
        fields.append({"field": missing["name"], "reason": _ABSENT})
    detail = f"{fields[0]['field']}: {fields[0]['reason']}" if fields else error.detail
    return of_status(400, detail, instance=instance, facts={"fields": fields} if fields else {})


def _path(request: Request[Any, Any, Any]) -> str:
    """Return the path as it may be written down and sent back: a secret that stands in it is taken out."""
    return _SECRET_IN_PATH.sub(r"\1{token}", request.url.path)


def _answer(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def retry_after_s(error: DomainError) -> int | None:
    """Return when it may be tried again; None where that will not help."""
    given: int | None = error.facts.get("retry_after_s", RETRY_AFTER_S if error.kind is Kind.BUSY else None)
    return given


def _domain(request: Request[Any, Any, Any], error: DomainError) -> Response[Problem]:
    log.info("refused", code=error.code, path=_path(request))
    seconds = retry_after_s(error)
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return _answer(of_domain(error, instance=_path(request)), headers)


def _validation(request: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    return _answer(of_validation(error, instance=_path(request)))


def _field(found: Mapping[str, Any]) -> dict[str, str]:
    """Name the very field that is wrong, as the caller wrote it: `lines[0].quantity`, `Idempotency-Key`."""
    key, reason = str(found.get("key", "body")), str(found.get("message", ""))
    if found.get("source") == "header":
        return {"field": key.replace("_", "-").title(), "reason": reason}
    if key == "data":
        key = ""
    if reason == "'data'":  # litestar's KeyError for a body that is empty
        reason = _ABSENT
    elif member := _MEMBER.match(reason):
        key = f"{key}.{member['name']}" if key else member["name"]
        reason = _ABSENT if member["verb"] == "missing required" else _UNKNOWN
    elif named := _NAMED.match(reason):
        key, reason = f"{key}.{named['name']}" if key else named["name"], named["reason"]
    return {"field": key or "body", "reason": reason}


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    detail = "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
    problem = of_status(error.status_code, detail, instance=_path(request))
    return _answer(problem, error.headers)


def _store_away(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.warning("store.away", path=_path(request), error=str(error))
    problem = of_status(503, "", instance=_path(request))
    return _answer(problem, {"Retry-After": str(RETRY_AFTER_S)})


def _lost_race(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    # Rolled back whole and safe to repeat, but locks are taken in an order in which this does not happen.
    log.error("store.lost_race", path=_path(request), exc_info=error)
    return _answer(of_status(503, "", instance=_path(request)), {"Retry-After": str(RETRY_AFTER_S)})


def _data(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    if not isinstance(error, _UNSTORABLE) and not isinstance(error.__cause__, UnicodeEncodeError):
        return _bug(request, error)
    return _answer(of_status(400, "The text holds a NUL or half a character.", instance=_path(request)))


def _too_deep(request: Request[Any, Any, Any], _: Exception) -> Response[Problem]:
    return _answer(of_status(400, "The body is nested too deeply.", instance=_path(request)))


def _not_text(request: Request[Any, Any, Any], _: Exception) -> Response[Problem]:
    return _answer(of_status(400, "The body is not UTF-8.", instance=_path(request)))


def _several(request: Request[Any, Any, Any], error: ExceptionGroup) -> Response[Problem]:
    # How litestar raises what undoing a step raised, after the step had raised already: a lost connection, mostly.
    first = error.exceptions[0]
    handler = next(HANDLERS[kind] for kind in type(first).__mro__ if kind in HANDLERS)
    answer: Response[Problem] = handler(request, first)
    return answer


def _bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    log.error("bug", path=_path(request), exc_info=error)
    return _answer(of_status(500, "", instance=_path(request)))


HANDLERS: Final[ExceptionHandlersMap] = {
    DomainError: _domain,
    ValidationException: _validation,
    HTTPException: _http,
    asyncpg.PostgresConnectionError: _store_away,
    asyncpg.OperatorInterventionError: _store_away,  # shut down, crashed, starting
    asyncpg.InsufficientResourcesError: _store_away,
    asyncpg.InterfaceError: _store_away,
    asyncpg.InternalClientError: _store_away,  # the connection broke in the middle of a message
    asyncpg.TransactionRollbackError: _lost_race,
    asyncpg.DataError: _data,
    RecursionError: _too_deep,
    UnicodeDecodeError: _not_text,  # msgspec's own, of a text that is no UTF-8; litestar lets it pass
    redis.exceptions.ConnectionError: _store_away,
    redis.exceptions.TimeoutError: _store_away,
    OSError: _store_away,
    ExceptionGroup: _several,
    Exception: _bug,
}

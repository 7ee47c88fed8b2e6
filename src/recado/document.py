"""The OpenAPI document: what litestar derives from the routes, and what it does not know of them."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute

from infra.problems import MEDIA_TYPE, Problem

Json = dict[str, Any]
_PATH: Final = "/schema"
_NAME: Final = "ProblemDocument"
_BODY_REFUSED: Final = (413,)
_WRITE_REFUSED: Final = (409, 410)
_ALSO_REFUSED: Final[Mapping[str, tuple[int, ...]]] = {
    "/v1/pairings/claim": (415, 429),
    "/v1/sessions/refresh": (415,),
    "/v1/sessions/end": (415,),
    "/v1/stores/{store_id}": (403,),  # staff may change some of it
}
_MEANINGS: Final[Mapping[int, str]] = {
    400: "The body, or a parameter, cannot be read; the field is named.",
    401: "The access token is missing, forged or over.",
    403: "This role may not do this.",
    404: "There is no such thing, or it is not yours to see.",
    409: "Somebody else was first; the state of now is named.",
    410: "The deadline passed; the facts are named.",
    413: "The body is larger than this route reads.",
    415: "This media type is not read here: JSON is.",
    422: "A field does not hold what it must.",
    429: "Too many requests from here; try again after `Retry-After` seconds.",
    503: "A store behind this service is away; try again after `Retry-After` seconds.",
}


class _WholeDocument(JsonRenderPlugin):
    """Serves the document with the refusals, made once."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json")
        self._body = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as JSON."""
        self._body = self._body or msgspec.json.encode(completed(openapi_schema, request.app))
        return self._body


def config() -> OpenAPIConfig:
    """Return where and how the document is served: JSON only, as pages that draw it load programs from elsewhere."""
    return OpenAPIConfig(
        title="Recado",
        version="1",
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"token": []}],
        render_plugins=[_WholeDocument()],
        openapi_router=Router(_PATH, route_handlers=[], include_in_schema=False, after_request=_refuse_as_elsewhere),
    )


def document(app: Litestar) -> Json:
    """Return the whole document of an application."""
    return completed(app.openapi_schema.to_schema(), app)


def completed(derived: Json, app: Litestar) -> Json:
    """Return the document with what every operation may refuse, and with bodies as they are really read."""
    whole = deepcopy(derived)
    components = whole["components"]
    schemas = {**components["schemas"], **_bodies(app), _NAME: _problem_schema()}
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = {_reference_name(status): _refusal(status) for status in _MEANINGS}
    unguarded = set(_unguarded(app))
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            if (method, path) in unguarded:
                operation["security"] = []
            operation["responses"] |= {
                str(status): {"$ref": f"#/components/responses/{_reference_name(status)}"}
                for status in _refusals_of(path, method, operation)
            }
    return whole


def _bodies(app: Litestar) -> Json:
    # The framework's own schemas admit unknown fields, and lose the bounds of what may also be null.
    handlers = [handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers]
    bodies = [data.annotation for one in handlers if (data := one.parsed_fn_signature.parameters.get("data"))]
    _, schemas = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    return schemas


def _unguarded(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if not handler.resolve_guards():
                    yield from ((method.lower(), route.path_format) for method in handler.http_methods)


def _refusals_of(path: str, method: str, operation: Json) -> Iterator[int]:
    yield from (400, 422, 503)
    if path.startswith("/v1/"):
        yield from (401, 404) if "{" in path else (401, 403, 404)
    if method != "get":
        yield from _WRITE_REFUSED
    yield from _ALSO_REFUSED.get(path, ())
    if "requestBody" in operation:
        yield from _BODY_REFUSED


def _refusal(status: int) -> Json:
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{_NAME}"}}}
    return {"description": _MEANINGS[status], "content": content}


def _reference_name(status: int) -> str:
    return "".join(word.title() for word in HTTPStatus(status).phrase.split())


def _problem_schema() -> Json:
    schema = msgspec.json.schema(Problem)["$defs"][Problem.__name__]
    return {**schema, "title": _NAME}


def _refuse_as_elsewhere(response: Response[Any]) -> Response[Any]:
    """Answer what is not there with a problem document; the framework has a page for it."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise NotFoundException
    return response

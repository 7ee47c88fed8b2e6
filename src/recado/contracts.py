"""What two programs must agree on, generated from the code: schemas of events, routes and feeds, the problem list."""

import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from kernel.errors import DomainError
from kernel.events import Event
from recado.app import create_app
from recado.asyncapi import asyncapi
from recado.document import document
from recado.samples import sample
from recado.settings import Settings

_PACKAGES: Final = (
    "kernel",
    "infra",
    "accounts",
    "places",
    "orders",
    "merchant",
    "fleet",
    "tracking",
    "intake",
    "support",
)
_SOURCE: Final = Path(__file__).resolve().parent.parent
_NOWHERE: Final = Settings(
    database_url="postgresql://nobody@127.0.0.1/nowhere",
    database_direct_url="postgresql://nobody@127.0.0.1/nowhere",
    redis_url="redis://127.0.0.1/0",
    token_secret="only the document is made with it",  # noqa: S106  nothing is signed
)


def event_types() -> dict[str, type[Event]]:
    """Return every event of the house by its tag."""
    list(_modules())
    # A tag without a dot is the name of a class that others extend, never an event.
    return {kind.event_type(): kind for kind in _subclasses(Event) if "." in kind.event_type()}


def event_schemas() -> Mapping[str, str]:
    """Return one JSON Schema per event type, as files hold them."""
    return {f"{tag}.json": _text(msgspec.json.schema(kind)) for tag, kind in sorted(event_types().items())}


def event_examples() -> Mapping[str, str]:
    """Return one example per event type. A committed one is golden: it must be readable for ever."""
    return {
        f"{tag}.json": _text(msgspec.json.decode(msgspec.json.encode(sample(kind))))
        for tag, kind in sorted(event_types().items())
    }


def openapi() -> str:
    """Return the OpenAPI document of all routes."""
    return _text(document(create_app(_NOWHERE)))


def feeds() -> str:
    """Return the AsyncAPI document of all feeds."""
    return _text(asyncapi(event_types()))


def problems() -> str:
    """Return the page that lists every refusal: its code, status and meaning."""
    list(_modules())
    kinds = {kind.code: kind for kind in _subclasses(DomainError) if "code" in vars(kind)}
    rows = [f"| `{code}` | {kind.kind} | {kind.title()} |" for code, kind in sorted(kinds.items())]
    return "\n".join(
        [
            "# Problems",
            "",
            "Every refusal is `application/problem+json` (RFC 9457): `type` is `/problems/<code>`, for ever.",
            "Kinds are answered: invalid 422, unauthenticated 401, forbidden 403, not_found 404, conflict 409,",
            "gone 410, too_many 429 and busy 503 (both say in `Retry-After` when to try again).",
            "A body that cannot be read is 400 with the field and the reason; a missing or refused token 401.",
            "",
            "| code | kind | what it means |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def duplicate_codes() -> list[str]:
    """Return problem codes that two errors share; there must be none."""
    list(_modules())
    codes = [kind.code for kind in _subclasses(DomainError) if "code" in vars(kind)]
    return sorted({code for code in codes if codes.count(code) > 1})


def write(root: Path) -> list[Path]:
    """Write everything that is generated below the repository's root; examples only where there is none yet."""
    wanted = {root / "schemas/events" / name: text for name, text in event_schemas().items()}
    wanted |= {root / "schemas/http/openapi.json": openapi(), root / "docs/problems.md": problems()}
    wanted |= {root / "schemas/feeds/asyncapi.json": feeds()}
    examples = {root / "schemas/events/examples" / name: text for name, text in event_examples().items()}
    wanted |= {path: text for path, text in examples.items() if not path.exists()}
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
    return changed


def _modules() -> Iterator[ModuleType]:
    for package in _PACKAGES:
        for path in sorted((_SOURCE / package).rglob("*.py")):
            if path.stem in {"messages", "errors"} or package in {"infra", "kernel"}:
                name = ".".join(path.relative_to(_SOURCE).with_suffix("").parts)
                yield importlib.import_module(name.removesuffix(".__init__"))


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        if child.__module__.partition(".")[0] in _PACKAGES:  # Not those that tests make up.
            yield child
        yield from _subclasses(child)


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

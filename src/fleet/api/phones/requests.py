"""An upload taken apart once: query and form by name, JSON as it is. Reading is generous, refusing is plain."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

MAX_FIELDS: Final = 200  # GPSLogger has 25 names
_JSON_BEGINS: Final = (b"{", b"[")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LONGEST_INTEGER: Final = 300  # digits: what is longer is no number of anything, and takes long to read


class PhoneRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone sent. Header names are in lower case; the query is as it stood in the address."""

    method: str
    query: bytes = b""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    content_type: str = ""
    received_at_ms: int


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What it said: `fields` of query and form with names in lower case, `document` of JSON or None."""

    method: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    document: Any = None
    is_empty: bool
    received_at_ms: int

    @property
    def root(self) -> Mapping[str, Any]:
        """The document where it is an object; else nothing."""
        return self.document if isinstance(self.document, dict) else {}


def take_apart(request: PhoneRequest) -> Said:
    """Return what a request says; raises ValueError for a body that neither is JSON nor a form of a decent size."""
    body = request.body.strip().removeprefix(_BYTE_ORDER_MARK)
    is_json = body.startswith(_JSON_BEGINS) or (bool(body) and "json" in request.content_type.lower())
    # A template may have a line of words before its fields, or a field on each line; in a form a line's end is escaped.
    form = {} if is_json else _fields(b"&".join(body.splitlines()))
    fields = form | _fields(request.query)
    return Said(
        method=request.method,
        headers=request.headers,
        fields=fields,
        document=_read_json(body) if is_json else None,
        is_empty=not body and not fields,
        received_at_ms=request.received_at_ms,
    )


def _fields(text: bytes) -> dict[str, str]:
    pairs = parse_qsl(
        text.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS
    )
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _read_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _read_broken_json(body)


def _read_broken_json(body: bytes) -> Any:
    """Read what strict JSON is not, as one wrong letter or number must not cost all positions of an upload."""
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        return json.loads(text, parse_int=_integer, strict=False)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON, or nested too deeply") from error


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")

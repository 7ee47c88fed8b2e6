"""Whose phone it is: by the address, else by where each app puts who it is, looked for from the surest on."""

import base64
import binascii
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from fleet.api.phones.osmand import IDS
from fleet.api.phones.requests import Said

_TOKEN_FIELDS: Final = ("token", "access_token", *IDS)


class NamedBy(StrEnum):
    """Where a name was found."""

    ADDRESS = "address"
    HEADER = "header"
    FIELD = "field"
    DOCUMENT = "document"


class PhoneName(msgspec.Struct, frozen=True):
    """What may be a link's token, and where it was found."""

    token: str
    named_by: NamedBy


def names_of(said: Said) -> Iterator[PhoneName]:
    """Return what may name the phone: Bearer, Basic's password or user, a field of query or form, `device_id`."""
    kind, _, rest = said.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and rest.strip():
        yield PhoneName(rest.strip(), NamedBy.HEADER)
    if kind.lower() == "basic":
        yield from (PhoneName(part, NamedBy.HEADER) for part in _basic(rest))
    yield from (PhoneName(said.fields[name], NamedBy.FIELD) for name in _TOKEN_FIELDS if said.fields.get(name))
    yield from (PhoneName(one, NamedBy.DOCUMENT) for one in _in_document(said))


def _basic(credentials: str) -> list[str]:
    try:
        user, _, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return []
    return [part for part in (password, user) if part]


def _in_document(said: Said) -> list[str]:
    found: list[Any] = [said.root.get(name) for name in IDS]
    locations = said.root.get("locations")  # Overland says its device in each feature
    if isinstance(locations, list) and locations and isinstance(locations[0], dict):
        about = locations[0].get("properties")
        found.append(about.get("device_id") if isinstance(about, dict) else None)
    return [str(one) for one in found if isinstance(one, str | int) and str(one)]

"""Frames held against the AsyncAPI document: what is really sent is what it says."""

import re
from functools import cache
from typing import Any

import jsonschema
import msgspec

from recado import contracts


def check_told(path: str, frame: Any) -> None:
    """Raise where a feed at this path sends a frame that the document does not know."""
    _validator(channel_at(path), frame["type"]).validate(frame)


def check_replied(reply: Any) -> None:
    """Raise where what a Centrifuge client is sent is not in the document."""
    _validator("centrifuge", "reply").validate(reply)


def check_said(path: str, name: str, frame: Any) -> None:
    """Raise where a frame that a feed takes is not in the document."""
    _validator(channel_at(path), f"say_{name}").validate(frame)


def channel_at(path: str) -> str:
    """Return the name of the channel at a path, whatever its query."""
    bare = path.partition("?")[0]
    for name, channel in _document()["channels"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", channel["address"]), bare):
            return str(name)
    raise LookupError(path)


@cache
def _document() -> Any:
    return msgspec.json.decode(contracts.feeds())


@cache
def _validator(channel: str, message: str) -> Any:
    payload = _document()["channels"][channel]["messages"][message]["payload"]
    return jsonschema.Draft202012Validator({**payload, "components": _document()["components"]})

"""The protocol as Protocol Buffers: the few messages of it that are spoken here, each behind its length.

The clients for Swift, Kotlin, Java and Dart speak nothing else. Field numbers are those of `client.proto` in
github.com/centrifugal/protocol; what a channel carries stays JSON, as bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from infra.live.centrifuge.codec import NotUnderstood
from infra.live.centrifuge.codes import Refused
from infra.live.centrifuge.protocol import (
    Command,
    Connected,
    Empty,
    Publication,
    Push,
    Refreshed,
    Reply,
    Subscribed,
    Unsubscribed,
)
from infra.live.wires import binary_message

Fields: TypeAlias = Mapping[int, tuple[str, Any]]
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
_VARINT_BITS: Final = 64

# Of each message that comes in the fields that are read; what else is in it is skipped.
_SUBSCRIBE: Final[Fields] = {
    1: ("channel", str),
    3: ("recover", bool),
    6: ("epoch", str),
    7: ("offset", int),
    14: ("flag", int),
}
_COMMAND: Final[Fields] = {
    1: ("id", int),
    4: ("connect", {1: ("token", str)}),
    5: ("subscribe", _SUBSCRIBE),
    6: ("unsubscribe", {1: ("channel", str)}),
    7: ("publish", {}),
    8: ("presence", {}),
    9: ("presence_stats", {}),
    10: ("history", {}),
    11: ("ping", {}),
    12: ("send", {}),
    13: ("rpc", {}),
    14: ("refresh", {1: ("token", str)}),
    15: ("sub_refresh", {}),
}
_NUMBERS: Final[Mapping[type, Mapping[str, int]]] = {
    Reply: {"id": 1, "error": 2, "push": 4, "connect": 5, "subscribe": 6, "unsubscribe": 7, "ping": 12, "refresh": 14},
    Refused: {"code": 1, "message": 2, "temporary": 3},
    Push: {"channel": 2, "pub": 4, "unsubscribe": 7},
    Publication: {"data": 4, "offset": 6},
    Unsubscribed: {"code": 2, "reason": 3},
    Connected: {"client": 1, "version": 2, "expires": 3, "ttl_s": 4, "ping_s": 7, "pong": 8},
    Refreshed: {"client": 1, "version": 2, "expires": 3, "ttl_s": 4},
    Subscribed: {
        "recoverable": 3,
        "epoch": 6,
        "publications": 7,
        "recovered": 8,
        "offset": 9,
        "positioned": 10,
        "data": 11,
        "was_recovering": 12,
    },
    Empty: {},
}


class Protobuf:
    """Reads commands and writes replies, each behind its length."""

    is_binary = True

    def commands(self, raw: bytes) -> Iterator[Command]:
        """Read one command after the other; raises `NotUnderstood` at the first that is none."""
        at = 0
        while at < len(raw):
            try:
                body, at = _take_bytes(raw, at)
                yield msgspec.convert(_read(body, _COMMAND), Command)
            except (ValueError, IndexError) as error:  # msgspec's and Unicode's are ValueErrors too
                raise NotUnderstood(str(error)) from error

    def replies(self, replies: Iterable[Reply]) -> bytes:
        """Return these replies as one message's content."""
        return b"".join(_sized(_write(reply)) for reply in replies)

    def publication(self, channel: str, data: bytes, offset: int) -> bytes:
        """Return a push of these JSON bytes as one message's content; 0 is no offset."""
        return self.replies([Reply(push=Push(channel=channel, pub=Publication(data=msgspec.Raw(data), offset=offset)))])

    def frame(self, payload: bytes) -> bytes:
        """Return a message's content as a binary message."""
        return binary_message(payload)


PROTOBUF: Final = Protobuf()


def _take_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _VARINT_BITS, 7):
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004  the bit that says that more follows
            return value, at
    raise ValueError("a number has no end")


def _take_bytes(raw: bytes, at: int) -> tuple[bytes, int]:
    size, at = _take_varint(raw, at)
    if at + size > len(raw):
        raise ValueError("a message ends too early")
    return raw[at : at + size], at + size


def _read(raw: bytes, fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {}
    at = 0
    while at < len(raw):
        key, at = _take_varint(raw, at)
        value, at = _take(raw, at, key & 7)
        name, kind = fields.get(key >> 3, ("", None))
        if name:
            found[name] = _as(kind, value)
    return found


def _take(raw: bytes, at: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == _VARINT:
        return _take_varint(raw, at)
    if wire_type == _BYTES:
        return _take_bytes(raw, at)
    if wire_type in {_FIXED_64, _FIXED_32}:
        return b"", at + (8 if wire_type == _FIXED_64 else 4)
    raise ValueError("a field has no kind that is known")


def _as(kind: Any, value: int | bytes) -> Any:
    if isinstance(value, int):
        if kind is not int and kind is not bool:
            raise ValueError("a number stands where there is none")
        return kind(value)
    if kind is str:
        return value.decode()
    if not isinstance(kind, Mapping):
        raise ValueError("a number is missing")  # noqa: TRY004  what came in is at fault
    return _read(value, kind)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits, and one that says that more follows
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _sized(body: bytes) -> bytes:
    return _varint(len(body)) + body


def _write(message: msgspec.Struct) -> bytes:
    written = [
        _field(number, value)
        for name, number in _NUMBERS[type(message)].items()
        for value in _each(getattr(message, name))
    ]
    return b"".join(written)


def _each(value: Any) -> Iterable[Any]:
    """Return what there is to write; what is as it would be without being written is left out."""
    if isinstance(value, list):
        return value
    is_left_out = value is None or (isinstance(value, int | str) and not value)
    return () if is_left_out else (value,)


def _field(number: int, value: Any) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    if isinstance(value, str):
        body = value.encode()
    else:
        body = _write(value) if isinstance(value, msgspec.Struct) else bytes(value)
    return _varint(number << 3 | _BYTES) + _sized(body)

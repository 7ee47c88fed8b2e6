"""What travels through Redis pub/sub: the channels' names and the messages in them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from infra.outbox import Recorded

FEED: Final = "feed"
POSITION: Final = "position"


class Numbered(msgspec.Struct, frozen=True, array_like=True):
    """A fact at its number in one feed."""

    seq: int
    fact: Recorded


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where something was, by its own clock in milliseconds; an older one never replaces a newer one."""

    at_ms: int
    payload: msgspec.Raw


_encode: Final = msgspec.json.Encoder().encode
_numbered: Final = msgspec.json.Decoder(Numbered).decode
_place: Final = msgspec.json.Decoder(Place).decode


def feed_channel(feed_id: str) -> str:
    """Return the channel that carries this feed's numbered facts."""
    return f"{FEED}:{feed_id}"


def position_channel(key: str) -> str:
    """Return the channel that carries the live positions of this rider."""
    return f"{POSITION}:{key}"


def read_channel(channel: bytes) -> tuple[str, str]:
    """Return the kind of a channel and the feed id or key in it."""
    kind, _, name = channel.decode().partition(":")
    return kind, name


def encode_numbered(seq: int, fact: Recorded) -> bytes:
    """Return the message of a feed's channel."""
    return _encode(Numbered(seq, fact))


def decode_numbered(message: bytes) -> Numbered:
    """Return what `encode_numbered` was given."""
    return _numbered(message)


def encode_place(at_ms: int, payload: msgspec.Struct | Mapping[str, object]) -> bytes:
    """Return the message of a position's channel."""
    return _encode((at_ms, payload))


def decode_place(message: bytes) -> Place:
    """Return what `encode_place` was given; the payload stays JSON."""
    return _place(message)

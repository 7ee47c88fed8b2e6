"""The two ways of writing the protocol's messages, which a handshake chooses between."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from infra.live.centrifuge.protocol import Command, Reply


class NotUnderstood(Exception):
    """What came in is no command."""


class Codec(Protocol):
    """Reads commands and writes replies; several of them fit into one WebSocket message."""

    is_binary: bool

    def commands(self, raw: bytes) -> Iterator[Command]:
        """Read one command after the other; raises `NotUnderstood` at the first that is none."""
        ...

    def replies(self, replies: Iterable[Reply]) -> bytes:
        """Return these replies as one message's content."""
        ...

    def publication(self, channel: str, data: bytes, offset: int) -> bytes:
        """Return a push of these JSON bytes as one message's content; 0 is no offset."""
        ...

    def frame(self, payload: bytes) -> bytes:
        """Return a message's content as an unmasked WebSocket message."""
        ...

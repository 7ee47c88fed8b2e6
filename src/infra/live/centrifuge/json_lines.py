"""The protocol as text: JSON, several messages of one WebSocket message in a line each."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from infra.live.centrifuge.codec import NotUnderstood
from infra.live.centrifuge.protocol import Command, Reply
from infra.live.wires import text_message

_encode: Final = msgspec.json.Encoder().encode
_command: Final = msgspec.json.Decoder(Command).decode


class JsonLines:
    """Reads commands from lines, and writes replies as lines."""

    is_binary = False

    def commands(self, raw: bytes) -> Iterator[Command]:
        """Read one command after the other; raises `NotUnderstood` at the first that is none."""
        for line in raw.splitlines():
            if line.strip():
                try:
                    yield _command(line)
                except msgspec.MsgspecError as error:
                    raise NotUnderstood(str(error)) from error

    def replies(self, replies: Iterable[Reply]) -> bytes:
        """Return these replies as one message's content."""
        return b"\n".join(map(_encode, replies))

    def publication(self, channel: str, data: bytes, offset: int) -> bytes:
        """Return a push of these JSON bytes; a number only where there is one."""
        numbered = b',"offset":%d' % offset if offset else b""
        return b'{"push":{"channel":' + _encode(channel) + b',"pub":{"data":' + data + numbered + b"}}}"

    def frame(self, payload: bytes) -> bytes:
        """Return a message's content as a text message."""
        return text_message(payload)


JSON_LINES: Final = JsonLines()

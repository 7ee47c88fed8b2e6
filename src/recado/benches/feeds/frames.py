"""WebSocket frames as a server sends them, unmasked (RFC 6455, 5.2): found by their headers, content left alone."""

from typing import Final

TEXT: Final = 0x81  # the whole of a text message
CLOSE: Final = 0x88
PING: Final = 0x89
_SHORT: Final = 125  # a length up to this stands in the second byte
_IN_TWO_BYTES: Final = 126
_SHORT_START: Final = 2
_MEDIUM_START: Final = 4
_LONG_START: Final = 10

# A message is told by the first two letters of its type, which our servers write before all else: {"type":"event", …
KIND: Final = slice(9, 11)
EVENT: Final = b"ev"
PREPARED: Final = b"pr"


def read_frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return the first byte of the frame that begins at `at`, and where its content begins and ends.

    None where not all of it is there.
    """
    size = len(data) - at
    if size < _SHORT_START:
        return None
    length, start = data[at + 1], at + _SHORT_START
    if length > _SHORT:
        start = at + (_MEDIUM_START if length == _IN_TWO_BYTES else _LONG_START)
        if start > at + size:
            return None
        length = int.from_bytes(data[at + _SHORT_START : start])
    end = start + length
    return None if end > at + size else (data[at], start, end)


def text_frame(content: bytes) -> bytes:
    """Return a frame as a server sends it."""
    length = len(content)
    if length <= _SHORT:
        return bytes((TEXT, length)) + content
    assert length < 1 << 16  # no message of ours is longer
    return bytes((TEXT, _IN_TWO_BYTES)) + length.to_bytes(2) + content


def pong(content: bytes) -> bytes:
    """Return a client's answer to a ping. A mask of zeros leaves the content as it is."""
    return bytes((0x8A, 0x80 | len(content), 0, 0, 0, 0)) + content


def prepared_frame(size_bytes: int) -> bytes:
    """Return a text frame with so much content, told from all others by its type."""
    head, tail = b'{"type":"prepared","filled":"', b'"}'
    return text_frame(head + b"." * max(size_bytes - len(head) - len(tail), 0) + tail)

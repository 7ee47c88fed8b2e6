"""Frames as clients send them (RFC 6455, 5.2): where they end, and the content of a whole text message in one."""

from typing import Final

from websockets.speedups import apply_mask

HEAD_BYTES: Final = 14  # at most: two, eight of length, four of mask
_WHOLE_TEXT: Final = 0x81
_LAST: Final = 0x80
_CONTROL: Final = 0x08
_MASKED: Final = 0x80
_SHORT: Final = 125
_IN_TWO_BYTES: Final = 126


def frame_end(data: bytes, at: int) -> int | None:
    """Return where the frame that begins here ends, whether all of it is there or not; None where its head is not."""
    if len(data) - at < 2:  # noqa: PLR2004
        return None
    length, start = data[at + 1] & ~_MASKED, at + 2
    if length > _SHORT:
        start = at + (4 if length == _IN_TWO_BYTES else 10)
        if len(data) < start:
            return None
        length = int.from_bytes(data[at + 2 : start])
    return start + (4 if data[at + 1] & _MASKED else 0) + length


def plain_message(data: bytes, at: int, end: int) -> bytes | None:
    """Return the content of a whole, masked text message of ASCII letters; None for every other frame."""
    if data[at] != _WHOLE_TEXT or not data[at + 1] & _MASKED:
        return None
    length = data[at + 1] & ~_MASKED
    start = at + 2 if length <= _SHORT else at + (4 if length == _IN_TWO_BYTES else 10)
    content = apply_mask(data[start + 4 : end], data[start : start + 4])
    return content if content.isascii() else None


def is_fragmented(first: int, *, was: bool) -> bool:
    """Tell whether a message is under way after a frame that begins with this byte."""
    return was if first & _CONTROL else not first & _LAST

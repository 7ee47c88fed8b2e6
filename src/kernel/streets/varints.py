"""Whole numbers in as few bytes as they need: seven bits a byte, lowest first, the eighth says that more follow."""

from collections.abc import Iterable
from typing import Final

_MORE: Final = 0x80
_SEVEN_BITS: Final = 0x7F
_LONGEST: Final = 63  # bits


def encode(numbers: Iterable[int]) -> bytes:
    """Return numbers, none of them negative, as bytes."""
    out = bytearray()
    for number in numbers:
        rest = number
        while rest >= _MORE:
            out.append(rest & _SEVEN_BITS | _MORE)
            rest >>= 7
        out.append(rest)
    return bytes(out)


def decode(data: bytes) -> list[int]:
    """Return all the numbers of these bytes; raises ValueError where the last one breaks off or one has no end."""
    numbers, number, shift = [], 0, 0
    for byte in data:
        if byte < _MORE:
            numbers.append(number | byte << shift)
            number = shift = 0
        else:
            number |= (byte & _SEVEN_BITS) << shift
            shift += 7
            if shift > _LONGEST:
                raise ValueError("a number has no end")
    if shift:
        raise ValueError("the last number breaks off")
    return numbers


def folded(number: int) -> int:
    """Return a number of either sign as one without: 0, -1, 1, -2 … become 0, 1, 2, 3 …."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unfolded(number: int) -> int:
    """Return what was folded."""
    return -(number + 1 >> 1) if number & 1 else number >> 1

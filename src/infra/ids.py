import secrets
import time
from collections.abc import Callable
from typing import TypeVar

from kernel.ids import encode

Id = TypeVar("Id", bound=str)


def new(kind: Callable[[str], Id], prefix: str) -> Id:
    """Return a fresh id of this kind: sortable by wall time, 80 random bits behind it."""
    return kind(encode(prefix, at_ms=time.time_ns() // 1_000_000, entropy=secrets.randbits(80)))

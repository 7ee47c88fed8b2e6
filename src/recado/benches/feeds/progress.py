"""How many messages the watchers have, where other processes see it without asking."""

import mmap
from pathlib import Path
from typing import Final

_SLOT_BYTES: Final = 8


class Progress:
    """A number for each process of watchers, in memory that all processes share."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._numbers = memoryview(self._memory).cast("Q")

    @staticmethod
    def make(path: Path, *, slots: int) -> "Progress":
        """Make the file."""
        path.write_bytes(bytes(_SLOT_BYTES * slots))
        return Progress(path)

    def write(self, slot: int, messages: int) -> None:
        """Tell how many messages this process has had so far."""
        self._numbers[slot] = messages

    def total(self) -> int:
        """Return how many messages all of them have had."""
        return sum(self._numbers)

"""The end of a feed where bytes are not written at once but taken by the task that answers a request."""

import asyncio
from typing import Final

from infra.live.frames import CloseCode
from infra.live.watcher import Watcher

FULL_BYTES: Final = 64 * 1024  # as much as a socket's transport takes before it says stop


class StreamSink:
    """Collects what is written until somebody takes it; the way is clear while not too much waits."""

    def __init__(self, *, full_bytes: int = FULL_BYTES) -> None:
        self.is_clear = True
        self.is_over = False
        self.ended: tuple[int, str] | None = None
        self._full_bytes = full_bytes
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()
        self._waiting: set[Watcher] = set()

    def write(self, data: bytes) -> None:
        """Collect these bytes."""
        self._parts.append(data)
        self._size_bytes += len(data)
        self.is_clear = self.ended is None and self._size_bytes < self._full_bytes
        self._filled.set()

    def flush_later(self, watcher: Watcher) -> None:
        """Call the watcher's `flush` as soon as the way is clear again."""
        self._waiting.add(watcher)

    def end(self, code: CloseCode, reason: str) -> None:
        """Let whoever takes find the end behind what was collected."""
        self.close(code, reason)

    def close(self, code: int, reason: str) -> None:
        """End with any code."""
        self.is_over, self.is_clear = True, False
        self.ended = self.ended or (code, reason)
        self._filled.set()
        self._emptied.set()

    async def drained(self) -> None:
        """Wait until the way is clear, or over."""
        while not self.is_clear and not self.is_over:
            self._emptied.clear()
            await self._emptied.wait()

    async def wait(self) -> None:
        """Wait until there is something, or the end."""
        await self._filled.wait()

    def take(self) -> list[bytes]:
        """Return all that was collected, and let more come."""
        parts, self._parts, self._size_bytes = self._parts, [], 0
        if self.ended is None:
            self._filled.clear()
            self.is_clear = True
            waiting, self._waiting = self._waiting, set()
            for watcher in waiting:
                watcher.flush()
        self._emptied.set()
        return parts

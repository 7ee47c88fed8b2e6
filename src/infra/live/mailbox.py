"""What waits for one socket: numbered facts, all of them or none; positions, the latest of each."""

import asyncio
from collections import deque

import msgspec

from infra.live.channels import Numbered, Place
from infra.live.source import Head


class Mailbox:
    """Filled by the hub without ever waiting, emptied by the socket's session at the socket's pace."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._facts: deque[Numbered] = deque()
        self._positions: dict[str, msgspec.Raw] = {}
        self._latest_ms: dict[str, int] = {}
        self._new_head: Head | None = None
        self._filled = asyncio.Event()
        self.is_overflown = False

    def put(self, numbered: Numbered) -> None:
        """Add a fact; one too many empties the box, as the watcher must resume anyway."""
        if len(self._facts) >= self._limit:
            self.is_overflown = True
            self._facts.clear()
        if not self.is_overflown:
            self._facts.append(numbered)
        self._filled.set()

    def start_over(self, head: Head) -> None:
        """Forget what waits: the feed has another numbering now."""
        self._facts.clear()
        self._new_head = head
        self._filled.set()

    def put_position(self, key: str, place: Place) -> None:
        """Replace the position waiting for this key, unless it is as new or newer."""
        latest_ms = self._latest_ms.get(key)
        if latest_ms is None or place.at_ms > latest_ms:
            self._latest_ms[key] = place.at_ms
            self._positions[key] = place.payload
            self._filled.set()

    def forget_position(self, key: str) -> None:
        """Throw away what waits for this key: it may not be seen any more."""
        self._positions.pop(key, None)
        self._latest_ms.pop(key, None)

    async def wait(self) -> None:
        """Wait until there is something."""
        await self._filled.wait()
        self._filled.clear()

    def take_new_head(self) -> Head | None:
        """Return the head of the numbering that replaced the old one, once."""
        head, self._new_head = self._new_head, None
        return head

    def take_fact(self) -> Numbered | None:
        """Return the next fact, or None."""
        return self._facts.popleft() if self._facts else None

    def take_position(self) -> tuple[str, msgspec.Raw] | None:
        """Return a key and its latest position, or None."""
        if not self._positions:
            return None
        key = next(iter(self._positions))
        return key, self._positions.pop(key)

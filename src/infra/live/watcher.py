"""One watcher at the end of a feed: written to at once while the way is clear, else what waits for it is bounded."""

from collections import deque
from math import inf
from typing import Final, Protocol

from prometheus_client import Counter

from infra.clock import boot_s
from infra.live.frames import CloseCode

WAITING_FACTS: Final = 1000  # a watcher further behind than this resumes more cheaply than it catches up

SLOW: Final = Counter("recado_live_slow_watchers", "Watchers closed because they could not keep up; they resume.")


class Sink(Protocol):
    """Where bytes go: a socket's transport, or a response that a task of its own writes."""

    is_clear: bool  # False while the other end does not keep up, and once it is over
    is_over: bool  # nothing may be written any more

    def write(self, data: bytes) -> None:
        """Send these bytes, in order; asked only while the way is clear."""
        ...

    def flush_later(self, watcher: "Watcher") -> None:
        """Call the watcher's `flush` as soon as the way is clear again."""
        ...

    def end(self, code: CloseCode, reason: str) -> None:
        """End the connection and say why. Safe to repeat."""
        ...


class Watcher:
    """Whoever watches one feed over one sink. Numbered facts come all and in order, or the connection ends.

    Until `go_live` nothing is written: first comes what the watcher is opened with.
    """

    __slots__ = ("_facts", "_is_live", "_limit", "_positions", "_positions_from_ms", "_sink", "seen")

    def __init__(self, sink: Sink, *, limit: int = WAITING_FACTS) -> None:
        self.seen = 0
        self._sink = sink
        self._limit = limit
        self._is_live = False
        self._facts: deque[tuple[int, bytes]] | None = None
        self._positions: dict[str, tuple[float, bytes]] | None = None
        self._positions_from_ms = 0

    def go_live(self, seq: int, *, positions_from_ms: int = 0) -> None:
        """Begin behind this number, and behind the position that was shown already."""
        self.seen = seq
        self._positions_from_ms = positions_from_ms
        self._is_live = True
        self.flush()

    def put(self, seq: int, data: bytes) -> None:
        """Tell a numbered fact."""
        if seq <= self.seen:
            return
        if self._is_live and self._sink.is_clear:
            self.seen = seq
            self._sink.write(data)
        else:
            self._hold(seq, data)

    def put_position(self, key: str, at_ms: int, data: bytes, *, until_s: float = inf) -> None:
        """Tell a position, at `until_s` (`boot_s`) at the latest; where one waits, it takes its place."""
        if at_ms <= self._positions_from_ms:
            return
        if self._is_live and self._sink.is_clear:
            self._sink.write(data)
            return
        if self._positions is None:
            self._positions = {}
        self._positions[key] = until_s, data
        self._sink.flush_later(self)

    def put_positions(self, data: bytes) -> bool:
        """Tell where many are; False where the way is not clear: put alone, each can be replaced by its next."""
        if not self._is_live or not self._sink.is_clear:
            return False
        self._sink.write(data)
        return True

    def forget_position(self, key: str) -> None:
        """Throw away what waits: it may not be seen any more."""
        if self._positions:
            self._positions.pop(key, None)

    def beat(self, data: bytes) -> None:
        """Tell that the feed lives, unless something better waits."""
        if self._is_live and self._sink.is_clear:
            self._sink.write(data)

    def end(self, code: CloseCode, reason: str) -> None:
        """End the connection."""
        self._sink.end(code, reason)

    def flush(self) -> None:
        """Write what waits for as long as the way is clear: facts first, then the latest positions."""
        if not self._is_live:
            return
        sink, facts, positions = self._sink, self._facts, self._positions
        while facts and sink.is_clear:
            seq, data = facts.popleft()
            if seq > self.seen:
                self.seen = seq
                sink.write(data)
        while positions and sink.is_clear:
            until_s, data = positions.pop(next(iter(positions)))
            if boot_s() < until_s:  # else nobody knows any more whether it may be seen; the next one comes
                sink.write(data)
        if facts or positions:
            sink.flush_later(self)
        else:
            self._facts = self._positions = None

    def _hold(self, seq: int, data: bytes) -> None:
        if self._sink.is_over:
            return
        if self._facts is None:
            self._facts = deque()
        if len(self._facts) >= self._limit:
            self._facts.clear()
            self._limit = -1
            SLOW.inc()
            self._sink.end(CloseCode.SLOW, "slow, resume")
        elif self._limit >= 0:
            self._facts.append((seq, data))
            self._sink.flush_later(self)

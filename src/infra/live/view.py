"""What a feed's owner brings: who sees what. The hub and the sockets know only numbers and facts."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import msgspec

from infra.outbox import Recorded
from kernel.errors import DomainError, Kind

Receive: TypeAlias = Callable[[bytes], Awaitable[object | None]]


class View(Protocol):
    """What one watcher may see. It lives as long as the session and is told every fact, in order."""

    async def load(self) -> object:
        """Return the snapshot's body, and remember what `positions` answers from."""
        ...

    def show(self, fact: Recorded) -> object | None:
        """Return what this watcher sees of a fact; None hides it, and only its number is sent."""
        ...

    def positions(self) -> frozenset[str]:
        """Return whose live positions may be sent now; asked after the snapshot and after every fact."""
        ...

    def show_position(self, key: str, payload: msgspec.Raw) -> object | None:
        """Return what this watcher sees of a position; None drops it."""
        ...


class PlainView:
    """A view without live positions."""

    def __init__(self, load: Callable[[], Awaitable[object]], show: Callable[[Recorded], object | None]) -> None:
        self._load = load
        self._show = show

    async def load(self) -> object:
        """Return the snapshot's body."""
        return await self._load()

    def show(self, fact: Recorded) -> object | None:
        """Return what this watcher sees of a fact."""
        return self._show(fact)

    def positions(self) -> frozenset[str]:
        """Return none."""
        return frozenset()

    def show_position(self, key: str, payload: msgspec.Raw) -> object | None:
        """Drop it; never asked."""
        del key, payload
        return None


class Watch:
    """What a socket asked for: a feed, perhaps from a number on, through a view. `receive` answers frames that come in.

    `receive` raises a `DomainError` or msgspec's errors to refuse a frame; the feed goes on.
    """

    def __init__(
        self,
        feed_id: str,
        view: View,
        *,
        after: int | None = None,
        epoch: str | None = None,
        receive: Receive | None = None,
    ) -> None:
        self.feed_id = feed_id
        self.view = view
        self.after = after
        self.epoch = epoch
        self.receive = receive


class FrameNotUnderstood(DomainError):
    """The frame is not what this feed takes."""

    kind, code = Kind.INVALID, "feed.frame_not_understood"


async def refuse_frames(raw: bytes) -> None:
    """Answer any frame on a feed that takes none."""
    raise FrameNotUnderstood("This feed takes no frames.", bytes=len(raw))

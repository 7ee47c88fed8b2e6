"""What a feed's owner brings: who sees what. The hub and the ways out know only numbers and facts."""

from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Final, Protocol, Self, TypeAlias

import msgspec

from infra.outbox import Recorded
from kernel.errors import DomainError, Kind

Receive: TypeAlias = Callable[[bytes], Awaitable[object | None]]
ReceiveTogether: TypeAlias = Callable[[deque[bytes]], tuple[bytes, Awaitable[object]] | None]


# What is no JSON, not what was asked for, no text, or nested too deeply, as the decoder has it.
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Loaded(msgspec.Struct, frozen=True):
    """A snapshot's body: as of which number at least, and how old the position in it is."""

    body: object
    seq: int = 0
    position_at: datetime | None = None


Load: TypeAlias = Callable[[], Awaitable[Loaded]]


class View(Protocol):
    """What one audience of a feed sees: shared by all who see the same, and told every fact, in order."""

    async def prepare(self) -> None:
        """Learn how things stand. Facts may be told meanwhile: what is older than they are must not undo them."""
        ...

    def learn(self, fact: Recorded) -> None:
        """Take note of a fact that has just become true."""
        ...

    def cell(self, fact: Recorded) -> Hashable:
        """Return what decides how a fact is shown: a feed's audiences with equal cells see the same of it."""
        ...

    def show(self, fact: Recorded) -> object | None:
        """Return what the audience sees of a fact, old or new; None hides it, and only its number is sent."""
        ...

    def positions(self) -> frozenset[str]:
        """Return whose live positions may be sent now; asked when prepared and after every fact."""
        ...

    def show_position(self, key: str, payload: msgspec.Raw) -> object | None:
        """Return what the audience sees of a position; None drops it."""
        ...


class PlainView:
    """A view without live positions and without a memory."""

    def __init__(self, show: Callable[[Recorded], object | None]) -> None:
        self._show = show

    async def prepare(self) -> None:
        """Need nothing."""

    def learn(self, fact: Recorded) -> None:
        """Note nothing."""

    def cell(self, fact: Recorded) -> Hashable:
        """Return the one way in which it shows."""
        del fact
        return self._show

    def show(self, fact: Recorded) -> object | None:
        """Return what this audience sees of a fact."""
        return self._show(fact)

    def positions(self) -> frozenset[str]:
        """Return none."""
        return frozenset()

    def show_position(self, key: str, payload: msgspec.Raw) -> object | None:
        """Drop it; never asked."""
        del key, payload
        return None


class Watch:
    """What somebody asked for: a feed, perhaps from a number on, as one of its audiences.

    `view` serves the whole audience where it is the first of it; `load` is this caller's own. `receive` answers frames
    that come in, or raises a `DomainError` or one of `UNREADABLE` to refuse one; the feed goes on. `receive_together`
    takes those off the front of what waits that one answer covers, and returns the last with its answer to come; None
    where the first is for `receive`.
    """

    def __init__(
        self,
        feed_id: str,
        view: View,
        load: Load,
        *,
        audience: str = "",
        after: int | None = None,
        epoch: str | None = None,
        receive: Receive | None = None,
    ) -> None:
        self.feed_id = feed_id
        self.view = view
        self.load = load
        self.audience = audience
        self.after = after
        self.epoch = epoch
        self.receive = receive
        self.receive_together: ReceiveTogether | None = None
        self.positions_every_s = 0.0  # each at once, in a frame of its own

    def gathering(self, *, every_s: float) -> Self:
        """Let whoever watches many riders have the latest of all who moved in one frame, so often."""
        self.positions_every_s = every_s
        return self


class FrameNotUnderstood(DomainError):
    """The frame is not what this feed takes."""

    kind, code = Kind.INVALID, "feed.frame_not_understood"


async def refuse_frames(raw: bytes) -> None:
    """Answer any frame on a feed that takes none."""
    raise FrameNotUnderstood("This feed takes no frames.", bytes=len(raw))

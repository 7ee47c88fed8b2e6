"""What a feed tells: JSON frames, told apart by `type`, the same whichever way they go."""

from datetime import datetime
from enum import IntEnum
from typing import Any, Final

import msgspec


class CloseCode(IntEnum):
    """Why the server closed. 4000-4499: connect again and resume. 4500-4999: don't."""

    RESTARTING = 1012  # the word for it that WebSockets have
    TRY_AGAIN = 4003  # a store was away
    START_OVER = 4004  # the feed has another numbering now: a backup was restored
    SLOW = 4008  # the watcher could not keep up; nothing is lost, resume with the last number
    UNAUTHENTICATED = 4501
    FORBIDDEN = 4503
    NOT_FOUND = 4504
    TOO_BIG = 4513


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """One message to the watcher."""


class SnapshotFrame(Frame, frozen=True, kw_only=True, tag="snapshot"):
    """Everything as of `seq`: the first frame, or an explicit start-over. `rate`: how fast domain time runs."""

    epoch: str
    seq: int
    recovered: bool = False
    now: datetime
    rate: float
    body: Any


class ResumedFrame(Frame, frozen=True, kw_only=True, tag="resumed"):
    """The watcher's number was found: every event behind it follows. `seq` is where the feed stands."""

    epoch: str
    seq: int
    recovered: bool = True
    now: datetime
    rate: float


class EventFrame(Frame, frozen=True, kw_only=True, tag="event"):
    """The next number of the feed."""

    seq: int
    event: Any


class PositionFrame(Frame, frozen=True, kw_only=True, tag="position"):
    """Where the rider is: the latest counts, the ones between may be missing."""

    position: Any


class PositionsFrame(Frame, frozen=True, kw_only=True, tag="positions"):
    """Where those are who moved since the last of these frames, one row each: for whoever watches many at once."""

    positions: Any


class HeartbeatFrame(Frame, frozen=True, kw_only=True, tag="heartbeat"):
    """The connection lives, and the feed has come this far."""

    epoch: str
    seq: int
    now: datetime


class ErrorFrame(Frame, frozen=True, kw_only=True, tag="error", omit_defaults=True):
    """A frame that came in was refused, by its number where it had one; the feed goes on."""

    n: int | None = None
    problem: Any


class Hidden(msgspec.Struct, frozen=True, tag_field="type", tag="hidden"):
    """A number whose event is not for this watcher."""


HIDDEN: Final = Hidden()
_encode: Final = msgspec.json.Encoder().encode


def encode(frame: object) -> bytes:
    """Return a frame as JSON."""
    return _encode(frame)

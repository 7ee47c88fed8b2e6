"""One channel of a connection: a watcher whose feed may start over without the other channels."""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from infra.live.centrifuge import codes
from infra.live.centrifuge.access import NoSuchChannel
from infra.live.centrifuge.codes import Refused
from infra.live.centrifuge.protocol import Publication, Subscribe, Subscribed
from infra.live.feed import Joined
from infra.live.frames import CloseCode, encode
from infra.live.opening import NotReadableYet, Opening, open_for
from infra.live.session import Feeds
from infra.live.source import STORE_AWAY
from infra.live.view import Watch
from infra.live.watcher import Sink, Watcher
from infra.live.wires import Wire
from kernel.errors import DomainError, Kind

log: Final = structlog.get_logger()
_encode: Final = msgspec.json.Encoder().encode


class Subscription(Watcher):
    """Whoever follows a channel; `is_stale` once the feed has another numbering."""

    __slots__ = ("_feeds", "_joined", "_on_stale", "channel", "is_stale")

    def __init__(self, channel: str, feeds: Feeds, sink: Sink, *, on_stale: "Callable[[Subscription], None]") -> None:
        super().__init__(sink, limit=feeds.limits.waiting_facts)
        self.channel = channel
        self.is_stale = False
        self._feeds = feeds
        self._on_stale = on_stale
        self._joined: Joined | None = None

    def end(self, code: CloseCode, reason: str) -> None:
        """End this channel where the feed starts over, and the connection for any other reason."""
        if code is CloseCode.START_OVER:
            self.is_stale = True
            self._on_stale(self)
        else:
            super().end(code, reason)

    async def open(self, watch: Watch, wire: Wire) -> Opening:
        """Join the feed and return what the channel begins with; raises what says that it cannot be followed."""
        joined = self._joined = await self._feeds.hub.join(watch, self, wire)
        return await open_for(watch, joined, source=self._feeds.source, clock=self._feeds.clock)

    def leave(self) -> None:
        """Follow no more. Safe to repeat."""
        if self._joined is not None:
            self._feeds.hub.leave(self._joined)
            self._joined = None


def subscribed(asked: Subscribe, opening: Opening) -> Subscribed:
    """Return the answer to a subscribe: all that was missed, or everything as it is now, and never a part of it."""
    return Subscribed(
        epoch=opening.head.epoch,
        offset=opening.head.seq,
        recoverable=True,
        positioned=True,
        was_recovering=asked.recover,
        recovered=asked.recover and opening.is_recovered,
        publications=[
            Publication(data=msgspec.Raw(_encode(frame.event)), offset=frame.seq) for frame in opening.missed
        ],
        data=None if opening.is_recovered else msgspec.Raw(encode(opening.frames()[0])),
    )


class UnrecoverablePosition(Exception):
    """The position is none of this feed, and the client wants no snapshot instead."""


REFUSALS: Final = (NoSuchChannel, UnrecoverablePosition, NotReadableYet, DomainError, *STORE_AWAY)


def refusal_of(error: Exception, channel: str) -> Refused:
    """Return what a client is told of one of `REFUSALS`; never whether somebody else's channel exists."""
    if isinstance(error, NoSuchChannel):
        return codes.UNKNOWN_CHANNEL
    if isinstance(error, UnrecoverablePosition):
        return codes.UNRECOVERABLE_POSITION
    if isinstance(error, DomainError):
        log.info("refused", code=error.code, channel=channel)
        return codes.INTERNAL if error.kind is Kind.BUSY else codes.PERMISSION_DENIED
    log.warning("centrifuge.try_again", channel=channel, error=repr(error))
    return codes.INTERNAL

"""Live positions on their way to audiences, and the lease under which they may be sent.

A fact that takes a rider away may be late: its relay stands still, Redis lost it, this process was stopped. So a
position is sent only for as long as the tables have confirmed, a moment ago, that nothing was missed.
"""

from collections import Counter as Tally
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from infra.live.channels import decode_place, position_channel
from infra.live.feed import Audience, Feed
from infra.live.subscriber import Subscriber

log: Final = structlog.get_logger()
LEASE_S: Final = 1.0  # docs/decisions/0013: how long after a commit somebody might still be seen
LOOK_EVERY_S: Final = 0.4  # leaves time for a slow query before the lease is over


class LeasedFeed(Feed):
    """A feed whose positions wait while the tables have not confirmed how things stand."""

    def __init__(self, feed_id: str, *, slot: int = 0) -> None:
        super().__init__(feed_id, slot=slot)
        self.sure_until_s = 0.0

    def confirm(self, asked_at_s: float) -> None:
        """Take note that nothing was missed when the tables were asked, and let go what was held back."""
        if not self.is_behind():
            self.sure_until_s = asked_at_s + LEASE_S
            for audience in list(self.audiences.values()):
                audience.release()


class Following:
    """Which audiences follow which riders."""

    def __init__(self, subscriber: Subscriber, *, on_begun: Callable[[Feed], None]) -> None:
        self._subscriber = subscriber
        self._on_begun = on_begun
        self._followers: dict[str, set[Audience]] = {}
        self._audiences: Tally[Feed] = Tally()

    def feeds(self) -> list[Feed]:
        """Return the feeds that show where somebody is."""
        return list(self._audiences)

    def follow(self, key: str, audience: Audience) -> None:
        """Bring this rider's positions from now on."""
        if key not in self._followers:
            self._followers[key] = set()
            self._subscriber.want(position_channel(key), lambda message: self._hear(key, message))
        self._followers[key].add(audience)
        if not self._audiences[audience.feed]:
            self._on_begun(audience.feed)
        self._audiences[audience.feed] += 1

    def unfollow(self, key: str, audience: Audience) -> None:
        """Stop at once."""
        followers = self._followers.get(key, set())
        followers.discard(audience)
        self._audiences[audience.feed] -= 1
        if not self._audiences[audience.feed]:
            del self._audiences[audience.feed]
        if not followers and self._followers.pop(key, None) is not None:
            self._subscriber.drop(position_channel(key))

    def _hear(self, key: str, message: bytes) -> None:
        try:
            place = decode_place(message)
        except msgspec.MsgspecError as error:  # another version's process speaks: the next place may be readable
            log.warning("live.not_understood", channel=position_channel(key), error=str(error))
            return
        for audience in list(self._followers.get(key, ())):
            audience.tell_position(key, place)

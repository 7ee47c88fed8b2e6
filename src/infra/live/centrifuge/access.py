"""What the house brings to a connection: who somebody is, and which channels there are for them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from infra.live.session import Feeds
from infra.live.view import Watch


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a token speaks for, and until when.

    A refreshed token must be of the same `who`. `rights` equal those of the token before where nothing changed that
    channels were opened for. `on_end` calls back, with the reason, when what the token rests on has ended, and returns
    how to forget that.
    """

    who: str
    rights: Any
    token_ends_at: datetime
    on_end: Callable[[Callable[[str], None]], Callable[[], None]]


class NotAdmitted(Exception):
    """The token lets nobody in; where its time `is_over`, another one may."""

    def __init__(self, *, is_over: bool) -> None:
        super().__init__()
        self.is_over = is_over


class NoSuchChannel(Exception):
    """No feed is called like this, whoever asks."""


class Access(Protocol):
    """Who may connect, and what they may follow."""

    def admit(self, token: str) -> Admitted:
        """Return whom a token speaks for; raises `NotAdmitted`."""
        ...

    async def open(
        self, admitted: Admitted, channel: str, *, after: int | None, epoch: str | None
    ) -> tuple[Feeds, Watch]:
        """Return a channel's feed as this caller sees it.

        Raises `NoSuchChannel`, and a `DomainError` for what is not theirs to see or not there.
        """
        ...

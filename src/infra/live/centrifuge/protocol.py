"""The messages of the Centrifuge client protocol, version 2: commands that come in, replies and pushes that go out.

Members that nothing here obeys are read over, as clients of other servers send them.
"""

from typing import Annotated, Any, Final

import msgspec

from infra.live.centrifuge.codes import Refused

MAX_ID: Final = 2**32 - 1
MAX_OFFSET: Final = 2**53 - 1  # what clients in JavaScript can count to
REJECT_UNRECOVERED: Final = 2  # a flag of a subscribe: no snapshot where the position is not found, but an error


class Connect(msgspec.Struct, frozen=True):
    """Who is calling; the token may come with the handshake instead."""

    token: str = ""


class Subscribe(msgspec.Struct, frozen=True):
    """A channel to follow, from a position on where `recover` is set."""

    channel: str
    recover: bool = False
    epoch: str = ""
    offset: Annotated[int, msgspec.Meta(ge=0, le=MAX_OFFSET)] = 0
    flag: int = 0


class Unsubscribe(msgspec.Struct, frozen=True):
    """A channel to follow no more."""

    channel: str


class Refresh(msgspec.Struct, frozen=True):
    """A new token for the same caller."""

    token: str


Unread = dict[str, Any] | None


class Command(msgspec.Struct, frozen=True):
    """One line of the client: an id and one request. Without either it answers a ping."""

    id: Annotated[int, msgspec.Meta(ge=0, le=MAX_ID)] = 0
    connect: Connect | None = None
    subscribe: Subscribe | None = None
    unsubscribe: Unsubscribe | None = None
    refresh: Refresh | None = None
    ping: Unread = None
    publish: Unread = None
    presence: Unread = None
    presence_stats: Unread = None
    history: Unread = None
    send: Unread = None
    rpc: Unread = None
    sub_refresh: Unread = None

    def is_pong(self) -> bool:
        """Tell whether this answers a ping."""
        return self == PONG

    def is_not_offered(self) -> bool:
        """Tell whether this asks for what the protocol knows and this server does not do."""
        asked = (self.publish, self.presence, self.presence_stats, self.history, self.send, self.rpc, self.sub_refresh)
        return any(one is not None for one in asked)


PONG: Final = Command()


class Connected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The caller is known: pings come every so many seconds, and a new token is due within `ttl`."""

    client: str
    version: str
    expires: bool = False
    ttl_s: int = msgspec.field(default=0, name="ttl")
    ping_s: int = msgspec.field(default=0, name="ping")
    pong: bool = False


class Publication(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of a channel; a numbered one has an offset."""

    data: msgspec.Raw
    offset: int = 0


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a channel stands, and either all that was missed or, in `data`, everything as it is now."""

    epoch: str
    offset: int | None = None  # never left out, be it 0
    recoverable: bool = False
    positioned: bool = False
    recovered: bool = False
    was_recovering: bool = False
    publications: list[Publication] = []
    data: msgspec.Raw | None = None


class Refreshed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The new token counts from now on."""

    client: str
    version: str
    expires: bool = False
    ttl_s: int = msgspec.field(default=0, name="ttl")


class Empty(msgspec.Struct, frozen=True):
    """Done, and nothing to say of it."""


class Unsubscribed(msgspec.Struct, frozen=True):
    """The server ended a subscription."""

    code: int
    reason: str


class Push(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What nobody asked for: a message of a channel, or that it is over."""

    channel: str
    pub: Publication | None = None
    unsubscribe: Unsubscribed | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the server. Without anything in it, a ping."""

    id: int = 0
    error: Refused | None = None
    push: Push | None = None
    connect: Connected | None = None
    subscribe: Subscribed | None = None
    unsubscribe: Empty | None = None
    refresh: Refreshed | None = None
    ping: Empty | None = None


PING: Final = Reply()

"""Feeds as channels of the Centrifuge protocol: `<role>:<feed id>`, each one feed as one role sees it."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from redis.asyncio import Redis

from accounts.errors import TokenRefused
from accounts.grants import Grants
from accounts.guards import allow, token_of
from accounts.model import Caller
from accounts.tokens import Tokens
from infra.db import Begin
from infra.live.centrifuge.access import Admitted, NoSuchChannel, NotAdmitted
from infra.live.centrifuge.serving import Centrifuge
from infra.live.session import Feeds
from infra.live.view import Watch
from kernel.errors import NotFound
from kernel.ids import is_id


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """What channels are opened from."""

    begin: Begin
    redis: Redis
    feeds: Feeds
    city_feeds: Feeds


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One feed, by whom, from where on."""

    feed_id: str
    caller: Caller
    after: int | None
    epoch: str | None


Open: TypeAlias = Callable[[Sources, Asked], Awaitable[tuple[Feeds, Watch]]]


class Channel(msgspec.Struct, frozen=True):
    """Whom the feeds with one kind of id are for, and what opens them after looking whose they are."""

    guard: allow
    open: Open


class ChannelAccess:
    """Lets in whoever has an access token, to the channels of their own role."""

    def __init__(self, tokens: Tokens, grants: Grants, channels: Mapping[str, Channel], sources: Sources) -> None:
        self._tokens = tokens
        self._grants = grants
        self._channels = channels
        self._sources = sources

    def admit(self, token: str) -> Admitted:
        """Return whom a token speaks for; raises `NotAdmitted`."""
        try:
            caller, ends_at = self._tokens.admit(token)
        except TokenRefused as refused:
            raise NotAdmitted(is_over=refused.is_over) from refused
        return Admitted(
            who=f"{caller.role}:{caller.id}",
            rights=_rights_of(caller),
            token_ends_at=ends_at,
            on_end=partial(self._grants.on_end, caller.grant),
        )

    async def open(
        self, admitted: Admitted, channel: str, *, after: int | None, epoch: str | None
    ) -> tuple[Feeds, Watch]:
        """Return a channel's feed; not theirs and not there are the same refusal."""
        role, _, feed_id = channel.partition(":")
        kind = feed_id.partition("_")[0]
        found = self._channels.get(kind)
        if found is None or role not in found.guard.roles or not is_id(feed_id, kind):
            raise NoSuchChannel(channel)
        caller: Caller = admitted.rights
        if caller.role != role or not found.guard.lets_in(caller):
            raise NotFound
        return await found.open(self._sources, Asked(feed_id=feed_id, caller=caller, after=after, epoch=epoch))


@websocket("/v1/connection/websocket")
async def connect(socket: WebSocket[Any, Any, Any], centrifuge: NamedDependency[Centrifuge]) -> None:
    """Speak the Centrifuge protocol; who is calling is said in it, or with the handshake."""
    try:
        given_token = token_of(socket.scope)
    except TokenRefused:
        given_token = ""
    await centrifuge.serve(socket, given_token=given_token)


def _rights_of(caller: Caller) -> Caller:
    """Return the caller without what every refreshed token changes."""
    if caller.grant is None:
        return caller
    return msgspec.structs.replace(caller, grant=msgspec.structs.replace(caller.grant, refresh_no=None))


ROUTES: Final = [connect]

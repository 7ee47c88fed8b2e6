"""One connection: its caller, its channels, and its commands, which are answered one after the other."""

from collections.abc import Callable
from typing import Final

import structlog

from infra import ids
from infra.live.centrifuge import codes
from infra.live.centrifuge.access import Access, Admitted, NotAdmitted
from infra.live.centrifuge.codec import NotUnderstood
from infra.live.centrifuge.codes import Disconnect, Refused
from infra.live.centrifuge.line import Line
from infra.live.centrifuge.protocol import (
    REJECT_UNRECOVERED,
    Command,
    Connected,
    Empty,
    Push,
    Refreshed,
    Reply,
    Subscribe,
    Unsubscribed,
)
from infra.live.centrifuge.subscription import (
    REFUSALS,
    Subscription,
    UnrecoverablePosition,
    refusal_of,
    subscribed,
)
from infra.live.centrifuge.terms import Budget, Terms
from infra.live.centrifuge.vigil import Vigil
from infra.live.opening import NotReadableYet, Opening

log: Final = structlog.get_logger()
VERSION: Final = "recado"


class _Over(Exception):
    """The connection must end."""

    def __init__(self, code: Disconnect) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """What one client and the server have said to each other so far. `leave` must be called in the end."""

    def __init__(self, line: Line, access: Access, *, terms: Terms, given_token: str) -> None:
        self._line = line
        self._access = access
        self._terms = terms
        self._given_token = given_token  # came with the handshake
        self._admitted: Admitted | None = None
        self._client = ids.new(str, "cli")
        self._channels: dict[str, Subscription] = {}
        self._budget = Budget(terms)
        self._vigil = Vigil(line, terms)
        self._forget: Callable[[], None] = lambda: None

    def leave(self) -> None:
        """Follow nothing any more."""
        self._vigil.stop()
        self._forget()
        for subscription in self._channels.values():
            subscription.leave()
        self._channels.clear()

    async def take(self, raw: bytes) -> None:
        """Answer what came in; what needs no look-up is answered together."""
        self._vigil.heard()
        self._vigil.is_busy = True
        try:
            await self._answer_all(raw)
        except NotUnderstood as error:
            log.info("centrifuge.not_understood", error=str(error))
            self._line.disconnect(Disconnect.BAD_REQUEST)
        except _Over as over:
            self._line.disconnect(over.code)
        finally:
            self._vigil.is_busy = False

    async def _answer_all(self, raw: bytes) -> None:
        ready: list[Reply] = []
        for command in self._line.codec.commands(raw):
            if self._line.is_over:
                return
            reply = self._at_once(command)
            if reply is not None:
                ready.append(reply)
            elif command.subscribe is not None:
                await self._line.answer(ready)
                ready = []
                await self._subscribe(command.id, command.subscribe)
        await self._line.answer(ready)

    def _at_once(self, command: Command) -> Reply | None:
        """Answer what needs no look-up; None for what is answered later or never."""
        may_go_on = self._budget.take()
        if self._budget.is_flooded():
            raise _Over(Disconnect.TOO_MANY_REQUESTS)
        if not command.id:
            if command.is_pong() or command.send is not None:
                return None
            raise _Over(Disconnect.BAD_REQUEST)
        if not may_go_on:
            return Reply(id=command.id, error=codes.TOO_MANY_REQUESTS)
        if self._admitted is None or command.connect is not None:
            return self._connect(command)
        return self._answer(command)

    def _answer(self, command: Command) -> Reply | None:
        if command.subscribe is not None:
            refused = self._refusal_of(command.subscribe.channel)
            return Reply(id=command.id, error=refused) if refused else None
        if command.unsubscribe is not None:
            return self._unsubscribe(command.id, command.unsubscribe.channel)
        if command.refresh is not None:
            return self._refresh(command.id, command.refresh.token)
        if command.ping is not None:
            return Reply(id=command.id, ping=Empty())
        not_done = codes.NOT_AVAILABLE if command.is_not_offered() else codes.METHOD_NOT_FOUND
        return Reply(id=command.id, error=not_done)

    def _connect(self, command: Command) -> Reply:
        if self._admitted is not None or command.connect is None:  # it comes first, and once
            raise _Over(Disconnect.BAD_REQUEST)
        try:
            admitted = self._access.admit(command.connect.token or self._given_token)
        except NotAdmitted as refused:
            if refused.is_over:
                return Reply(id=command.id, error=codes.TOKEN_EXPIRED)
            raise _Over(Disconnect.INVALID_TOKEN) from refused
        ttl_s = self._let_in(admitted)
        self._vigil.begin()
        connected = Connected(
            client=self._client, version=VERSION, expires=True, ttl_s=ttl_s, ping_s=self._terms.ping_s, pong=True
        )
        return Reply(id=command.id, connect=connected)

    def _refresh(self, command_id: int, token: str) -> Reply:
        try:
            admitted = self._access.admit(token)
        except NotAdmitted as refused:
            # Clients take an error here for final; after this they connect again, and are told to get a token.
            raise _Over(Disconnect.EXPIRED if refused.is_over else Disconnect.INVALID_TOKEN) from refused
        before = self._admitted
        if before is not None and before.who != admitted.who:
            raise _Over(Disconnect.INVALID_TOKEN)
        ttl_s = self._let_in(admitted)
        if before is not None and before.rights != admitted.rights:
            for subscription in list(self._channels.values()):
                self._end(subscription, "other rights")
        refreshed = Refreshed(client=self._client, version=VERSION, expires=True, ttl_s=ttl_s)
        return Reply(id=command_id, refresh=refreshed)

    def _let_in(self, admitted: Admitted) -> int:
        self._admitted = admitted
        self._forget()
        self._forget = admitted.on_end(lambda _: self._line.disconnect(Disconnect.INVALID_TOKEN))
        return self._vigil.renew(admitted.token_ends_at)

    def _refusal_of(self, channel: str) -> Refused | None:
        if channel in self._channels:
            return codes.ALREADY_SUBSCRIBED
        if len(self._channels) >= self._terms.channels:
            return codes.LIMIT_EXCEEDED
        return codes.UNKNOWN_CHANNEL if len(channel) > self._terms.channel_length else None

    def _unsubscribe(self, command_id: int, channel: str) -> Reply:
        subscription = self._channels.pop(channel, None)
        if subscription is not None:
            subscription.leave()
        return Reply(id=command_id, unsubscribe=Empty())

    async def _subscribe(self, command_id: int, asked: Subscribe) -> None:
        try:
            await self._follow(command_id, asked)
        except REFUSALS as error:
            refused = refusal_of(error, asked.channel)
        except Exception:  # a command's edge: the connection and its other channels go on
            log.exception("centrifuge.not_subscribed", channel=asked.channel)
            refused = codes.INTERNAL
        else:
            return
        await self._line.answer([Reply(id=command_id, error=refused)])

    async def _follow(self, command_id: int, asked: Subscribe) -> None:
        if self._admitted is None:
            raise AssertionError(asked.channel)
        after, epoch = (asked.offset, asked.epoch or None) if asked.recover else (None, None)
        feeds, watch = await self._access.open(self._admitted, asked.channel, after=after, epoch=epoch)
        subscription = Subscription(asked.channel, feeds, self._line.sink, on_stale=self._start_over)
        try:
            opening = await subscription.open(watch, self._line.wire(asked.channel))
            await self._line.drained()
            self._go_live(command_id, asked, subscription, opening)
        except BaseException:
            subscription.leave()
            raise

    def _go_live(self, command_id: int, asked: Subscribe, subscription: Subscription, opening: Opening) -> None:
        if subscription.is_stale:
            raise NotReadableYet
        if asked.recover and not opening.is_recovered and asked.flag & REJECT_UNRECOVERED:
            raise UnrecoverablePosition
        if self._line.is_over:
            subscription.leave()
            return
        self._line.write(Reply(id=command_id, subscribe=subscribed(asked, opening)))
        self._channels[asked.channel] = subscription
        subscription.go_live(opening.head.seq, positions_from_ms=opening.positions_from_ms)

    def _start_over(self, subscription: Subscription) -> None:
        if self._channels.get(subscription.channel) is subscription:  # else it is only about to begin
            self._end(subscription, "start over")

    def _end(self, subscription: Subscription, reason: str) -> None:
        """End a channel so that the client subscribes again by itself."""
        del self._channels[subscription.channel]
        subscription.leave()
        unsubscribed = Unsubscribed(codes.RESUBSCRIBE, reason)
        self._line.write(Reply(push=Push(channel=subscription.channel, unsubscribe=unsubscribed)))

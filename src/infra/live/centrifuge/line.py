"""The outgoing end of a connection: replies, pushes, pings and the last word."""

from collections.abc import Sequence
from typing import TypeAlias

from infra.live.centrifuge.codec import Codec
from infra.live.centrifuge.codes import DISCONNECT_OF, REASONS, Disconnect
from infra.live.centrifuge.protocol import PING, Reply
from infra.live.centrifuge.wire import ChannelWire
from infra.live.frames import CloseCode
from infra.live.sockets import SocketSink
from infra.live.streams import StreamSink


class LentSink(SocketSink):
    """A socket whose last word is one of this protocol."""

    __slots__ = ()

    def end(self, code: CloseCode, reason: str) -> None:
        """Close with what the feed's code is called here."""
        del reason
        disconnect = DISCONNECT_OF[code]
        self.close(disconnect, REASONS[disconnect])


class CarriedSink(StreamSink):
    """What a task carries to a socket; its last word is one of this protocol."""

    def end(self, code: CloseCode, reason: str) -> None:
        """End with what the feed's code is called here."""
        del reason
        disconnect = DISCONNECT_OF[code]
        self.close(disconnect, REASONS[disconnect])


AnySink: TypeAlias = LentSink | CarriedSink


class Line:
    """Where a connection writes to; once it is over nothing is written any more."""

    def __init__(self, sink: AnySink, codec: Codec) -> None:
        self.sink = sink
        self.codec = codec
        self._is_framed = isinstance(sink, SocketSink)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing may be written any more."""
        return self.sink.is_over

    def wire(self, channel: str) -> ChannelWire:
        """Return how a feed's frames are written as this channel's."""
        return ChannelWire(channel, self.codec, is_framed=self._is_framed)

    async def drained(self) -> None:
        """Wait until the other end keeps up, or is gone."""
        await self.sink.drained()

    async def answer(self, replies: Sequence[Reply]) -> None:
        """Write replies as one message, once the other end keeps up."""
        if replies:
            await self.drained()
            self.write(*replies)

    def write(self, *replies: Reply) -> None:
        """Write at once."""
        if not self.is_over:
            payload = self.codec.replies(replies)
            self.sink.write(self.codec.frame(payload) if self._is_framed else payload)

    def ping(self) -> bool:
        """Ask whether the other end lives; not where it has more to read than it can."""
        if self.sink.is_clear:
            self.write(PING)
        return self.sink.is_clear

    def disconnect(self, code: Disconnect) -> None:
        """End the connection and say why. Safe to repeat."""
        self.sink.close(code, REASONS[code])

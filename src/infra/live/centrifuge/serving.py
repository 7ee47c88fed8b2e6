"""A WebSocket that speaks the Centrifuge protocol, from the handshake to the end."""

from collections.abc import Iterable, Mapping
from typing import Final

from infra.live.carrying import GONE, Socket, carry_and_answer
from infra.live.centrifuge.access import Access
from infra.live.centrifuge.codec import Codec
from infra.live.centrifuge.connection import Connection
from infra.live.centrifuge.json_lines import JSON_LINES
from infra.live.centrifuge.line import CarriedSink, LentSink, Line
from infra.live.centrifuge.protobuf import PROTOBUF
from infra.live.centrifuge.terms import Terms
from infra.live.listener import Listener, one_by_one
from infra.live.session import Limits
from infra.live.sockets import lent_socket

# Of `bearer, <token>` the word: a browser wants one of those it offered.
_SPOKEN: Final[Mapping[str, Codec]] = {
    "centrifuge-json": JSON_LINES,
    "centrifuge-protobuf": PROTOBUF,
    "bearer": JSON_LINES,
}


class Centrifuge:
    """Serves feeds as channels to whoever has a client of this protocol."""

    def __init__(self, access: Access, *, limits: Limits | None = None, terms: Terms | None = None) -> None:
        self._access = access
        self._limits = limits or Limits()
        self._terms = terms or Terms()

    async def serve(self, socket: Socket, *, given_token: str = "") -> None:
        """Serve a socket until either side ends it; `given_token` counts where the connect command brings none."""
        offered: Iterable[str] = socket.scope.get("subprotocols", [])
        chosen = next((one for one in offered if one in _SPOKEN), None)
        codec = _SPOKEN[chosen] if chosen else JSON_LINES
        try:
            await socket.accept(subprotocols=chosen)
        except GONE:
            return
        lent, limits = lent_socket(socket.scope), self._limits
        if lent is None:  # another server, or none
            carried = CarriedSink()
            connection = self._connection(Line(carried, codec), given_token)
            take = one_by_one(connection.take)
            try:
                await carry_and_answer(
                    socket, carried, take, frame_bytes=limits.frame_bytes, stalled_s=limits.stalled_s,
                    is_binary=codec.is_binary,
                )  # fmt: skip
            finally:
                connection.leave()
            return
        sink = LentSink(lent, stalled_s=limits.stalled_s, close_s=limits.close_s)
        connection = self._connection(Line(sink, codec), given_token)
        # From here on the socket lives without this request: what it holds costs more than the socket.
        sink.hand_over(Listener(sink, one_by_one(connection.take), connection.leave, frame_bytes=limits.frame_bytes))

    def _connection(self, line: Line, given_token: str) -> Connection:
        return Connection(line, self._access, terms=self._terms, given_token=given_token)

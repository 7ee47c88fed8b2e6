"""How a feed's frames look to those who follow it as a channel: encoded once for all of them."""

from typing import Final

import msgspec

from infra.live.centrifuge.codec import Codec
from infra.live.frames import EventFrame, Frame, PositionFrame, PositionsFrame, encode

_encode: Final = msgspec.json.Encoder().encode


class ChannelWire:
    """One channel on connections of one kind; wires of the same channel and kind are equal, and share."""

    __slots__ = ("_channel", "_codec", "_is_framed")

    def __init__(self, channel: str, codec: Codec, *, is_framed: bool) -> None:
        self._channel = channel
        self._codec = codec
        self._is_framed = is_framed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChannelWire) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, Codec, bool]:
        return self._channel, self._codec, self._is_framed

    def encode(self, frame: Frame, epoch: str) -> bytes:
        """Return an event as a numbered publication and a position as one without; heartbeats are none."""
        del epoch
        if isinstance(frame, EventFrame):
            return self.pack(self._codec.publication(self._channel, _encode(frame.event), frame.seq))
        if isinstance(frame, PositionFrame | PositionsFrame):
            return self.pack(self._codec.publication(self._channel, encode(frame), 0))
        return b""

    def pack(self, payload: bytes) -> bytes:
        """Return what is ready to be written."""
        return self._codec.frame(payload) if self._is_framed else payload

"""How frames look on each kind of connection. A frame is encoded once per wire, however many watch."""

from typing import Final, Protocol

from infra.live.frames import EventFrame, Frame, SnapshotFrame, encode

_TEXT, _BINARY = 0x81, 0x82  # the whole of a message, and of what kind
_SHORT, _LONG = 126, 1 << 16


class Wire(Protocol):
    """One kind of connection; equal wires share what is encoded. What it has no word for is empty."""

    def encode(self, frame: Frame, epoch: str) -> bytes:
        """Return a frame of a feed in this numbering, as it is written."""
        ...

    def pack(self, payload: bytes) -> bytes:
        """Return JSON that answers what came in, as it is written."""
        ...


class Native:
    """JSON text frames over a WebSocket."""

    def encode(self, frame: Frame, epoch: str) -> bytes:
        """Return the frame as one WebSocket message."""
        del epoch
        return text_message(encode(frame))

    def pack(self, payload: bytes) -> bytes:
        """Return it as one WebSocket message."""
        return text_message(payload)


class Bare:
    """JSON, for answers that carry several."""

    def encode(self, frame: Frame, epoch: str) -> bytes:
        """Return the frame."""
        del epoch
        return encode(frame)

    def pack(self, payload: bytes) -> bytes:
        """Return it as it is."""
        return payload


class ServerSent(Bare):
    """Server-Sent Events: the event's name is the frame's type, and its id is what `Last-Event-ID` resumes behind."""

    def encode(self, frame: Frame, epoch: str) -> bytes:
        """Return the frame as one event of the stream."""
        body = encode(frame)
        name = type(frame).__struct_config__.tag
        head = f"id: {epoch}:{frame.seq}\n" if isinstance(frame, EventFrame | SnapshotFrame) else ""
        return f"{head}event: {name}\ndata: ".encode() + body + b"\n\n"


NATIVE: Final = Native()
SERVER_SENT: Final = ServerSent()
BARE: Final = Bare()


def text_message(payload: bytes) -> bytes:
    """Return an unmasked WebSocket text message (RFC 6455, 5.2)."""
    return _message(_TEXT, payload)


def binary_message(payload: bytes) -> bytes:
    """Return an unmasked WebSocket binary message."""
    return _message(_BINARY, payload)


def _message(kind: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < _SHORT:
        return bytes((kind, size)) + payload
    if size < _LONG:
        return bytes((kind, _SHORT)) + size.to_bytes(2, "big") + payload
    return bytes((kind, _SHORT + 1)) + size.to_bytes(8, "big") + payload

"""HTTP of which the plain requests of one busy route are answered from the stream: no task, no scope, no framework.

What is plain is read here, strictly. Everything else goes, untouched, to uvicorn's parser, which knows all of it.
"""

import re
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_END: Final = b"\r\n\r\n"
_NAME: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH: Final = re.compile(rb"[0-9]{1,9}")
_CONNECTION: Final = b"connection"
_READ: Final = frozenset((b"content-length", b"authorization", b"x-request-id", _CONNECTION))
_ODD_ONES: Final = frozenset((b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"trailer", b"te"))
_ODD: Final = b"odd"
_KEPT: Final = b"keep-alive"
_MOST_NAMES: Final = 200  # spellings of header names that are remembered, none of them longer than
_LONGEST_NAME: Final = 64

Answer: TypeAlias = Callable[[int, bytes, bytes], None]


class ShortWay(Protocol):
    """Who answers a route's plain requests: `POST` to one path."""

    @property
    def path(self) -> str:
        """The path, as it is sent."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """How long a body may be here."""
        ...

    def begin(self, authorization: bytes, request_id: bytes, body: bytes, answer: Answer) -> bool:
        """See to it that `answer` is called once, with status, header lines and body; False leaves it to the framework.

        Headers that were not sent are empty. `answer` may be called before this returns.
        """
        ...


class PlainProtocol(HttpToolsProtocol):
    """uvicorn's own HTTP/1.1 connection; subclasses say whose plain requests are answered before its parser."""

    short_way: ShortWay
    _line: bytes

    _is_within = False  # a request whose end the parser has not seen
    _is_asked = False  # one of ours is being answered
    _is_last = False  # it is to be the last
    _begun: bytearray | None = None  # one of ours that has not come whole
    _needed = 0  # bytes until it has
    _later = b""  # what came while one was being answered
    _quiet_since_s = 0.0

    def data_received(self, data: bytes) -> None:
        """Answer what is plain, and hand on all else."""
        if self._is_asked or self._later:
            self._later += data
            if len(self._later) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()
        elif self._begun is not None:
            self._begun += data
            if len(self._begun) >= self._needed:
                data, self._begun = bytes(self._begun), None
                self._take(data)
        elif data.startswith(self._line) and self._is_free():
            self._take(data)
        else:
            super().data_received(data)

    def on_message_begin(self) -> None:
        """Remember that the parser is within a request."""
        self._is_within = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Let the answer say where it is the last."""
        super().on_headers_complete()
        if self._is_last and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Remember that it is not."""
        self._is_within = False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what came."""
        self._begun, self._later = None, b""
        super().connection_lost(exc)

    def leave(self) -> None:
        """Let the next answer be the last, and say so; until `shutdown` whoever asks is answered."""
        self._is_last = True
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Answer what was asked, and close."""
        if self._is_asked or self._begun is not None:
            self._is_last = True
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close what has been quiet for so long; answers of ours do not wind this clock anew, they are looked up."""
        self.timeout_keep_alive_task = None
        left_s = self._quiet_since_s + self.timeout_keep_alive - self.loop.time()
        if self._is_asked or self._begun is not None:
            left_s = self.timeout_keep_alive
        if left_s > 0:
            self._wind(left_s)
        else:
            super().timeout_keep_alive_handler()

    def _is_free(self) -> bool:
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self._is_within and not self.flow.write_paused and not self.transport.is_closing()

    def _take(self, data: bytes) -> None:
        head = _read_head(data, len(self._line))
        if head is None or head[1] > self.short_way.max_body_bytes:
            self._hand_on(data)
            return
        start, length, authorization, request_id = head
        end = start + length
        if len(data) < end:
            self._begun, self._needed = bytearray(data), end
            return
        self._is_asked, self._later = True, data[end:]
        if not self.short_way.begin(authorization, request_id, data[start:end], self._answer):
            self._is_asked, self._later = False, b""
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_last:
            super().shutdown()

    def _answer(self, status: int, headers: bytes, body: bytes) -> None:
        self._is_asked = False
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        dated = _dated.lines(self.server_state.default_headers)
        last = b"connection: close\r\n" if self._is_last else b""
        self.transport.write(
            b"%b%b%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], dated, headers, last, len(body), body)
        )
        if self._is_last:
            self.transport.close()
            return
        self._quiet_since_s = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wind(self.timeout_keep_alive)
        if self._later:
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if not self._is_asked and self._later and not self.transport.is_closing():
            data, self._later = self._later, b""
            self.flow.resume_reading()
            self.data_received(data)

    def _wind(self, for_s: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(for_s, self.timeout_keep_alive_handler)


def plain_protocol(short_way: ShortWay) -> type[PlainProtocol]:
    """Return the protocol for uvicorn's `http` that lets this way answer."""
    line = b"POST %b HTTP/1.1\r\n" % short_way.path.encode()
    return type("PlainProtocol", (PlainProtocol,), {"short_way": short_way, "_line": line})


class _Dated:
    """The header lines that every answer has; uvicorn makes a new list of them each second."""

    def __init__(self) -> None:
        self._of: list[tuple[bytes, bytes]] = []
        self._lines = b""

    def lines(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        if headers is not self._of:
            self._of, self._lines = headers, b"".join(b"%b: %b\r\n" % header for header in headers)
        return self._lines


_dated: Final = _Dated()


def _read_head(data: bytes, start: int) -> tuple[int, int, bytes, bytes] | None:
    """Return where the body begins, its length, authorization and request id; None where the head is not plain.

    Plain is what RFC 9112 has, without what it allows but nobody should send: folded lines, bare CR or LF, NUL.
    """
    end = data.find(_END, start)
    read = _read_fields(data[start:end]) if end >= 0 else None
    length = read.get(b"content-length", b"") if read else b""
    if not read or not _LENGTH.fullmatch(length):
        return None
    return end + len(_END), int(length), read.get(b"authorization", b""), read.get(b"x-request-id", b"")


def _read_fields(head: bytes) -> dict[bytes, bytes] | None:
    lines = head.split(b"\r\n")
    if not head.count(b"\r") == head.count(b"\n") == len(lines) - 1 or b"\0" in head:
        return None
    read: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        kind = _kinds.get(name)
        if kind is None:
            kind = _kind_of(name)
        if not colon or kind == _ODD or kind in read:
            return None
        if kind:
            read[kind] = value.strip(b" \t")
    is_kept = read.get(_CONNECTION, _KEPT).lower() == _KEPT
    return read if is_kept else None


_kinds: Final[dict[bytes, bytes]] = {}


def _kind_of(name: bytes) -> bytes:
    """Return the lower-case name of a header that is read here, `_ODD`, or nothing for one that does not matter."""
    if not _NAME.fullmatch(name):
        return _ODD
    lower = name.lower()
    kind = lower if lower in _READ else _ODD if lower in _ODD_ONES else b""
    if len(_kinds) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
        _kinds[name] = kind
    return kind

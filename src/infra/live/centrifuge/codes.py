"""The words with which the Centrifuge protocol says no: to a command, to a channel, to a connection."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import msgspec

from infra.live.frames import CloseCode


class Refused(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a reply says of a command that was not done; clients try a `temporary` one again by themselves."""

    code: int
    message: str
    temporary: bool = False


INTERNAL: Final = Refused(100, "internal server error", temporary=True)
UNKNOWN_CHANNEL: Final = Refused(102, "unknown channel")
PERMISSION_DENIED: Final = Refused(103, "permission denied")
METHOD_NOT_FOUND: Final = Refused(104, "method not found")
ALREADY_SUBSCRIBED: Final = Refused(105, "already subscribed")
LIMIT_EXCEEDED: Final = Refused(106, "limit exceeded")
NOT_AVAILABLE: Final = Refused(108, "not available")
TOKEN_EXPIRED: Final = Refused(109, "token expired")
TOO_MANY_REQUESTS: Final = Refused(111, "too many requests", temporary=True)
UNRECOVERABLE_POSITION: Final = Refused(112, "unrecoverable position")

RESUBSCRIBE: Final = 2500  # from here on a client that was unsubscribed subscribes again by itself


class Disconnect(IntEnum):
    """Why the server closed. Clients connect again after 3000-3499, and stop after 3500-3999."""

    TOO_BIG = 1009  # the WebSocket's own; uvicorn says it of what is over its `ws_max_size`
    SHUTDOWN = 3001
    SERVER_ERROR = 3004
    EXPIRED = 3005
    SLOW = 3008
    NO_PONG = 3012
    TOO_MANY_REQUESTS = 3013
    INVALID_TOKEN = 3500
    BAD_REQUEST = 3501
    STALE = 3502


REASONS: Final[Mapping[Disconnect, str]] = {
    Disconnect.TOO_BIG: "message size limit",
    Disconnect.SHUTDOWN: "shutdown",
    Disconnect.SERVER_ERROR: "internal server error",
    Disconnect.EXPIRED: "connection expired",
    Disconnect.SLOW: "slow",
    Disconnect.NO_PONG: "no pong",
    Disconnect.TOO_MANY_REQUESTS: "too many requests",
    Disconnect.INVALID_TOKEN: "invalid token",
    Disconnect.BAD_REQUEST: "bad request",
    Disconnect.STALE: "stale",
}
# What a feed's own codes are called here; a feed that starts over ends its channel and not the connection.
DISCONNECT_OF: Final[Mapping[CloseCode, Disconnect]] = {
    CloseCode.RESTARTING: Disconnect.SHUTDOWN,
    CloseCode.TRY_AGAIN: Disconnect.SERVER_ERROR,
    CloseCode.START_OVER: Disconnect.SERVER_ERROR,
    CloseCode.SLOW: Disconnect.SLOW,
    CloseCode.UNAUTHENTICATED: Disconnect.INVALID_TOKEN,
    CloseCode.FORBIDDEN: Disconnect.INVALID_TOKEN,
    CloseCode.NOT_FOUND: Disconnect.INVALID_TOKEN,
    CloseCode.TOO_BIG: Disconnect.TOO_BIG,
}

"""Ends a connection that keeps silent: about who it is, about whether it lives, about a new token."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from infra.clock import wall_now
from infra.live.centrifuge.codes import Disconnect
from infra.live.centrifuge.line import Line
from infra.live.centrifuge.terms import Terms


class Vigil:
    """The alarms of one connection."""

    def __init__(self, line: Line, terms: Terms) -> None:
        self.is_busy = False  # reading nothing, as a message is being answered
        self._line = line
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._waits_for_pong = False
        self._next = self._loop.call_later(terms.connect_within_s, line.disconnect, Disconnect.STALE)
        self._expiry: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Ping from now on: it is known who is calling."""
        self._set(self._terms.ping_s, self._ping)

    def renew(self, ends_at: datetime) -> int:
        """Let the connection last as long as this token, and a little more to bring another; returns the seconds."""
        if self._expiry is not None:
            self._expiry.cancel()
        left_s = max((ends_at - wall_now()).total_seconds(), 0)
        self._expiry = self._loop.call_later(
            left_s + self._terms.refresh_within_s, self._line.disconnect, Disconnect.EXPIRED
        )
        return max(int(left_s), 1)

    def heard(self) -> None:
        """Take note that the other end lives."""
        self._waits_for_pong = False

    def stop(self) -> None:
        """Watch no more."""
        self._next.cancel()
        if self._expiry is not None:
            self._expiry.cancel()

    def _ping(self) -> None:
        if self._line.ping():
            self._waits_for_pong = True
            self._set(self._terms.pong_within_s, self._judge)
        else:
            self._set(self._terms.ping_s, self._ping)

    def _judge(self) -> None:
        if not self._waits_for_pong:
            self._set(self._terms.ping_s - self._terms.pong_within_s, self._ping)
        elif self.is_busy:  # the answer may be there, and nobody has read it
            self._set(self._terms.pong_within_s, self._judge)
        else:
            self._line.disconnect(Disconnect.NO_PONG)

    def _set(self, after_s: float, then: Callable[[], None]) -> None:
        self._next.cancel()
        self._next = self._loop.call_later(after_s, then)

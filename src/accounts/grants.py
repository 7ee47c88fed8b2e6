"""What access rests on, and that it ends: one process' knowledge of the devices and share links that were revoked.

And what it knows of devices that others do not: which refresh token they have, by the access tokens they present.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from typing import Final, TypeAlias

import structlog
from prometheus_client import Gauge

from accounts import queries, store
from accounts.model import ACCESS_LASTS, Grant
from infra.clock import wall_now
from infra.db import AWAY, Tx
from kernel.ids import DeviceId

log: Final = structlog.get_logger()
CHANNEL: Final = "recado_revocations"
LOOK_EVERY_S: Final = 1.0  # notices come at once; a connection that died silently brings none
# Older ones need not be remembered: what rested on them has run out. The rest is for clocks that differ.
REMEMBERED_FOR: Final = ACCESS_LASTS + timedelta(minutes=5)
REVOKED: Final = "It was revoked."
OVER: Final = "Its time is over."
Read: TypeAlias = Callable[[], AbstractAsyncContextManager[Tx]]

KNOWN: Final = Gauge("recado_revoked_grants", "Revoked devices and share links whose tokens may still be about.")


class _Waiting:
    """A connection that must end with the access it rests on."""

    def __init__(self, ended: Callable[[str], None]) -> None:
        self.ended = ended
        self.over: asyncio.Handle | None = None


class Grants:
    """Knows what was revoked of late, and tells whoever waits for it. `keep` must run for as long as anybody asks.

    Its memory is bounded by what is revoked within `REMEMBERED_FOR`.
    """

    def __init__(self) -> None:
        self._revoked: frozenset[str] = frozenset()
        self._waiting: dict[str, set[_Waiting]] = {}
        self._changed = asyncio.Event()
        self._loading = asyncio.Lock()
        self._used: dict[DeviceId, int] = {}

    def note_use(self, grant: Grant | None) -> None:
        """Remember, until it is written, that a device presented an access token, so that it got its refresh token."""
        if grant is not None and grant.refresh_no is not None:
            self._note(DeviceId(grant.id), grant.refresh_no)

    def is_revoked(self, grant: Grant) -> bool:
        """Tell whether this device or share link was revoked, as far as this process knows."""
        return grant.id in self._revoked

    def wake(self) -> None:
        """Look again, as something was revoked, or notices were missed."""
        self._changed.set()

    async def load(self, read: Read) -> None:
        """Read what was revoked, and tell who waits; one after the other, so that no older answer replaces a newer."""
        async with self._loading, read() as tx:
            self._revoked = await queries.list_revoked(tx, since=wall_now() - REMEMBERED_FOR)
        KNOWN.set(len(self._revoked))
        for grant_id in self._revoked & self._waiting.keys():
            for waiting in list(self._waiting[grant_id]):
                waiting.ended(REVOKED)

    async def write_uses(self, read: Read) -> None:
        """Write which refresh tokens devices turned out to have. What is lost with a process is noted again later."""
        if not self._used:
            return
        used, self._used = self._used, {}
        try:
            async with read() as tx:
                await store.mark_used(tx, used)
        except BaseException:
            for device_id, refresh_no in used.items():
                self._note(device_id, refresh_no)
            raise

    async def keep(self, read: Read) -> None:
        """Look whenever told to, and every second, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self.load(read)
                await self.write_uses(read)
            except AWAY as error:
                log.warning("grants.not_kept", error=repr(error))

    def on_end(self, grant: Grant | None, ended: Callable[[str], None]) -> Callable[[], None]:
        """Call back, with the reason, when what an access rests on is revoked or over; returns how to forget that."""
        if grant is None:
            return lambda: None
        waiting = _Waiting(ended)
        self._waiting.setdefault(grant.id, set()).add(waiting)
        loop = asyncio.get_running_loop()
        if self.is_revoked(grant):  # since it was let in
            waiting.over = loop.call_soon(ended, REVOKED)
        elif grant.ends_at is not None:
            left_s = (grant.ends_at - wall_now()).total_seconds()
            waiting.over = loop.call_later(max(left_s, 0), ended, OVER)
        return lambda: self._forget(grant, waiting)

    def _forget(self, grant: Grant, waiting: "_Waiting") -> None:
        if waiting.over is not None:
            waiting.over.cancel()
        others = self._waiting.get(grant.id, set())
        others.discard(waiting)
        if not others:
            self._waiting.pop(grant.id, None)

    def _note(self, device_id: DeviceId, refresh_no: int) -> None:
        self._used[device_id] = max(refresh_no, self._used.get(device_id, 0))

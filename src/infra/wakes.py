"""PostgreSQL's notices as events to wait for. A notice only wakes; what to do is always read from the tables."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

import asyncpg
import structlog

from infra.db import AWAY

log: Final = structlog.get_logger()
RETRY_S: Final = 0.5


class Wakes:
    """One direct connection that listens and calls back; after a reconnect too, as notices were missed."""

    def __init__(self, direct_url: str) -> None:
        self._url = direct_url
        self._callbacks: dict[str, list[Callable[[], None]]] = {}

    def on(self, channels: Iterable[str], callback: Callable[[], None]) -> None:
        """Call `callback` on each notice in these channels; register before `run`."""
        for channel in channels:
            self._callbacks.setdefault(channel, []).append(callback)

    async def run(self) -> None:
        """Listen until cancelled, reconnecting for ever."""
        while True:
            try:
                await self._listen()
            except AWAY as error:
                log.warning("wakes.lost", error=str(error))
                await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=5)
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        try:
            for channel in self._callbacks:
                await connection.add_listener(channel, self._heard)
            for callbacks in self._callbacks.values():
                for callback in callbacks:
                    callback()
            await gone.wait()
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, channel: str, _payload: object) -> None:
        for callback in self._callbacks[channel]:
            callback()

"""One Redis connection that listens to a changing set of channels, and says when it may have missed something."""

import asyncio
import random
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from typing import Final

import hiredis
import structlog
from prometheus_client import Counter
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from infra.redis import one_node

log: Final = structlog.get_logger()
IDLE_CHANNEL: Final = "live:idle"  # always listened to: without a subscription a PING is answered in another shape
CHUNK: Final = 1000  # channels per SUBSCRIBE
PING_S: Final = 5.0
SILENCE_S: Final = 12.0  # two pings unanswered: the connection is dead, whatever TCP believes
BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
RESTORED: Final = b"restored"
ALIVE: Final = b"alive"

LOST_CONNECTIONS: Final = Counter("recado_live_connections_lost", "Times a hub's Redis connection broke.")


class _Wanted:
    """A channel somebody wants to hear, and whether Redis has confirmed that it will tell."""

    __slots__ = ("confirmed", "hear")

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear
        self.confirmed = asyncio.Event()


class _Heard(asyncio.Protocol):
    """Reads what Redis says from the moment it is given the connection; `end` raises when that ends."""

    def __init__(self, take: Callable[[Sequence[bytes]], None]) -> None:
        self._take = take
        self._parser = hiredis.Reader()
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        """Hand on every message that is whole."""
        parser, take = self._parser, self._take
        try:
            parser.feed(data)
            while (reply := parser.gets()) is not False:
                take(reply)
        except hiredis.HiredisError as error:
            self._finish(RedisConnectionError(f"Redis said what cannot be read: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        """Say that it is over."""
        self._finish(RedisConnectionError(f"Redis hung up: {error!r}"))

    def _finish(self, error: Exception) -> None:
        if not self.end.done():
            self.end.set_exception(error)


class Subscriber:
    """Listens until cancelled and reconnects for ever, each time to every channel wanted at that moment."""

    def __init__(self, redis_url: str, *, on_restored: Callable[[], None]) -> None:
        # Of a cluster one node, as each tells what was published on any.
        # No timeout on reads, which wait for ever; no retries inside the client, which would hide what was missed.
        self._pool: ConnectionPool = ConnectionPool.from_url(
            one_node(redis_url), protocol=2, socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self._on_restored = on_restored
        self._wanted: dict[bytes, _Wanted] = {}
        self._asked: set[bytes] = set()
        self._unanswered: Tally[bytes] = Tally()
        self._changed: set[bytes] = set()
        self._dirty = asyncio.Event()
        self._heard_at = 0.0
        self._failures = 0

    def want(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Hand on what is said in this channel from now on, as soon as there is a connection."""
        name = channel.encode()
        wanted = self._wanted[name] = _Wanted(hear)
        if name in self._asked and not self._unanswered[name]:
            wanted.confirmed.set()
        self._change(name)

    def drop(self, channel: str) -> None:
        """Listen to this channel no longer."""
        name = channel.encode()
        if self._wanted.pop(name, None) is not None:
            self._change(name)

    async def hears(self, channel: str, *, within_s: float) -> bool:
        """Wait until Redis confirmed a wanted channel; False when it has not within this time."""
        try:
            async with asyncio.timeout(within_s):
                await self._wanted[channel.encode()].confirmed.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._converse()
            except* (RedisError, OSError) as lost:
                log.warning("live.redis_lost", error=repr(lost.exceptions[0]))
            LOST_CONNECTIONS.inc()
            pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
            self._failures += 1
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  (spreads the processes, no secret)

    def _change(self, name: bytes) -> None:
        self._changed.add(name)
        self._dirty.set()

    async def _converse(self) -> None:
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py lacks it
        for wanted in self._wanted.values():
            wanted.confirmed.clear()
        self._asked.clear()
        self._unanswered.clear()
        self._changed = set(self._wanted)
        self._dirty.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                await connection.connect()  # type: ignore[no-untyped-call]  # nor this
                self._heard_at = asyncio.get_running_loop().time()
                tasks.create_task(self._ask(connection))
                tasks.create_task(self._watch_silence(connection))
                tasks.create_task(self._listen(connection))
        finally:
            await connection.disconnect(nowait=True)

    async def _ask(self, connection: AbstractConnection) -> None:
        await _say(connection, "SUBSCRIBE", IDLE_CHANNEL)
        await self._ask_for_changes(connection)
        # Redis answers in order: this comes back when it listens for us to all of them again.
        await _say(connection, "PING", RESTORED)
        while True:
            await self._dirty.wait()
            await self._ask_for_changes(connection)

    async def _ask_for_changes(self, connection: AbstractConnection) -> None:
        self._dirty.clear()
        changed, self._changed = self._changed, set()
        joining = [name for name in changed if name in self._wanted and name not in self._asked]
        leaving = [name for name in changed if name not in self._wanted and name in self._asked]
        self._asked.update(joining)
        self._asked.difference_update(leaving)
        self._unanswered.update(joining)
        for chunk in _chunks(leaving):
            await _say(connection, "UNSUBSCRIBE", *chunk)
        for chunk in _chunks(joining):
            await _say(connection, "SUBSCRIBE", *chunk)

    async def _watch_silence(self, connection: AbstractConnection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_S)
            if loop.time() - self._heard_at > SILENCE_S:
                raise RedisConnectionError("Redis has fallen silent")
            await _say(connection, "PING", ALIVE)

    async def _listen(self, connection: AbstractConnection) -> None:
        # The client's own reading costs more than all that is done with a message. It said all it had to say when it
        # connected, so from here on what comes is read as it comes.
        writer = connection._writer  # noqa: SLF001
        if writer is None:
            raise RedisConnectionError("Redis hung up")
        heard = _Heard(self._take)
        writer.transport.set_protocol(heard)
        await heard.end

    def _take(self, reply: Sequence[bytes]) -> None:
        if isinstance(reply, hiredis.ReplyError):
            raise reply
        kind, name = reply[0], reply[1]
        if kind == b"message":
            if (wanted := self._wanted.get(name)) is not None:
                wanted.hear(reply[2])
            return
        self._heard_at = asyncio.get_running_loop().time()
        if kind == b"subscribe":
            self._confirm(name)
        elif kind == b"pong" and name == RESTORED:
            self._failures = 0
            self._on_restored()

    def _confirm(self, name: bytes) -> None:
        self._unanswered[name] -= 1
        if self._unanswered[name] <= 0:
            del self._unanswered[name]
            if name in self._wanted:
                self._wanted[name].confirmed.set()


async def _say(connection: AbstractConnection, *words: str | bytes) -> None:
    try:
        await connection.send_command(*words)
    except RuntimeError as closed:  # uvloop's word for a transport that was lost a moment ago
        raise RedisConnectionError("Redis hung up") from closed


def _chunks(names: Sequence[bytes]) -> list[Sequence[bytes]]:
    return [names[start : start + CHUNK] for start in range(0, len(names), CHUNK)]

"""Start both stores of a data directory and wait until they answer."""

import asyncio
import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import asyncpg
import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from recado.embedded.accounts import choose_account
from recado.embedded.binaries import find_postgres, find_valkey
from recado.embedded.home import Home
from recado.embedded.servers import Postgres, Server, Valkey
from recado.errors import StoreUnavailable
from recado.processes import stop
from recado.stopping import run_unless_asked

READY_WITHIN_S: Final = 60.0  # a long journal may have to be replayed after a kill -9
ONE_ANSWER_WITHIN_S: Final = 1.0
STOP_WITHIN_S: Final = 20.0
PORT_ATTEMPTS: Final = 3


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where the stores listen; 0 lets the operating system choose a free port."""

    postgres: int = 0
    valkey: int = 0


ANY_FREE_PORTS: Final = Ports()


class Stores:
    """Both stores, running as children of this process until `stop`."""

    def __init__(self, postgres: Postgres, valkey: Valkey) -> None:
        self.database_url, self.redis_url = postgres.url, valkey.url
        self.servers: dict[str, Server] = {postgres.name: postgres, valkey.name: valkey}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> Self:
        """Start both and return at once."""
        for server in self.servers.values():
            server.prepare()
        for name, server in self.servers.items():
            self.processes[name] = server.start()
        return self

    def dead(self) -> list[str]:
        """Return the names of the stores that have ended."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def stop(self) -> None:
        """Stop both; what they were told is on disk."""
        for name, process in self.processes.items():
            if process.poll() is None:
                process.send_signal(self.servers[name].stop_signal)
        for name, process in self.processes.items():
            stop(process, first=self.servers[name].stop_signal, patience_s=STOP_WITHIN_S)


def start_stores(home: Home, *, ports: Ports = ANY_FREE_PORTS, durable: bool = True) -> Stores:
    """Start PostgreSQL and Valkey in `home` and return when both answer; call from the main thread, outside a loop.

    `durable=False` forgoes fsync, which tests do not need.
    """
    postgres, valkey = find_postgres(), find_valkey()
    account = choose_account(home.path, programs=[postgres / "postgres", valkey])
    for attempts_left in reversed(range(PORT_ATTEMPTS)):
        chosen = Ports(postgres=ports.postgres or _free_port(), valkey=ports.valkey or _free_port())
        stores = Stores(
            Postgres(home, programs=postgres, account=account, port=chosen.postgres, durable=durable),
            Valkey(home, program=valkey, account=account, port=chosen.valkey, durable=durable),
        )
        try:
            run_unless_asked(_until_ready(stores.start()))
        except _StoreEnded as ended:
            stores.stop()
            if not attempts_left:  # Before that somebody may have taken the port we found free.
                raise StoreUnavailable(f"{ended.name} did not start: {_last_words(home, ended.name)}") from None
        except BaseException:
            stores.stop()
            raise
        else:
            return stores
    raise AssertionError("unreachable: the last attempt returns or raises")


@contextlib.contextmanager
def running_stores(path: Path, *, durable: bool = True) -> Iterator[Stores]:
    """Run both stores in a data directory for as long as the block lasts."""
    home = Home(path)
    try:
        stores = start_stores(home, durable=durable)
        try:
            yield stores
        finally:
            stores.stop()
    finally:
        home.close()


class _StoreEnded(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def _until_ready(stores: Stores) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while True:
        if dead := stores.dead():
            raise _StoreEnded(dead[0])
        if await _postgres_answers(stores.database_url) and await _valkey_answers(stores.redis_url):
            return
        if time.monotonic() > give_up_at:
            raise StoreUnavailable(f"the stores do not answer after {READY_WITHIN_S:.0f} s; see the logs directory")
        await asyncio.sleep(0.02)


async def _postgres_answers(url: str) -> bool:
    server, _, database = url.rpartition("/")
    try:
        connection = await asyncpg.connect(f"{server}/postgres")
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    except asyncpg.InvalidPasswordError:
        raise StoreUnavailable("secrets.json does not hold this PostgreSQL's password: restore it") from None
    try:
        if await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database) is None:
            await connection.execute(f'CREATE DATABASE "{database}"')
    finally:
        await connection.close()
    return True


async def _valkey_answers(url: str) -> bool:
    client = Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=ONE_ANSWER_WITHIN_S)
    try:
        await client.ping()
    except (OSError, RedisConnectionError, RedisTimeoutError, BusyLoadingError):
        return False
    finally:
        await client.aclose()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _last_words(home: Home, name: str) -> str:
    path = home.path / "logs" / f"{name}.log"
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else f"see {path}"

"""Everything on one machine: stores, migrations, API and worker processes, for as long as a job or a person wants."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from recado.embedded import Home, Run, Stores, start_stores
from recado.errors import CommandRefused, SettingsRefused
from recado.migrating import apply_migrations
from recado.processes import Launch, spawn
from recado.server import GRACEFUL_STOP_S, bind
from recado.settings import Settings, as_environment, read_settings
from recado.supervisor import Child, Supervisor, print_line, stop_on_signals

STOP_PROCESS_WITHIN_S: Final = GRACEFUL_STOP_S + 3
STOP_STORE_WITHIN_S: Final = 20.0
ANSWERS_WITHIN_S: Final = 60.0

Job = Callable[[Run], Awaitable[None]]


def run_on_this_machine(data: Path, environ: Mapping[str, str], *, job: Job | None = None) -> None:
    """Run everything until a signal comes, or until `job`, called once the API answers, is done.

    Stores named by DATABASE_URL and REDIS_URL are used as they are; where neither is set, both run in `data`.
    Call from the main thread.
    """
    signal.signal(signal.SIGTERM, _leave)  # Until the loop takes signals over.
    signal.signal(signal.SIGHUP, _leave)
    home = Home(data)
    try:
        with _stores(home, environ) as (stores, given):
            settings = read_settings({"TOKEN_SECRET": home.secrets.token_secret, **environ, **given})
            asyncio.run(apply_migrations(settings))
            with contextlib.closing(bind(settings.host, settings.port)) as listener:
                settings = msgspec.structs.replace(settings, port=listener.getsockname()[1])
                asyncio.run(_Machine(home, settings, stores).run(listener, job or _for_ever))
    finally:
        home.close()


def run_processes(children: Sequence[Child]) -> None:
    """Keep processes running until a signal comes: `recado api` or `recado worker` with a number."""

    async def keep() -> None:
        await Supervisor([children], report=print_line, on_start=lambda: None).run(until=stop_on_signals())

    asyncio.run(keep())


def api_children(settings: Settings, listener: socket.socket) -> list[Child]:
    """Return the API processes, which share one listening socket."""
    arguments = ("api", "--fd", str(listener.fileno()))
    return [_child(f"api-{n}", arguments, settings, listener.fileno()) for n in range(1, settings.api_processes + 1)]


def worker_children(settings: Settings) -> list[Child]:
    """Return the worker processes, which share the work through the stores."""
    one_each = msgspec.structs.replace(settings, worker_processes=1)
    return [_child(f"worker-{n}", ("worker",), one_each) for n in range(1, settings.worker_processes + 1)]


class _Machine:
    """One run: its children, and the record other commands find it by."""

    def __init__(self, home: Home, settings: Settings, stores: Stores | None) -> None:
        self._home, self._settings, self._stores = home, settings, stores
        self._supervisor: Supervisor | None = None

    async def run(self, listener: socket.socket, job: Job) -> None:
        stopping = stop_on_signals()
        supervisor = self._supervisor = Supervisor(
            [_store_children(self._stores), worker_children(self._settings), api_children(self._settings, listener)],
            report=print_line,
            on_start=lambda: self._home.record(self._describe()),
        )
        if self._stores is not None:
            for name, process in self._stores.processes.items():
                supervisor.adopt(name, process)
        working = asyncio.create_task(self._work(job))
        working.add_done_callback(lambda _: stopping.set())
        await supervisor.run(until=stopping)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working

    async def _work(self, job: Job) -> None:
        await _until_ready(self._settings)
        run = self._describe()
        print_line("recado", f"answers at {run.address} (Ctrl-C stops it)")
        await job(run)

    def _describe(self) -> Run:
        processes = self._supervisor.processes if self._supervisor else {}
        return Run(
            pid=os.getpid(),
            address=f"http://{_url_host(self._settings.host)}:{self._settings.port}",
            environment=as_environment(self._settings),
            processes={name: process.pid for name, process in processes.items()},
        )


@contextlib.contextmanager
def _stores(home: Home, environ: Mapping[str, str]) -> Iterator[tuple[Stores | None, dict[str, str]]]:
    given = [name for name in ("DATABASE_URL", "REDIS_URL") if environ.get(name)]
    if len(given) == 1:
        missing = "REDIS_URL" if given == ["DATABASE_URL"] else "DATABASE_URL"
        raise SettingsRefused(f"{missing} is not set: give both stores or neither")
    if given:
        yield None, {}
        return
    stores = start_stores(home)
    urls = {"DATABASE_URL": stores.database_url, "DATABASE_DIRECT_URL": stores.database_url}
    try:
        yield stores, {**urls, "REDIS_URL": stores.redis_url}
    finally:
        stores.stop()


def _store_children(stores: Stores | None) -> list[Child]:
    if stores is None:
        return []
    return [
        Child(name=name, start=server.start, stop_signal=server.stop_signal, stop_within_s=STOP_STORE_WITHIN_S)
        for name, server in stores.servers.items()
    ]


def _child(name: str, arguments: Sequence[str], settings: Settings, *keep_fds: int) -> Child:
    launch = Launch(
        argv=[sys.executable, "-P", "-m", "recado", *arguments],
        dies_with=signal.SIGKILL,  # What matters is in the stores.
        env={**os.environ, **as_environment(settings), "PYTHONUNBUFFERED": "1"},
        cwd=Path.cwd(),
        keep_fds=keep_fds,
    )
    return Child(
        name=name,
        start=lambda: spawn(launch, output=subprocess.PIPE),
        stop_signal=signal.SIGTERM,
        stop_within_s=STOP_PROCESS_WITHIN_S,
    )


async def _until_ready(settings: Settings) -> None:
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104  (compared, not bound)
    request = b"GET /health/ready HTTP/1.1\r\nHost: recado\r\nConnection: close\r\n\r\n"
    give_up_at = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < give_up_at:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(host, settings.port)
            writer.write(request)
            answer = await reader.read()
            writer.close()
            if answer.startswith(b"HTTP/1.1 200"):
                return
        await asyncio.sleep(0.1)
    raise CommandRefused(f"the API did not get ready within {ANSWERS_WITHIN_S:g} s; its last lines above say why")


async def _for_ever(_: Run) -> None:
    await asyncio.Event().wait()


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _leave(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)

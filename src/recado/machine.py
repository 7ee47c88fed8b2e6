"""Everything on one machine: stores, migrations, API and worker processes, for as long as a job or a person wants."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from recado.children import api_children, store_children, worker_children
from recado.embedded import Home, Run, Stores, start_stores
from recado.errors import CommandRefused, SettingsRefused
from recado.listening import bind
from recado.migrating import apply_migrations
from recado.preflight import check_streets
from recado.settings import Settings, as_environment, read_settings
from recado.stopping import leave_when_asked, run_unless_asked, stop_on_signals
from recado.supervisor import Report, Supervisor, print_line

ANSWERS_WITHIN_S: Final = 60.0

# What is not known yet, so that a wrong setting is told before anything is started.
STAND_INS: Final = {"DATABASE_URL": "postgresql://", "REDIS_URL": "redis://", "TOKEN_SECRET": "?" * 32}

Job = Callable[[Run], Awaitable[None]]


def run_on_this_machine(
    data: Path, environ: Mapping[str, str], *, job: Job | None = None, report: Report = print_line
) -> None:
    """Run everything until a signal comes, or until `job`, called once the API answers, is done.

    Stores named by DATABASE_URL and REDIS_URL are used as they are; where neither is set, both run in `data`.
    Call from the main thread.
    """
    leave_when_asked()
    given = {name: value for name, value in environ.items() if value}
    brings_stores = _brings_stores(given)
    wanted = read_settings(STAND_INS | given)
    check_streets(wanted)
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(contextlib.closing(Home(data)))
        listener = stack.enter_context(bind(wanted.host, wanted.port))
        report("recado", f"starting, with its data in {home.path}")
        stores = None if brings_stores else stack.enter_context(_started(home))
        settings = read_settings(
            {"TOKEN_SECRET": home.secrets.token_secret}
            | given
            | ({} if stores is None else _urls(stores))
            | {"PORT": str(listener.getsockname()[1])}
        )
        run_unless_asked(apply_migrations(settings))
        asyncio.run(_Machine(home, settings, stores, report).run(listener, job or _for_ever))


class _Machine:
    """One run: its children, and the record other commands find it by."""

    def __init__(self, home: Home, settings: Settings, stores: Stores | None, report: Report) -> None:
        self._home, self._settings, self._stores, self._report = home, settings, stores, report
        self._supervisor: Supervisor | None = None

    async def run(self, listener: socket.socket, job: Job) -> None:
        stopping = stop_on_signals()
        supervisor = self._supervisor = Supervisor(
            [store_children(self._stores), worker_children(self._settings), api_children(self._settings, listener)],
            report=self._report,
            on_start=lambda: self._home.record(self._describe()),
        )
        if self._stores is not None:
            for name, process in self._stores.processes.items():
                supervisor.adopt(name, process)
        working = asyncio.create_task(self._work(job))
        idle = asyncio.Event()
        ending = asyncio.create_task(_end(working, stopping, idle))
        await supervisor.run(until=idle)
        ending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working

    async def _work(self, job: Job) -> None:
        await _until_ready(self._settings)
        run = self._describe()
        self._report("recado", f"answers at {run.address} (Ctrl-C stops it)")
        await job(run)

    def _describe(self) -> Run:
        processes = self._supervisor.processes if self._supervisor else {}
        return Run(
            pid=os.getpid(),
            address=f"http://{_url_host(self._settings.host)}:{self._settings.port}",
            environment=as_environment(self._settings),
            processes={name: process.pid for name, process in processes.items()},
        )


def _brings_stores(given: Mapping[str, str]) -> bool:
    brought = [name for name in ("DATABASE_URL", "REDIS_URL") if name in given]
    if len(brought) == 1:
        missing = "REDIS_URL" if brought == ["DATABASE_URL"] else "DATABASE_URL"
        raise SettingsRefused(f"{missing} is not set: give both stores or neither")
    return bool(brought)


@contextlib.contextmanager
def _started(home: Home) -> Iterator[Stores]:
    stores = start_stores(home)
    try:
        yield stores
    finally:
        stores.stop()


def _urls(stores: Stores) -> dict[str, str]:
    return {
        "DATABASE_URL": stores.database_url,
        "DATABASE_DIRECT_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
    }


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


async def _end(working: asyncio.Task[None], stopping: asyncio.Event, idle: asyncio.Event) -> None:
    # The job lets go of what it uses before that is stopped.
    working.add_done_callback(lambda _: stopping.set())
    await stopping.wait()
    working.cancel()
    await asyncio.wait([working])
    idle.set()


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host

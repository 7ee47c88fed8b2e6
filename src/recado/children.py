"""The processes a supervisor keeps: how each is started and asked to stop."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from recado.embedded import Stores
from recado.listening import GRACEFUL_STOP_S
from recado.processes import Launch, spawn
from recado.settings import Settings, as_environment
from recado.stopping import stop_on_signals
from recado.supervisor import Child, Supervisor, print_line

STOP_PROCESS_WITHIN_S: Final = GRACEFUL_STOP_S + 3
STOP_STORE_WITHIN_S: Final = 20.0


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


def store_children(stores: Stores | None) -> list[Child]:
    """Return the stores that run as our children, none where the deployment brings its own."""
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

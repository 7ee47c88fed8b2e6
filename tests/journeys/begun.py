"""Commands as processes of their own that begin with everything read: most of a start is the reading of modules.

Each is forked by a server that has read them, and is from then on as alone as any other: it has its own session, output
and files, and is stopped and killed as one. What a start from nothing does, tests of the command line see.
"""

import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import Final

from recado.cli import main
from recado.processes import die_with

_forks: Final = get_context("forkserver")
# The second line is what they read once they are asked for it.
_forks.set_forkserver_preload([
    "recado.commands.api", "recado.commands.worker",
    "anyio._backends._asyncio", "litestar.plugins.attrs", "litestar.plugins.pydantic.utils", "scipy.optimize",
])  # fmt: skip


class Begun:
    """A living `recado` command, with the verbs of `subprocess.Popen`."""

    def __init__(
        self, command: str, *, env: Mapping[str, str], cwd: Path, output: Path, listener: socket.socket
    ) -> None:
        self._process = _forks.Process(target=_run, args=(command, dict(env), cwd, output, listener), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> None:
        self._process.join(timeout)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ended just now, and the server that forked it has seen that first
                os.kill(self.pid, number)

    def stop(self, *, patience_s: float) -> None:
        """Ask it to stop, wait for it, and kill it when it does not."""
        self.send_signal(signal.SIGTERM)
        self.wait(patience_s)
        self.send_signal(signal.SIGKILL)
        self.wait()


def _run(command: str, env: Mapping[str, str], cwd: Path, output: Path, listener: socket.socket) -> None:
    die_with(os.getppid(), signal.SIGKILL)
    # By this the server sees whether anybody needs it; a child that holds it too would keep both alive for ever.
    os.close(forkserver._forkserver._forkserver_alive_fd)
    os.setsid()
    os.chdir(cwd)
    said = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(said, sys.stdout.fileno())
    os.dup2(said, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(env)
    fd = ("--fd", str(listener.detach())) if command == "api" else ()
    sys.argv = ["recado", command, *fd]
    main()

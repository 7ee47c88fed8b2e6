"""The bench's own processes, each asked over a pair of sockets that nobody else has."""

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from recado.benches.feeds.questions import Question
from recado.errors import CommandRefused
from recado.processes import Launch, spawn, stop

STOP_WITHIN_S: Final = 15.0
LENGTH_BYTES: Final = 4
_encode: Final = msgspec.msgpack.Encoder().encode

A = TypeVar("A")
Reply = Callable[[Any], Awaitable[object]]


class Peer:
    """One process of ours: a module that is run, which answers questions one after the other."""

    def __init__(
        self, module: str, *words: str | Path, environment: Mapping[str, str], log: Path, fds: tuple[int, ...] = ()
    ) -> None:
        self.name, self._log = module.rpartition(".")[2], log
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            launch = Launch(
                argv=[sys.executable, "-P", "-m", module, str(theirs.fileno()), *words],
                dies_with=signal.SIGKILL,
                env={**os.environ, **environment},
                cwd=Path.cwd(),
                keep_fds=(theirs.fileno(), *fds),
            )
            self._process = spawn(launch, output=output)
        self._socket = ours
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def pid(self) -> int:
        """The process' id."""
        return self._process.pid

    async def ask(self, question: Question, answer: type[A], *, within_s: float = 60.0) -> A:
        """Return the answer; raises `CommandRefused` when it does not come in time or the process ended."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(sock=self._socket)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(within_s):
                _write(writer, question)
                return msgspec.msgpack.decode(await _read(reader), type=answer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            doing = type(question).__name__
            raise CommandRefused(f"{self.name} did not {doing} ({error!r}): {self._last_line()}") from None

    def stop(self) -> None:
        """End it."""
        if self._streams is not None:
            self._streams[1].close()
        self._socket.close()
        stop(self._process, first=signal.SIGTERM, patience_s=STOP_WITHIN_S)

    def _last_line(self) -> str:
        return self._log.read_text(errors="replace").strip().rpartition("\n")[2][-500:]


async def answer_for_ever(fd: int, kinds: Any, reply: Reply) -> None:
    """Answer the bench's questions of these kinds until it hangs up."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=fd))
    try:
        while True:
            question = msgspec.msgpack.decode(await _read(reader), type=kinds)
            _write(writer, await reply(question))
    except (OSError, asyncio.IncompleteReadError):
        return


def open_many_files() -> int:
    """Let this process open as many files as it may, and return how many that are."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


async def _read(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(LENGTH_BYTES)))


def _write(writer: asyncio.StreamWriter, message: object) -> None:
    content = _encode(message)
    writer.write(len(content).to_bytes(LENGTH_BYTES) + content)

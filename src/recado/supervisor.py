"""Keep children running: restart what dies, stop in order, print their lines under their names."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

RESTART_AFTER_S: Final = (0.2, 1.0, 2.0, 5.0, 10.0)  # the last repeats
HEALTHY_AFTER_S: Final = 30.0  # who ran this long starts again with the first delay
LOOK_EVERY_S: Final = 0.1
HEARD_WITHIN_S: Final = 1.0

Report = Callable[[str, str], None]  # a child's name and one line


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """One process to keep: how it is started and how it is asked to stop."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals
    stop_within_s: float


class Supervisor:
    """Keeps children in stages: started from the first stage to the last, stopped from the last to the first."""

    def __init__(self, stages: Sequence[Sequence[Child]], *, report: Report, on_start: Callable[[], None]) -> None:
        self._stages, self._report, self._on_start = stages, report, on_start
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lines: dict[str, _Lines] = {}

    def adopt(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Take over a child that runs already."""
        self.processes[name] = process

    async def run(self, *, until: asyncio.Event) -> None:
        """Keep all children running until the event is set, then stop them; returns when none is left."""
        stopping = asyncio.create_task(until.wait())
        keepers = {child.name: asyncio.create_task(self._keep(child)) for stage in self._stages for child in stage}
        try:
            done, _ = await asyncio.wait([stopping, *keepers.values()], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # A keeper only ends by failing: a child that cannot be started at all.
        finally:
            stopping.cancel()
            for stage in reversed(self._stages):
                await asyncio.gather(*(self._stop(child, keepers[child.name]) for child in stage))

    async def _keep(self, child: Child) -> None:
        failures = 0
        while True:
            process = self.processes.get(child.name) or await self._start(child)
            started_at_s = time.monotonic()
            await _ended(process)
            await self._hear_out(child.name)  # the reason follows their last words
            failures = 0 if time.monotonic() - started_at_s > HEALTHY_AFTER_S else failures
            delay_s = RESTART_AFTER_S[min(failures, len(RESTART_AFTER_S) - 1)]
            failures += 1
            self._report(child.name, f"{_ending(process.returncode)}; starting again in {delay_s:g} s")
            del self.processes[child.name]
            await asyncio.sleep(delay_s)

    async def _start(self, child: Child) -> subprocess.Popen[bytes]:
        process = self.processes[child.name] = child.start()
        if process.stdout is not None:
            loop = asyncio.get_running_loop()
            _, self._lines[child.name] = await loop.connect_read_pipe(
                lambda: _Lines(child.name, self._report), process.stdout
            )
        self._on_start()
        return process

    async def _stop(self, child: Child, keeper: asyncio.Task[None]) -> None:
        keeper.cancel()
        await asyncio.wait([keeper])
        process = self.processes.pop(child.name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(child.stop_signal)
        try:
            await asyncio.wait_for(_ended(process), child.stop_within_s)
        except TimeoutError:
            self._report(child.name, f"did not stop within {child.stop_within_s:g} s and was killed")
            process.kill()
            process.wait()
        await self._hear_out(child.name)

    async def _hear_out(self, name: str) -> None:
        if lines := self._lines.get(name):
            with suppress(TimeoutError):  # A grandchild may hold the pipe open.
                await asyncio.wait_for(lines.all_read.wait(), HEARD_WITHIN_S)


class _Lines(asyncio.Protocol):
    """Cuts a child's output into lines."""

    def __init__(self, name: str, report: Report) -> None:
        self._name, self._report, self._rest = name, report, b""
        self.all_read = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._report(self._name, line.decode(errors="replace"))

    def connection_lost(self, _: Exception | None) -> None:
        if self._rest:
            self._report(self._name, self._rest.decode(errors="replace"))
        self.all_read.set()


def print_line(name: str, line: str) -> None:
    """Print a child's line under its name; who reads us may have gone."""
    with suppress(BrokenPipeError):
        print(f"{name:<9}| {line}", flush=True)  # noqa: T201  (the terminal is what this is for)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    # Looked at, not waited for: that would take a thread, and children die with the thread that forks them.
    while process.poll() is None:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY_S)


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

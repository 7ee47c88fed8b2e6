"""An installation of a bench's own: `recado up` as anybody runs it, durable, in a directory removed afterwards."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from infra import ids
from kernel.actors import Role
from recado.benches.frame.client import Client
from recado.benches.frame.cores import Cores, pin, share_out
from recado.cpu import cpu_seconds
from recado.embedded import Run, find_run
from recado.errors import CommandRefused
from recado.processes import Launch, spawn, stop
from recado.scratch import scratch_directory
from recado.settings import Settings

READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 40.0
LOOK_EVERY_S: Final = 0.02
SETTLED_WITHIN_S: Final = 60.0
BUSY: Final = 0.9  # a server that rests more than this was not the limit
SERVERS: Final = ("api", "worker")


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What a stretch of work cost: wall time, and CPU by kind of process (api, worker, postgres, valkey)."""

    wall_s: float
    cpu_s: Mapping[str, float]
    server_cores: int

    @property
    def server_s(self) -> float:
        """CPU seconds of all API and worker processes; the stores are not among them."""
        return sum(self.cpu_s.get(kind, 0.0) for kind in SERVERS)

    @property
    def busy_share(self) -> float:
        """How much of the cores they may use the servers used."""
        return self.server_s / self.wall_s / self.server_cores

    def limit(self, what: str) -> list[str]:
        """Say so when the servers were not what limited the rate."""
        if self.busy_share >= BUSY:
            return []
        return [f"{what}: the servers were {self.busy_share:.0%} busy; load or stores limited the wall rate."]


class Meter:
    """Runs while something is measured, and then knows what it cost."""

    def __init__(self, house: "Installation") -> None:
        self._house = house
        self._cpu_s, self._started_at_s = house.cpu_s(), time.perf_counter()
        self.spent: Spent

    def stop(self) -> None:
        """Read what was spent since it was made."""
        wall_s = time.perf_counter() - self._started_at_s
        after_s = self._house.cpu_s()
        cpu_s = {kind: seconds - self._cpu_s.get(kind, 0.0) for kind, seconds in after_s.items()}
        self.spent = Spent(wall_s=wall_s, cpu_s=cpu_s, server_cores=self._house.server_cores)


class Installation:
    """A running one. `cores` says who runs where; None where servers and load share the only one, or was not asked."""

    def __init__(self, run: Run, cores: Cores | None) -> None:
        self.run, self.cores = run, cores
        self._tokens = Tokens(run.environment["TOKEN_SECRET"])
        self.desk = self.client(Role.OPERATOR, ids.new(str, "per"))

    @property
    def server_cores(self) -> int:
        """How many cores API and worker processes may use."""
        return len(self.cores.servers if self.cores else os.sched_getaffinity(0))

    def client(self, role: Role, subject_id: str, **more: Any) -> Client:
        """Return somebody's app."""
        scopes = frozenset(Scope) if role is Role.OPERATOR else frozenset[Scope]()
        return Client(self.run.address, self.token(Caller(role=role, id=subject_id, scopes=scopes, **more)))

    def token(self, caller: Caller) -> str:
        """Return an access token for somebody."""
        return self._tokens.issue(caller)

    def cpu_s(self) -> Mapping[str, float]:
        """Return CPU seconds so far by kind of process."""
        spent: Counter[str] = Counter()
        for name, pid in self.run.processes.items():
            spent[name.partition("-")[0]] += cpu_seconds(pid)  # type: ignore[assignment]  # seconds, not counts
        return spent

    @contextmanager
    def metered(self) -> Iterator[Meter]:
        """Measure what the block costs."""
        meter = Meter(self)
        yield meter
        meter.stop()

    async def settle(self) -> None:
        """Wait until every fact is told and every due deadline kept, so that what follows starts from rest."""
        give_up_at = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < give_up_at:
            clock = await self.desk.get("/v1/clock")
            if not clock["unsent_events"] and not clock["overdue_timers"]:
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise CommandRefused(f"facts or deadlines were left over after {SETTLED_WITHIN_S:g} s")


@asynccontextmanager
async def installation(*, is_pinned: bool = True, **environment: str) -> AsyncIterator[Installation]:
    """Run an installation for as long as the block lasts: durable stores, API and workers, in their own directory.

    `environment` are settings such as API_PROCESSES="2". Pinned, the servers get a core of their own where there are
    two; stores and this process, which loads, share the rest. Call from the main thread.
    """
    ours = os.sched_getaffinity(0)
    cores = share_out(ours) if is_pinned else None
    with scratch_directory("recado-bench-") as directory:
        log = directory / "recado.log"
        data = directory / "data"
        with log.open("wb") as output:
            process = spawn(_launch(data, environment), output=output)
        try:
            run = await _until_ready(process, data, log)
            if cores is not None:
                _share_out(run, process, cores)
            house = Installation(run, cores if cores and cores.are_apart else None)
            async with house.desk:
                yield house
        finally:
            os.sched_setaffinity(0, ours)
            stop(process, first=signal.SIGTERM, patience_s=STOP_WITHIN_S)


def _launch(data: Path, environment: Mapping[str, str]) -> Launch:
    settings = {name.upper() for name in Settings.__struct_fields__}
    inherited = {name: value for name, value in os.environ.items() if name not in settings}
    return Launch(
        argv=[sys.executable, "-P", "-m", "recado", "up", "--data", data],
        dies_with=signal.SIGTERM,
        env={**inherited, "PORT": "0", **environment},
        cwd=data.parent,
    )


def _share_out(run: Run, supervisor: subprocess.Popen[bytes], cores: Cores) -> None:
    pin(os.getpid(), cores.load)
    pin(supervisor.pid, cores.load)
    for name, pid in run.processes.items():
        if name.startswith(SERVERS):
            pin(pid, cores.servers)


async def _until_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> Run:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at and process.poll() is None:
        if (run := find_run(data)) is not None and await _is_ready(run.address):
            return find_run(data) or run  # Written again with each process that starts.
        await asyncio.sleep(LOOK_EVERY_S)
    raise CommandRefused(f"the installation did not start: {_last_line(log)}")


async def _is_ready(address: str) -> bool:
    async with Client(address, "") as anybody:
        try:
            status, _ = await anybody.send(b"GET /health/ready HTTP/1.1\r\nHost: recado\r\n\r\n")
        except OSError:
            return False
    return status == 200  # noqa: PLR2004  ready


def _last_line(log: Path) -> str:
    return log.read_text(errors="replace").strip().rpartition("\n")[2]

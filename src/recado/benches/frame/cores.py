"""Which core does what: the servers on one, the load and the stores beside them on another."""

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from recado.cpu import family


class Cores(msgspec.Struct, frozen=True, kw_only=True):
    """Which cores serve and which load; the same ones where the machine has only one."""

    servers: frozenset[int]
    load: frozenset[int]

    @property
    def are_apart(self) -> bool:
        """Tell whether load and servers disturb each other only through the memory."""
        return not self.servers & self.load


def share_out(available: set[int], *, servers: int = 1) -> Cores:
    """Give so many servers the last cores and the load the others: the first one often serves interrupts.

    Where no core would be left, all servers share the last one.
    """
    last = sorted(available)[-servers if servers < len(available) else -1 :]
    return Cores(servers=frozenset(last), load=frozenset(available.difference(last) or last))


def pin(pid: int, cores: frozenset[int]) -> None:
    """Keep a process, all that it started, and every thread of theirs on these cores."""
    for member in family(pid):
        with suppress(OSError):  # It ended meanwhile, or is another user's.
            for thread in Path(f"/proc/{member}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)


def describe_machine() -> dict[str, Any]:
    """Return what figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": _cpu_model(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _cpu_model() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()

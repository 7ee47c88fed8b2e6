"""CPU time of a process and everything it started, from /proc."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

PROC: Final = Path("/proc")


class _Spent(msgspec.Struct, frozen=True):
    parent: int
    own_ticks: int
    reaped_ticks: int


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process, its living descendants, and its children that ended; 0 without /proc."""
    everybody = _everybody()
    members = (everybody[member] for member in _descent(pid, everybody))
    return sum(spent.own_ticks + spent.reaped_ticks for spent in members) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and its living descendants; nobody without /proc."""
    return _descent(pid, _everybody())


def _descent(pid: int, everybody: Mapping[int, _Spent]) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        member = waiting.pop()
        if member in everybody:
            found.append(member)
            waiting += [child for child, of in everybody.items() if of.parent == member]
    return found


def _everybody() -> dict[int, _Spent]:
    found: dict[int, _Spent] = {}
    for path in PROC.glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything; proc(5): fields 4 and 14 to 17.
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It ended meanwhile.
        ticks = [int(field) for field in fields[11:15]]
        found[int(path.parent.name)] = _Spent(int(fields[1]), ticks[0] + ticks[1], ticks[2] + ticks[3])
    return found

"""CPU time of a process and everything it started, from /proc."""

import os
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
    family, ticks = [pid], 0
    while family:
        member = family.pop()
        if (spent := everybody.get(member)) is not None:
            ticks += spent.own_ticks + spent.reaped_ticks
            family += [child for child, of in everybody.items() if of.parent == member]
    return ticks / os.sysconf("SC_CLK_TCK")


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

"""Amazon's GOAL: six-minute traces of delivery agents, five seconds apart, each position labelled driving or on foot.

Public under CC-BY-4.0, not shipped. Places are metres from somewhere; there is neither accuracy nor speed in them.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import msgspec

from fleet.model.positions import Position, Source, to_ms
from kernel.geo import Point, offset

SPLIT_SEED: Final = 2026
ACCURACY_SEED: Final = 7_000_000  # plus the trace's number: they have none, and what judges places wants one
CENTRE: Final = Point(lat=-23.5505, lon=-46.6333)
ON_FOOT: Final = "OnFoot"


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One trace with its truth, position by position."""

    name: str
    positions: Sequence[Position]
    on_foot: Sequence[bool]


def load(path: Path) -> list[Trace]:
    """Read the archive, or a directory it was unpacked into, in the order of the files' names."""
    return [_trace(number, name, text) for number, (name, text) in enumerate(sorted(_texts(path)))]


def split(traces: Sequence[Trace]) -> tuple[list[Trace], list[Trace]]:
    """Return the half that constants may be fitted on, and the half that is only reported on."""
    order = list(range(len(traces)))
    random.Random(SPLIT_SEED).shuffle(order)
    half = len(order) // 2
    return [traces[index] for index in order[:half]], [traces[index] for index in order[half:]]


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        yield from ((found.name, found.read_text(encoding="utf-8")) for found in path.rglob("*.csv"))
        return
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                yield name.rpartition("/")[2], archive.read(name).decode()


def _trace(number: int, name: str, text: str) -> Trace:
    chance = random.Random(ACCURACY_SEED + number)
    rows = list(csv.DictReader(io.StringIO(text)))
    return Trace(
        name=name,
        positions=[_position(row, accuracy_m=round(chance.lognormvariate(2.2, 0.4), 1)) for row in rows],
        on_foot=[row["groundtruth"] == ON_FOOT for row in rows],
    )


def _position(row: dict[str, str], *, accuracy_m: float) -> Position:
    # Nanoseconds, which nothing reads; and years before phones, which are no device time.
    at = datetime.fromisoformat(row["timestamp"][:26]).replace(year=2024, tzinfo=UTC)
    place = offset(CENTRE, east_m=float(row["x"]), north_m=float(row["y"]))
    return a_position(to_ms(at), place, accuracy_m=accuracy_m)


def a_position(at_ms: int, place: Point, *, accuracy_m: float) -> Position:
    """Return a position as a phone of ours reports it that knows nothing but its place."""
    return Position(at_ms, place.lat, place.lon, accuracy_m, None, None, None, False, Source.APP, 0, at_ms)

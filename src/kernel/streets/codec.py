"""The file: a line that says what it is, a line that says whose the data is, and the rest deflated.

Inside stand the names, then one column after the other of whole numbers: differences from neighbour to neighbour, which
are small, so that central São Paulo fits into less than a photograph.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from kernel.streets import varints
from kernel.streets.model import Cell, Edge, KnownDoor, StreetClass, StreetPlan, StreetsUnreadable
from kernel.streets.varints import folded, unfolded

MAGIC: Final = b"RECADO STREETS 1\n"
_TUNNEL: Final = 16  # above every class
_LARGEST: Final = 16 * 1024 * 1024  # inflated; no city needs more, and a bad file shall not fill the memory


def encode(plan: StreetPlan) -> bytes:
    """Return the plan as a file; the same plan is always the same bytes."""
    names = "\n".join(plan.names).encode()
    body = varints.encode([len(names)]) + names + varints.encode(_columns(plan))
    squeezed = zlib.compress(body, 9)
    return MAGIC + plan.attribution.encode() + b"\n" + squeezed


def decode(data: bytes) -> StreetPlan:
    """Return what a file holds."""
    if not data.startswith(MAGIC):
        raise StreetsUnreadable("this does not begin like a file of streets")
    attribution, _, squeezed = data[len(MAGIC) :].partition(b"\n")
    try:
        names, numbers = _opened(squeezed)
        return _plan(attribution.decode(), names, numbers)
    except (zlib.error, ValueError, IndexError, StopIteration) as error:
        raise StreetsUnreadable(f"this file of streets is damaged: {error}") from error


def _columns(plan: StreetPlan) -> Iterator[int]:
    edges, doors = plan.edges, plan.doors
    yield from (plan.unit_e7, len(plan.nodes), len(edges), len(doors))
    yield from _differences([lat for lat, _ in plan.nodes])
    yield from _differences([lon for _, lon in plan.nodes])
    yield from _differences([edge.start for edge in edges])
    yield from (folded(edge.end - edge.start) for edge in edges)
    yield from (edge.street_class | (_TUNNEL if edge.is_tunnel else 0) for edge in edges)
    yield from (edge.access for edge in edges)
    yield from _differences([edge.name for edge in edges])
    yield from (len(edge.shape) for edge in edges)
    yield from chain.from_iterable(_bends(plan.nodes[edge.start], edge.shape) for edge in edges)
    yield from _differences([door.name for door in doors])
    yield from _differences([door.number for door in doors])
    yield from _differences([door.cell[0] for door in doors])
    yield from _differences([door.cell[1] for door in doors])


def _differences(numbers: Sequence[int]) -> Iterator[int]:
    before = 0
    for number in numbers:
        yield folded(number - before)
        before = number


def _bends(start: Cell, shape: Sequence[Cell]) -> Iterator[int]:
    lat, lon = start
    for next_lat, next_lon in shape:
        yield folded(next_lat - lat)
        yield folded(next_lon - lon)
        lat, lon = next_lat, next_lon


def _opened(squeezed: bytes) -> tuple[list[str], list[int]]:
    inflate = zlib.decompressobj()
    body = inflate.decompress(squeezed, _LARGEST)
    if not inflate.eof:
        raise ValueError("it breaks off, or is larger than any city")
    size = shift = place = 0
    while True:
        byte = body[place]
        size |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004  the bit that says more follow
            break
    return body[place : place + size].decode().split("\n"), varints.decode(body[place + size :])


class _Columns:
    """The numbers, taken column by column."""

    def __init__(self, numbers: list[int]) -> None:
        self._rest = iter(numbers)

    def take(self, count: int) -> list[int]:
        taken = list(islice(self._rest, count))
        if len(taken) != count:
            raise ValueError("a column is missing")
        return taken

    def summed(self, count: int) -> list[int]:
        total, sums = 0, []
        for number in self.take(count):
            total += unfolded(number)
            sums.append(total)
        return sums


def _plan(attribution: str, names: list[str], numbers: list[int]) -> StreetPlan:
    columns = _Columns(numbers)
    unit_e7, nodes_count, edges_count, doors_count = columns.take(4)
    lats, lons = columns.summed(nodes_count), columns.summed(nodes_count)
    nodes = tuple(zip(lats, lons, strict=True))
    edges = _edges(columns, edges_count, nodes)
    if unit_e7 == 0 or any(edge.name >= len(names) or edge.name < 0 for edge in edges):
        raise ValueError("a name or the unit is missing")
    return StreetPlan(
        attribution=attribution,
        unit_e7=unit_e7,
        names=tuple(names),
        nodes=nodes,
        edges=edges,
        doors=_doors(columns, doors_count, len(names)),
    )


def _edges(columns: _Columns, count: int, nodes: Sequence[Cell]) -> tuple[Edge, ...]:
    starts = columns.summed(count)
    ends = [start + unfolded(number) for start, number in zip(starts, columns.take(count), strict=True)]
    if not all(0 <= node < len(nodes) for node in chain(starts, ends)):
        raise ValueError("an edge ends nowhere")
    kinds, accesses, names = columns.take(count), columns.take(count), columns.summed(count)
    lengths = columns.take(count)
    steps = iter(columns.take(2 * sum(lengths)))
    return tuple(
        Edge(
            start=starts[i],
            end=ends[i],
            street_class=StreetClass(kinds[i] & ~_TUNNEL),
            access=accesses[i],
            is_tunnel=bool(kinds[i] & _TUNNEL),
            name=names[i],
            shape=_shape(nodes[starts[i]], lengths[i], steps),
        )
        for i in range(count)
    )


def _shape(start: Cell, length: int, steps: Iterator[int]) -> tuple[Cell, ...]:
    lat, lon = start
    shape = []
    for _ in range(length):
        lat += unfolded(next(steps))
        lon += unfolded(next(steps))
        shape.append((lat, lon))
    return tuple(shape)


def _doors(columns: _Columns, count: int, names_count: int) -> tuple[KnownDoor, ...]:
    names, numbers = columns.summed(count), columns.summed(count)
    lats, lons = columns.summed(count), columns.summed(count)
    if not all(0 < name < names_count for name in names):
        raise ValueError("a door belongs to no street")
    return tuple(map(KnownDoor, names, numbers, zip(lats, lons, strict=True)))

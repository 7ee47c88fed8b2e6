"""What a browser draws: the streets as lines by class, in two parts so that the first view waits for little.

`main` are the streets between quarters, `rest` everything else. Lines are encoded polylines (five decimals, about a
metre), each behind the number of its name.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import msgspec

from kernel.geo import flat_m
from kernel.streets.model import E7, Cell, StreetPlan
from kernel.streets.model import StreetClass as C
from recado.streets.simplify import corners_that_matter

MAIN: Final = frozenset({C.MOTORWAY, C.TRUNK, C.PRIMARY, C.SECONDARY, C.TERTIARY})
REST: Final = frozenset(C) - MAIN
TOLERANCE_M: Final = 1.5
_E5: Final = 100_000
_CHUNK_BITS: Final = 5
_LAST_CHUNK: Final = 0x20


class LineGroup(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one class; those of tunnels are drawn otherwise."""

    street_class: str
    is_tunnel: bool
    names: list[int]  # one for each line
    lines: list[str]


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two parts."""

    attribution: str
    names: list[str]  # the first is empty
    groups: list[LineGroup]  # what lies on top comes last


def draw(plan: StreetPlan, classes: Iterable[C]) -> Drawing:
    """Return the streets of these classes, joined to lines as long as they keep name and class."""
    grouped: dict[tuple[int, bool], list[tuple[int, list[Cell]]]] = defaultdict(list)
    for (street_class, is_tunnel, name), edges in _alike(plan, set(classes)).items():
        grouped[-street_class, not is_tunnel] += [(name, line) for line in _strung(plan, edges)]
    used = sorted({name for lines in grouped.values() for name, _ in lines} | {0})
    number = {name: i for i, name in enumerate(used)}
    return Drawing(
        attribution=plan.attribution,
        names=[plan.names[name] for name in used],
        groups=[
            LineGroup(
                street_class=C(-street_class).name.lower(),
                is_tunnel=not is_open,
                names=[number[name] for name, _ in lines],
                lines=[_encoded(plan, line) for _, line in lines],
            )
            for (street_class, is_open), lines in sorted(grouped.items(), key=lambda one: one[0])
        ],
    )


def _alike(plan: StreetPlan, classes: set[C]) -> dict[tuple[int, bool, int], list[int]]:
    alike: dict[tuple[int, bool, int], list[int]] = defaultdict(list)
    for number, edge in enumerate(plan.edges):
        if edge.street_class in classes:
            alike[edge.street_class, edge.is_tunnel, edge.name].append(number)
    return alike


def _strung(plan: StreetPlan, edges: Sequence[int]) -> Iterable[list[Cell]]:
    """Join edges end to end while any is left at either end of the line."""
    left = dict.fromkeys(edges)
    at: dict[int, list[int]] = defaultdict(list)
    for number in edges:
        at[plan.edges[number].start].append(number)
        at[plan.edges[number].end].append(number)
    while left:
        number = next(iter(left))
        del left[number]
        onward = [plan.line(plan.edges[number])]
        _string(plan, plan.edges[number].end, left, at, onward)
        backward: list[list[Cell]] = []
        _string(plan, plan.edges[number].start, left, at, backward)
        whole = [*([*reversed(line)] for line in reversed(backward)), *onward]
        yield [whole[0][0], *chain.from_iterable(line[1:] for line in whole)]


def _string(
    plan: StreetPlan, node: int, left: dict[int, None], at: dict[int, list[int]], lines: list[list[Cell]]
) -> None:
    while (number := next((one for one in at[node] if one in left), None)) is not None:
        del left[number]
        edge = plan.edges[number]
        line = plan.line(edge)
        lines.append(line if edge.start == node else line[::-1])
        node = edge.end if edge.start == node else edge.start


def _encoded(plan: StreetPlan, line: Sequence[Cell]) -> str:
    places = [plan.place(cell) for cell in line]
    kept = corners_that_matter([flat_m(places[0], place) for place in places], TOLERANCE_M)
    letters: list[str] = []
    lat, lon = 0, 0
    for i in kept:
        to_lat, to_lon = (round(degrees_units * plan.unit_e7 * _E5 / E7) for degrees_units in line[i])
        letters += chain(_letters(to_lat - lat), _letters(to_lon - lon))
        lat, lon = to_lat, to_lon
    return "".join(letters)


def _letters(number: int) -> Iterable[str]:
    """Return a number as an encoded polyline writes it: five bits a letter, lowest first."""
    rest = ~(number << 1) if number < 0 else number << 1
    while rest >= _LAST_CHUNK:
        yield chr((_LAST_CHUNK | rest & (_LAST_CHUNK - 1)) + 63)
        rest >>= _CHUNK_BITS
    yield chr(rest + 63)

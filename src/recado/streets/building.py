"""A plan of streets from what OpenStreetMap has: the same extract always becomes the same plan."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from kernel.geo import Point, flat_m
from kernel.streets.index import Grid
from kernel.streets.lines import Lines
from kernel.streets.model import E7, Cell, Edge, KnownDoor, StreetPlan
from kernel.streets.words import words_of
from recado.streets.pieces import Piece, pieces_of
from recado.streets.simplify import corners_that_matter
from recado.streets.source import Address, Extract

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL"
UNIT_E7: Final = 20  # two decimetres: what is drawn and ridden needs no more
TOLERANCE_M: Final = 1.0
_DOOR_TO_STREET_M: Final = 120.0  # further away an address names another street of the same name


def build(extract: Extract) -> StreetPlan:
    """Return the plan; raises ValueError where there is no street to put into it."""
    pieces = pieces_of(extract.ways)
    if not pieces:
        raise ValueError("there is no street in it")
    places = {node: place for way in extract.ways for node, place in zip(way.nodes, way.places, strict=True)}
    ends = {node: _cell(places[node]) for piece in pieces for node in (piece.nodes[0], piece.nodes[-1])}
    order = sorted(ends, key=lambda node: (_morton(ends[node]), node))
    number = {node: i for i, node in enumerate(order)}
    names = sorted({"", *(piece.meaning.name for piece in pieces)})
    named = {name: i for i, name in enumerate(names)}
    edges = [_edge(piece, number, named[piece.meaning.name], places) for piece in pieces]
    plan = StreetPlan(
        attribution=ATTRIBUTION,
        unit_e7=UNIT_E7,
        names=tuple(names),
        nodes=tuple(ends[node] for node in order),
        edges=tuple(sorted(edges, key=msgspec.structs.astuple)),
    )
    return msgspec.structs.replace(plan, doors=tuple(_doors(extract.addresses, plan)))


def _edge(piece: Piece, number: Mapping[int, int], name: int, places: Mapping[int, Cell]) -> Edge:
    ends = number[piece.nodes[0]], number[piece.nodes[-1]]
    inner = piece.nodes[1:-1]
    # Told from its lower end; a loop from the end that sorts first.
    if ends[0] > ends[1] or (ends[0] == ends[1] and _shape(inner, places) > _shape(inner[::-1], places)):
        piece, ends = piece.turned_round(), ends[::-1]
    line = [places[node] for node in piece.nodes]
    origin = Point(lat=line[0][0] / E7, lon=line[0][1] / E7)
    spots = [flat_m(origin, Point(lat=lat / E7, lon=lon / E7)) for lat, lon in line]
    kept = corners_that_matter(spots, TOLERANCE_M)
    return Edge(
        start=ends[0],
        end=ends[1],
        street_class=piece.meaning.street_class,
        access=piece.meaning.access,
        is_tunnel=piece.meaning.is_tunnel,
        name=name,
        shape=tuple(_cell(line[i]) for i in kept[1:-1]),
    )


def _shape(nodes: Iterable[int], places: Mapping[int, Cell]) -> list[Cell]:
    return [places[node] for node in nodes]


def _cell(place: Cell) -> Cell:
    return (place[0] + UNIT_E7 // 2) // UNIT_E7, (place[1] + UNIT_E7 // 2) // UNIT_E7


def _morton(cell: Cell) -> int:
    """Return a number that is near for cells that are near: the bits of both, one from each in turn."""
    lat, lon = cell[0] + 90 * E7 // UNIT_E7, cell[1] + 180 * E7 // UNIT_E7
    return sum((lat >> bit & 1) << 2 * bit + 1 | (lon >> bit & 1) << 2 * bit for bit in range(27))


def _doors(addresses: Sequence[Address], plan: StreetPlan) -> list[KnownDoor]:
    """Return the doors that stand on a street of their name, each number of a street once."""
    lines = Lines(plan)
    grid = Grid(lines.lines)
    edges: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, edge in enumerate(plan.edges):
        edges[words_of(plan.names[edge.name])].add(number)
    found: dict[tuple[int, int], Cell] = {}
    for address in sorted(addresses):
        own = edges.get(words_of(address.street)) if address.street else None
        cell = _cell(address.place)
        near = grid.nearest(lines.spot(plan.place(cell)), own) if own else None
        if near is not None and near.away_m <= _DOOR_TO_STREET_M:
            found.setdefault((plan.edges[near.edge].name, address.number), cell)
    return [KnownDoor(name, number, cell) for (name, number), cell in sorted(found.items())]

"""Reading OpenStreetMap's files, with the osmium library that only whoever builds needs."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import osmium

from recado.streets.source import Address, Extract, Way

_NUMBER: Final = re.compile(r"\d{1,5}(?!\d)")


def read(path: Path) -> Extract:
    """Return the ways and doors of a file in any of OpenStreetMap's formats; raises RuntimeError where it is none."""
    ways: list[Way] = []
    addresses: list[Address] = []
    kinds = osmium.osm.NODE | osmium.osm.WAY
    keys = osmium.filter.KeyFilter("highway", "addr:housenumber")
    for one in osmium.FileProcessor(str(path), kinds).with_locations().with_filter(keys):
        if isinstance(one, osmium.osm.Way) and "highway" in one.tags:
            ways += _parts(one)
        addresses += _address(one)
    return Extract(ways=ways, addresses=addresses)


def _parts(way: Any) -> Iterator[Way]:
    """Return a way, in parts where nodes outside the extract are missing."""
    part: list[tuple[int, tuple[int, int]]] = []
    tags = dict(way.tags)
    for node in [*way.nodes, None]:
        if node is not None and node.location.valid():
            part.append((node.ref, (node.location.y, node.location.x)))
            continue
        if len(part) > 1:
            nodes, places = zip(*part, strict=True)
            yield Way(id=way.id, tags=tags, nodes=nodes, places=places)
        part = []


def _address(one: Any) -> Iterator[Address]:
    number = _NUMBER.match(one.tags.get("addr:housenumber", "").strip())
    street = one.tags.get("addr:street", "")
    if not number or not street or int(number[0]) == 0:
        return
    if isinstance(one, osmium.osm.Node):
        yield Address(street=street, number=int(number[0]), place=(one.location.y, one.location.x))
        return
    corners = [(node.location.y, node.location.x) for node in one.nodes if node.location.valid()]
    if corners:
        lats, lons = zip(*corners, strict=True)
        place = sum(lats) // len(corners), sum(lons) // len(corners)
        yield Address(street=street, number=int(number[0]), place=place)

"""The city and its zones."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import phonenumbers

from kernel.geo import Point
from kernel.money import MINOR_DIGITS
from recado.importing import shapes, values
from recado.importing.blocks import KEY, MAX_KEY, Block, Kind, Pair, Wrong, keyed
from recado.importing.findings import Findings, Mark, nearest, told
from recado.importing.model import CityEntry, ZoneEntry
from recado.importing.source import Node, SequenceNode, mark

MAX_CORNERS: Final = 500  # as the API takes
NAME: Final = values.text(120, "Centro")
_RADIUS: Final = values.distance_m(100, 50_000)


def read_city(block: Block, found: Findings) -> CityEntry:
    """Return the city; a wrong value has a stand-in."""
    node = block.part("city")
    if node is None:
        block.wrong(block.node, "the file has no city: begin it with `city:`")
        return CityEntry(
            key="", at=Mark(1, 1), name="", country="", currency="", time_zone="", centre=Point(lat=0, lon=0)
        )
    with Block(found, node, "the city") as city:
        return CityEntry(
            at=mark(node),
            key=city.must("key", values.matching(_is_key, _no_key, "sao-paulo")),
            name=city.must("name", values.text(120, "São Paulo")),
            country=city.must("country", values.matching(_is_country, _no_country, "BR")),
            currency=city.must("currency", values.matching(MINOR_DIGITS.__contains__, _no_currency, "BRL")),
            time_zone=city.must(
                "time zone", values.matching(_zone_names().__contains__, _no_zone, "America/Sao_Paulo")
            ),
            centre=city.must("centre", values.point()),
        )


def read_zones(block: Block, found: Findings, city: CityEntry, stores: Sequence[Point]) -> list[ZoneEntry]:
    """Return the zones; one may be drawn around the stores."""
    node = block.part("zones")
    if node is None:
        block.wrong(block.node, "the file has no zones: nobody could order; write `zones:` with at least one")
        return []
    return [_read_zone(found, pair, city, stores) for pair in keyed(found, node, "zone")]


def _read_zone(found: Findings, pair: Pair, city: CityEntry, stores: Sequence[Point]) -> ZoneEntry:
    with Block(found, pair.node, f"zone {pair.key}") as zone:
        near = city.centre if (city.centre.lat, city.centre.lon) != (0, 0) else None
        name = zone.must("name", NAME)
        drawn = [
            zone.may("circle", _circle(found, pair.key, near), []),
            zone.may("polygon", _polygon(near), []),
            zone.may("around stores", _around(stores), []),
        ]
        said = [key for key in ("circle", "polygon", "around stores") if zone.has(key)]
        if len(said) != 1:
            zone.wrong(
                pair.key_node,
                f"zone {pair.key} is drawn by one of circle, polygon and around stores; it has {len(said)}",
            )
        return ZoneEntry(key=pair.key, at=mark(pair.key_node), name=name, polygon=next(filter(None, drawn), []))


def _circle(found: Findings, key: str, near: Point | None) -> Kind[list[Point]]:
    def read(node: Node) -> list[Point]:
        before = len(found.mistakes)
        with Block(found, node, f"the circle of zone {key}") as circle:
            centre = circle.must("centre", values.point(near))
            radius_m = circle.must("radius", _RADIUS)
        return shapes.circle(centre, radius_m=radius_m) if len(found.mistakes) == before else []

    return Kind(read, instead=[], such_as="")


def _polygon(near: Point | None) -> Kind[list[Point]]:
    corner = values.point(near)

    def read(node: Node) -> list[Point]:
        if not isinstance(node, SequenceNode):
            raise Wrong("is a list of corners, each on a line such as `- -23.5450, -46.6390`")
        corners: list[Point] = []
        for part in node.value:
            try:
                corners.append(corner.read(part))
            except Wrong as wrong:
                raise Wrong(wrong.text, part) from None
        if len(corners) > 1 and corners[0] == corners[-1]:
            corners.pop()
        if not 3 <= len(corners) <= MAX_CORNERS:  # noqa: PLR2004  a triangle
            raise Wrong(f"has {len(corners)} corners; it needs 3 to {MAX_CORNERS}")
        return corners

    return Kind(read, instead=[], such_as="")


def _around(stores: Sequence[Point]) -> Kind[list[Point]]:
    def read(node: Node) -> list[Point]:
        radius_m = _RADIUS.read(node)
        if not stores:
            raise Wrong("there are no stores in this file")
        ring = shapes.around(stores, radius_m=radius_m)
        if ring is None:
            raise Wrong("the stores lie too far apart for one zone: draw a circle around each")
        return ring

    return Kind(read, instead=[], such_as="3 km")


def _is_key(text: str) -> bool:
    return bool(KEY.fullmatch(text)) and len(text) <= MAX_KEY


def _no_key(text: str) -> str:
    return f"{text} has other characters than small letters, digits and hyphens, or more than {MAX_KEY}"


def _is_country(text: str) -> bool:
    return bool(re.fullmatch("[A-Z]{2}", text)) and text in phonenumbers.SUPPORTED_REGIONS


def _no_country(text: str) -> str:
    return f"{text} is not a country's two capital letters, such as BR, MX, CO, AR or CL"


def _no_currency(text: str) -> str:
    return f"{text} is not known: {told(text.upper(), sorted(MINOR_DIGITS))}"


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the whole directory of them


def _no_zone(text: str) -> str:
    meant = nearest(text, sorted(_zone_names())) or "America/Sao_Paulo"
    return f"{text} is not known: write an IANA name such as {meant}"

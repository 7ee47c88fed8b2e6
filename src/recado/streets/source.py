"""What is read from OpenStreetMap: ways with their nodes, and doors with a street and a number."""

import msgspec


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A way as it was drawn. Places are lat and lon in ten-millionths of a degree."""

    id: int
    tags: dict[str, str]
    nodes: tuple[int, ...]
    places: tuple[tuple[int, int], ...]


class Address(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A door with its street and number."""

    street: str
    number: int
    place: tuple[int, int]


class Extract(msgspec.Struct, frozen=True, kw_only=True):
    """All that a file has of streets and doors."""

    ways: list[Way]
    addresses: list[Address]

"""What the file of a city's streets holds: crossings, the streets between them, names, known house numbers."""

from collections.abc import Sequence
from enum import IntEnum, IntFlag, StrEnum
from typing import Final, Protocol

import msgspec

from kernel.geo import Point

E7: Final = 10_000_000  # OpenStreetMap's own grain: a ten-millionth of a degree
Cell = tuple[int, int]  # lat and lon, in the file's units


class StreetsUnreadable(ValueError):
    """These bytes are no streets, or of a format that this version does not know."""


class NoStreets(LookupError):
    """There is no street at all that this vehicle may use."""


class Chance(Protocol):
    """Where chance comes from: a seeded generator that is handed in, such as `random.Random`."""

    def random(self) -> float:
        """Return a number from 0 to 1, without 1."""
        ...


class Vehicle(StrEnum):
    """How one goes."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"


class StreetClass(IntEnum):
    """What kind of street, for its speed and for drawing. The numbers are in files: they never change."""

    MOTORWAY = 0
    TRUNK = 1
    PRIMARY = 2
    SECONDARY = 3
    TERTIARY = 4
    RESIDENTIAL = 5
    LIVING_STREET = 6
    SERVICE = 7
    PEDESTRIAN = 8
    PATH = 9
    CYCLEWAY = 10
    STEPS = 11


class Access(IntFlag):
    """Who may go along an edge, and who against it. The numbers are in files: they never change."""

    NOBODY = 0
    FOOT = 1
    FOOT_AGAINST = 2
    BICYCLE = 4
    BICYCLE_AGAINST = 8
    MOTOR = 16
    MOTOR_AGAINST = 32


ALONG: Final = {
    Vehicle.FOOT: Access.FOOT,
    Vehicle.BICYCLE: Access.BICYCLE,
    Vehicle.MOTORCYCLE: Access.MOTOR,
    Vehicle.CAR: Access.MOTOR,
}
_ALONG_ALL: Final = int(Access.FOOT | Access.BICYCLE | Access.MOTOR)


def turned_round(access: int) -> int:
    """Return who may go along and against once an edge is told from its other end."""
    along, against = access & _ALONG_ALL, access >> 1 & _ALONG_ALL
    return along << 1 | against


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of street between two crossings. With no access it is there to be drawn."""

    start: int  # numbers of nodes
    end: int
    street_class: StreetClass
    access: int
    is_tunnel: bool
    name: int  # its number among the names; 0 is no name
    shape: tuple[Cell, ...] = ()  # the bends between its ends


class KnownDoor(msgspec.Struct, frozen=True, order=True):
    """A house number that the map knows."""

    name: int
    number: int
    cell: Cell


class StreetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a file holds, in its order."""

    attribution: str
    unit_e7: int  # how many ten-millionths of a degree are one unit of its cells
    names: tuple[str, ...]  # the first is empty
    nodes: tuple[Cell, ...]
    edges: tuple[Edge, ...]
    doors: tuple[KnownDoor, ...] = ()

    def line(self, edge: Edge) -> list[Cell]:
        """Return an edge from end to end."""
        return [self.nodes[edge.start], *edge.shape, self.nodes[edge.end]]

    def place(self, cell: Cell) -> Point:
        """Return a cell as a place on earth."""
        return Point(lat=cell[0] * self.unit_e7 / E7, lon=cell[1] * self.unit_e7 / E7)


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The rectangle that holds all streets."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def of(cls, places: Sequence[Point]) -> "Bounds":
        """Return the smallest rectangle around these places."""
        lats, lons = [place.lat for place in places], [place.lon for place in places]
        return cls(south=min(lats), west=min(lons), north=max(lats), east=max(lons))

    @property
    def centre(self) -> Point:
        """Its middle."""
        return Point(lat=(self.south + self.north) / 2, lon=(self.west + self.east) / 2)

    def has(self, place: Point) -> bool:
        """Tell whether a place lies in it."""
        return self.south <= place.lat <= self.north and self.west <= place.lon <= self.east

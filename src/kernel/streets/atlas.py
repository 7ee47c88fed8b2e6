"""The streets of a city, to be asked: what is near, how to get there, who lives where."""

from functools import cached_property

import msgspec

from kernel.geo import Point
from kernel.streets import codec
from kernel.streets.doors import Door, Doors
from kernel.streets.index import Grid, Near
from kernel.streets.lines import Lines
from kernel.streets.lookup import Found, Names
from kernel.streets.model import Bounds, Chance, NoStreets, StreetPlan, StreetsUnreadable, Vehicle
from kernel.streets.network import Network
from kernel.streets.speeds import WALK_MPS
from kernel.streets.ways import Piece, Way, joined


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a street."""

    point: Point
    away_m: float  # from the place that was asked for
    street: str  # empty where it has no name
    edge: int
    along_m: float  # from the edge's start


class Streets:
    """The streets of a city. What is expensive is made when it is first asked for, and kept."""

    def __init__(self, plan: StreetPlan) -> None:
        if not plan.edges:
            raise StreetsUnreadable("there is not one street in it")
        self.plan = plan
        self._networks: dict[Vehicle, Network] = {}

    @classmethod
    def decode(cls, data: bytes) -> "Streets":
        """Return the streets of a file; raises `StreetsUnreadable`."""
        return cls(codec.decode(data))

    @property
    def attribution(self) -> str:
        """Whose data it is, in the words that must stand wherever it is shown."""
        return self.plan.attribution

    @property
    def bounds(self) -> Bounds:
        """The rectangle that holds all crossings."""
        return self._lines.bounds

    def nearest(self, place: Point, *, vehicle: str) -> Spot:
        """Return the nearest spot that a vehicle can get to and away from; raises `NoStreets` where it has none."""
        near = self._near(place, self._network(vehicle))
        return Spot(
            point=self._lines.place(self._lines.lines[near.edge].at(near.along_m)),
            away_m=near.away_m,
            street=self.plan.names[self.plan.edges[near.edge].name],
            edge=near.edge,
            along_m=near.along_m,
        )

    def way(self, start: Point, end: Point, *, vehicle: str) -> Way:
        """Return the quickest way; from the door to the street, and from the street to the door, one walks.

        Raises `NoStreets` where this vehicle has none, and LookupError in a plan that is not connected.
        """
        network = self._network(vehicle)
        first, last = self._near(start, network), self._near(end, network)
        stretches = network.way(first, last)
        lines, edges = self._lines.lines, self.plan.edges
        ridden = [
            Piece(
                lines[one.edge].between(one.from_m, one.to_m), network.speeds_mps[one.edge], edges[one.edge].is_tunnel
            )
            for one in stretches
        ]
        there, back = self._lines.spot(start), self._lines.spot(end)
        walked = Piece([there, ridden[0].spots[0]], WALK_MPS), Piece([ridden[-1].spots[-1], back], WALK_MPS)
        spots, along_m, after_s, tunnels = joined([walked[0], *ridden, walked[1]])
        points = [self._lines.place(spot) for spot in spots]
        return Way(
            points=(start, *points[1:-1], end) if len(points) > 1 else (start,),
            along_m=tuple(along_m),
            after_s=tuple(after_s),
            tunnels=tuple(tunnels),
        )

    def door(self, chance: Chance) -> Door:
        """Return a random door with a street's name and a number; raises LookupError where no street has a name."""
        return self._doors.any(chance)

    def find(self, typed: str, *, near: Point | None = None, limit: int = 5) -> list[Found]:
        """Look up a street as it is typed, with or without a number: the likeliest first, of equals the nearest."""
        return self._names.find(typed, near=near or self.bounds.centre, limit=limit)

    def _near(self, place: Point, network: Network) -> Near:
        near = self._grid.nearest(self._lines.spot(place), network.edges)
        if near is None:
            raise NoStreets("no street here is open to this vehicle")
        return near

    def _network(self, vehicle: str) -> Network:
        known = Vehicle(vehicle)
        if known not in self._networks:
            self._networks[known] = Network(self.plan, self._lines, known)
        return self._networks[known]

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.plan)

    @cached_property
    def _grid(self) -> Grid:
        return Grid(self._lines.lines)

    @cached_property
    def _doors(self) -> Doors:
        return Doors(self.plan, self._lines)

    @cached_property
    def _names(self) -> Names:
        return Names(self.plan, self._lines, self._grid)

"""What really happens on the way of a simulated rider, second by second: streets, lights, counters, doors.

Metres east and north of the town's middle, seconds from the beginning. How a phone tells of it is `phones`' business.
"""

import random
from math import atan2, cos, hypot, pi, sin
from typing import Final, TypeAlias

import msgspec

Spot: TypeAlias = tuple[float, float]
HALF_TOWN_M: Final = 2_500
LIGHTS_M: Final = 60  # apart, and from where one wants to go
LIGHT_SHARE: Final = 0.35  # of corners, at which one waits
WALK_MPS: Final = 1.2


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that was really visited: from getting off to riding away. `since_s` is when it became a goal."""

    number: int
    is_store: bool
    spot: Spot
    since_s: int
    entered_s: int
    left_s: int


class Ride:
    """A way in the making. `places[n]` is where the rider is after n seconds."""

    def __init__(self, chance: random.Random, start: Spot | None = None) -> None:
        self.chance = chance
        self.places: list[Spot] = [start or self.spot()]
        self.stays: list[Stay] = []
        self._cruise_mps = max(3.5, chance.gauss(8, 2))
        self._mps = 0.0

    @property
    def now_s(self) -> int:
        """How long the way has taken so far."""
        return len(self.places) - 1

    def spot(self) -> Spot:
        """Return somewhere in town."""
        return (self.chance.uniform(-HALF_TOWN_M, HALF_TOWN_M), self.chance.uniform(-HALF_TOWN_M, HALF_TOWN_M))

    def shift(self, deliveries: int) -> "Ride":
        """Ride so many deliveries one after the other: store, door, next store; some wait in between."""
        for number in range(deliveries):
            self._visit(number, is_store=True, seconds=self._store_s())
            self._visit(number, is_store=False, seconds=self.chance.uniform(60, 240))
            if self.chance.random() < 0.3:
                self.stand(self.chance.uniform(60, 400))
        return self

    def ride_to(self, goal: Spot) -> None:
        """Ride along a grid of streets, with corners, lights and traffic, until a few metres from the goal."""
        while self._way_m(goal) > 20:
            corner = self._corner(goal)
            has_light = self._way_m(corner) > LIGHTS_M and self.chance.random() < LIGHT_SHARE
            self._ride(corner)
            if has_light and self._way_m(goal) > LIGHTS_M:
                self.stand(self.chance.uniform(5, 60))
        self._mps = 0.0

    def walk_to(self, goal: Spot) -> None:
        """Walk straight there."""
        while (way_m := self._way_m(goal)) > WALK_MPS:
            east_m, north_m = self.places[-1]
            share = WALK_MPS * self.chance.uniform(0.6, 1.2) / way_m
            self.places.append((east_m + (goal[0] - east_m) * share, north_m + (goal[1] - north_m) * share))

    def stand(self, seconds: float) -> None:
        """Stay where one is."""
        self._mps = 0.0
        self.places += [self.places[-1]] * round(seconds)

    def near(self, spot: Spot, within_m: float) -> Spot:
        """Return somewhere near a spot."""
        angle, away_m = self.chance.uniform(0, 2 * pi), self.chance.uniform(0, within_m)
        return (spot[0] + away_m * cos(angle), spot[1] + away_m * sin(angle))

    def _store_s(self) -> float:
        return self.chance.choice((self.chance.uniform(90, 300), self.chance.uniform(240, 600), 600.0))

    def _visit(self, number: int, *, is_store: bool, seconds: float) -> None:
        """Go to a stop, now and then past it and back, and walk the last metres; its address is not quite the door."""
        since_s, spot = self.now_s, self.spot()
        if self.chance.random() < 0.25:
            self.ride_to(self.near(spot, 120))
            if self.chance.random() < 0.3:
                self.stand(self.chance.uniform(5, 50))
            self.ride_to(self.near(self.spot(), 10))
        self.ride_to(self.near(spot, 25))
        entered_s = self.now_s
        door = self.near(spot, 15)
        self.walk_to(door)
        self.stand(seconds)
        self.walk_to(self.near(door, 20))
        left_s = self.now_s
        self.stays.append(
            Stay(number=number, is_store=is_store, spot=spot, since_s=since_s, entered_s=entered_s, left_s=left_s)
        )

    def _corner(self, goal: Spot) -> Spot:
        """Return the next corner: one block towards the goal, along one street."""
        east_m, north_m = self.places[-1]
        to_east_m, to_north_m = goal[0] - east_m, goal[1] - north_m
        block_m = self.chance.uniform(80, 400)
        if self.chance.random() < abs(to_east_m) / (abs(to_east_m) + abs(to_north_m)):
            return (east_m + max(-block_m, min(block_m, to_east_m)), north_m + self.chance.uniform(-4, 4))
        return (east_m + self.chance.uniform(-4, 4), north_m + max(-block_m, min(block_m, to_north_m)))

    def _ride(self, goal: Spot) -> None:
        """Ride a street to its end: speeding up, slowing down before it, traffic all the while."""
        wish_mps = self._cruise_mps * self.chance.uniform(0.75, 1.15)
        while (way_m := self._way_m(goal)) > max(self._mps, 2.0):
            wish_mps += self.chance.gauss(0, 0.25) + 0.05 * (self._cruise_mps - wish_mps)
            allowed_mps = min(max(wish_mps, 1.5), (2 * 1.5 * way_m) ** 0.5 + 2.0)
            self._mps = min(self._mps + 1.5, allowed_mps)
            east_m, north_m = self.places[-1]
            angle = atan2(goal[1] - north_m, goal[0] - east_m)
            self.places.append((east_m + self._mps * cos(angle), north_m + self._mps * sin(angle)))

    def _way_m(self, goal: Spot) -> float:
        east_m, north_m = self.places[-1]
        return hypot(goal[0] - east_m, goal[1] - north_m)

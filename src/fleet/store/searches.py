"""Searches in the geo sets of the zones around a place, each zone's by one script, all in one round trip."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from fleet.model.positions import Standing, Track, to_ms
from fleet.model.riders import Vehicle
from fleet.store import position_keys as keys
from fleet.store import positions
from fleet.store.scripts import Script, text
from kernel.geo import Point
from kernel.ids import RiderId, ZoneId

FAR: Final = float("inf")
_FIRST_SET: Final = 5  # of the zone's keys
_WIDTH: Final = 5

_search = Script("search_zone")


class Found(NamedTuple):
    """A rider as a zone's script found them; the record is read only if they are needed."""

    rider_id: RiderId
    vehicle: Vehicle
    distance_m: float  # as Redis has it
    zone_id: ZoneId
    record: str
    standing: str

    def read(self) -> tuple[Track, Standing]:
        """Return what the zone holds of them."""
        held = positions.held(self.zone_id, self.record, self.standing)
        assert held.standing is not None  # the script left others out
        return held.track, held.standing


class Ring(NamedTuple):
    """What is searched: how far around a place, with which vehicles and room, and at most how many of each geo set."""

    place: Point
    radius_m: float
    vehicles: Sequence[Vehicle]
    least_free: int
    most: int


async def search(redis: Redis, zone_ids: Sequence[ZoneId], ring: Ring, *, now: datetime) -> tuple[list[Found], float]:
    """Return riders in the ring, and how far out nobody can be missing."""
    sets = [_FIRST_SET + keys.VEHICLES.index(vehicle) for vehicle in ring.vehicles]
    args = [ring.place.lon, ring.place.lat, ring.radius_m, ring.most, to_ms(now), ring.least_free, *sets]
    answers = await asyncio.gather(*(_search(redis, keys.of_zone(zone_id), args) for zone_id in zone_ids))
    found: list[Found] = []
    complete_to_m = FAR
    for zone_id, answer in zip(zone_ids, answers, strict=True):
        until_m, *riders = answer
        if until_m:
            complete_to_m = min(complete_to_m, float(until_m))
        found += [_found(zone_id, riders[at : at + _WIDTH]) for at in range(0, len(riders), _WIDTH)]
    return found, complete_to_m


def _found(zone_id: ZoneId, one: Sequence[Any]) -> Found:
    rider_id, place_of_set, distance_m, record, standing = one
    vehicle = keys.VEHICLES[int(place_of_set) - _FIRST_SET]
    return Found(RiderId(text(rider_id)), vehicle, float(distance_m), zone_id, text(record), text(standing))

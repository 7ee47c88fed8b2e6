"""Who is near: available riders with a live position, found in growing rings, measured exactly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from redis.asyncio import Redis

from fleet.model.positions import RiderNearby, Standing, Track, ZoneMap, from_ms, to_ms
from fleet.model.riders import Vehicle
from fleet.store import searches
from fleet.store.searches import Found, Ring
from kernel.geo import Point
from kernel.ids import RiderId

FIRST_RING_M: Final = 500
MAX_DISTANCE_M: Final = 8000
SPHERE_ERROR: Final = 0.01  # Redis measures on a sphere: at most 0.6 % from the ellipsoid, and cells of 0.6 m
CELL_M: Final = 2.0  # Redis knows places to so much, both ends and some room
SPARE: Final = 8  # asked for beyond n, for those who went stale since the last sweep
MAX_LAT: Final = 85.05112878  # geo sets end here, a long way from any rider
FAR: Final = float("inf")


class Search(NamedTuple):
    """Whom is looked for: around which place, with which vehicles, with how much room left."""

    place: Point
    vehicles: Sequence[Vehicle] = tuple(Vehicle)
    capacity: int = 1
    within_m: float = MAX_DISTANCE_M


class _Candidate(NamedTuple):
    about_m: float
    rider_id: RiderId
    vehicle: Vehicle
    track: Track
    standing: Standing


async def find_nearest(redis: Redis, search: Search, n: int, *, zones: ZoneMap, now: datetime) -> list[RiderNearby]:
    """Return the `n` nearest available riders, nearest first, of those at one distance the longest idle first.

    Zone borders are no walls: every zone that a ring reaches is searched, of whichever city. Distances are in metres on
    the ellipsoid; riders whose position went stale are left out even before a sweep takes them away.
    """
    if abs(search.place.lat) > MAX_LAT:
        return []
    ring_m, count = min(FIRST_RING_M, search.within_m), 2 * n + SPARE
    while True:
        radius_m = ring_m * (1 + SPHERE_ERROR) + CELL_M
        zone_ids = zones.near(search.place, within_m=radius_m)
        ring = Ring(search.place, radius_m, search.vehicles, search.capacity, count)
        found, complete_to_m = await searches.search(redis, zone_ids, ring, now=now)
        certain_m = min(ring_m, complete_to_m * (1 - SPHERE_ERROR) - CELL_M)
        near = _measured(search, _candidates(found), n)
        if sum(rider.distance_m <= certain_m for rider in near) >= n or certain_m >= search.within_m:
            return near
        if certain_m < ring_m:
            count *= 4
        else:
            ring_m = min(2 * ring_m, search.within_m)


def _candidates(found: Iterable[Found]) -> list[_Candidate]:
    """Return whom a search found; a rider caught moving between zones counts once, where they were last."""
    by_rider: dict[RiderId, _Candidate] = {}
    for one in found:
        track, standing = one.read()
        before = by_rider.get(one.rider_id)
        if track.last is None or (before is not None and _at_ms(before.track) >= track.last.device_at_ms):
            continue
        by_rider[one.rider_id] = _Candidate(one.distance_m, one.rider_id, one.vehicle, track, standing)
    return sorted(by_rider.values())


def _measured(search: Search, candidates: Sequence[_Candidate], n: int) -> list[RiderNearby]:
    """Return the nearest by exact distance, which is dear: only who may be among them is measured."""
    if len(candidates) > n:
        most_m = (candidates[n - 1].about_m + CELL_M) * (1 + SPHERE_ERROR) / (1 - SPHERE_ERROR) + CELL_M
        candidates = [one for one in candidates if one.about_m <= most_m]
    near = [_nearby(search.place, one) for one in candidates]
    return sorted((rider for rider in near if rider.distance_m <= search.within_m), key=_rank)[:n]


def _nearby(here: Point, one: _Candidate) -> RiderNearby:
    from geopy.distance import geodesic  # noqa: PLC0415  it brings all its geocoders along, which few processes need

    last: Any = one.track.last
    return RiderNearby(
        rider_id=one.rider_id,
        vehicle=one.vehicle,
        lat=last.lat,
        lon=last.lon,
        distance_m=float(geodesic((here.lat, here.lon), (last.lat, last.lon)).meters),
        device_at=from_ms(last.device_at_ms),
        idle_since=one.standing.idle_since,
        free_capacity=one.standing.free_capacity,
    )


def _at_ms(track: Track) -> int:
    return track.last.device_at_ms if track.last else 0


def _rank(rider: RiderNearby) -> tuple[int, float, str]:
    idle_since_ms = FAR if rider.idle_since is None else float(to_ms(rider.idle_since))
    return round(rider.distance_m), idle_since_ms, rider.rider_id

"""Who is near: available riders with a live position, found in growing rings, measured exactly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from geopy.distance import geodesic
from redis.asyncio import Redis

from fleet.model.positions import RiderNearby, from_ms, to_ms
from fleet.model.riders import Vehicle
from fleet.store import position_keys as keys
from fleet.store import positions as store
from fleet.store.scripts import text
from kernel.geo import Point
from kernel.ids import RiderId, ZoneId

FIRST_RING_M: Final = 500
MAX_DISTANCE_M: Final = 8000
SPHERE_ERROR: Final = 0.01  # Redis measures on a sphere: at most 0.6 % from the ellipsoid, and cells of 0.6 m
SPARE: Final = 8  # asked for beyond n, for those who went stale since the last sweep
MAX_LAT: Final = 85.05112878  # geo sets end here, a long way from any rider
FAR: Final = float("inf")


class _Query(NamedTuple):
    redis: Redis
    place: Point
    vehicles: Sequence[Vehicle]
    zone_ids: Sequence[ZoneId]
    now: datetime


class _Found(NamedTuple):
    rider_id: RiderId
    zone_id: ZoneId
    vehicle: Vehicle


async def find_nearest(
    redis: Redis,
    place: Point,
    n: int,
    *,
    vehicles: Iterable[Vehicle] = tuple(Vehicle),
    zone_ids: Sequence[ZoneId],
    now: datetime,
    within_m: float = MAX_DISTANCE_M,
) -> list[RiderNearby]:
    """Return the `n` nearest available riders, nearest first, of those at one distance the longest idle first.

    `zone_ids` are all zones whose riders count: `policy.zones_near` names those within reach. Distances are in
    metres on the ellipsoid; riders whose position went stale are left out even before a sweep takes them away.
    """
    if abs(place.lat) > MAX_LAT:
        return []
    query = _Query(redis, place, tuple(vehicles), zone_ids, now)
    ring_m, count = min(FIRST_RING_M, within_m), 2 * n + SPARE
    while True:
        found, complete_to_m = await _search(query, ring_m * (1 + SPHERE_ERROR), count)
        near = [rider for rider in await _measure(query, found) if rider.distance_m <= within_m]
        certain = [rider for rider in near if rider.distance_m <= min(ring_m, complete_to_m)]
        if len(certain) >= n or (ring_m >= within_m and complete_to_m >= within_m):
            return near[:n]
        if complete_to_m < ring_m:
            count *= 4
        else:
            ring_m = min(2 * ring_m, within_m)


async def _search(query: _Query, radius_m: float, count: int) -> tuple[list[_Found], float]:
    """Return riders in the radius, at most `count` per geo set, and how far out nobody can be missing."""
    sets = [(zone_id, vehicle) for zone_id in query.zone_ids for vehicle in query.vehicles]
    async with query.redis.pipeline(transaction=False) as pipe:
        for zone_id, vehicle in sets:
            pipe.geosearch(
                keys.available(zone_id, vehicle),
                longitude=query.place.lon,
                latitude=query.place.lat,
                radius=radius_m,
                unit="m",
                sort="ASC",
                count=count,
                withdist=True,
            )
        answers = await pipe.execute()
    found: list[_Found] = []
    complete_to_m = FAR
    for (zone_id, vehicle), members in zip(sets, answers, strict=True):
        found += [_Found(RiderId(text(rider)), zone_id, vehicle) for rider, _ in members]
        if len(members) == count:
            complete_to_m = min(complete_to_m, float(members[-1][1]) * (1 - SPHERE_ERROR))
    return found, complete_to_m


async def _measure(query: _Query, found: Sequence[_Found]) -> list[RiderNearby]:
    """Return those whose position is live, by exact distance; a rider caught moving between zones counts once."""
    by_zone: dict[ZoneId, list[_Found]] = {}
    for one in found:
        by_zone.setdefault(one.zone_id, []).append(one)
    async with query.redis.pipeline(transaction=False) as pipe:
        for zone_id, riders in by_zone.items():
            rider_ids: list[str] = [one.rider_id for one in riders]
            pipe.zmscore(keys.seen(zone_id), rider_ids)
            pipe.hmget(keys.last(zone_id), rider_ids)
            pipe.hmget(keys.standing(zone_id), rider_ids)
        answers = await pipe.execute()
    nearby: dict[RiderId, RiderNearby] = {}
    for index, riders in enumerate(by_zone.values()):
        for one, *facts in zip(riders, *answers[3 * index : 3 * index + 3], strict=True):
            rider = _rider(query, one, *facts)
            if rider is not None:
                nearby[rider.rider_id] = max(rider, nearby.get(rider.rider_id, rider), key=lambda item: item.device_at)
    return sorted(nearby.values(), key=_rank)


def _rider(query: _Query, one: _Found, stale_at_ms: Any, stood: Any, standing: Any) -> RiderNearby | None:
    if stale_at_ms is None or float(stale_at_ms) <= to_ms(query.now) or stood is None or standing is None:
        return None
    held = store.held(one.zone_id, text(stood), text(standing))
    last, known = held.track.last, held.standing
    if last is None or known is None:
        return None
    here = query.place
    return RiderNearby(
        rider_id=one.rider_id,
        vehicle=one.vehicle,
        lat=last.lat,
        lon=last.lon,
        distance_m=cast("float", geodesic((here.lat, here.lon), (last.lat, last.lon)).meters),
        device_at=from_ms(last.device_at_ms),
        idle_since=known.idle_since,
    )


def _rank(rider: RiderNearby) -> tuple[int, float, str]:
    idle_since_ms = FAR if rider.idle_since is None else float(to_ms(rider.idle_since))
    return round(rider.distance_m), idle_since_ms, rider.rider_id

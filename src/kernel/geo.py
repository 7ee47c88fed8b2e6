"""Places on earth. `lat`, `lon` in degrees (WGS 84), everywhere by keyword; only GeoJSON turns them round."""

from collections.abc import Sequence
from math import asin, cos, degrees, hypot, radians, sin, sqrt
from typing import Annotated, Final

import msgspec

EARTH_RADIUS_M: Final = 6_371_008.8  # IUGG mean radius
M_PER_DEGREE: Final = 111_320  # of latitude, and of longitude at the equator: rounded up, for what is at most so far

Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Lon = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A place in degrees."""

    lat: Lat
    lon: Lon


def haversine_m(a: Point, b: Point) -> float:
    """Return the great-circle distance in metres; within 0.5 % of the ellipsoid, for hot loops and rules of thumb."""
    lat_a, lat_b = radians(a.lat), radians(b.lat)
    half_lat, half_lon = (lat_b - lat_a) / 2, radians(b.lon - a.lon) / 2
    root = sin(half_lat) ** 2 + cos(lat_a) * cos(lat_b) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(root)))


def offset(origin: Point, *, east_m: float, north_m: float) -> Point:
    """Return the place so many metres east and north, on a local flat earth: good to 0.1 % within 50 km."""
    return Point(
        lat=origin.lat + degrees(north_m / EARTH_RADIUS_M),
        lon=origin.lon + degrees(east_m / (EARTH_RADIUS_M * cos(radians(origin.lat)))),
    )


def flat_m(origin: Point, place: Point) -> tuple[float, float]:
    """Return metres east and north of `origin`: the inverse of `offset`."""
    north_m = radians(place.lat - origin.lat) * EARTH_RADIUS_M
    east_m = radians(place.lon - origin.lon) * EARTH_RADIUS_M * cos(radians(origin.lat))
    return east_m, north_m


def between(start: Point, end: Point, *, share: float) -> Point:
    """Return the place this share (0 to 1) of the way along the straight line."""
    return Point(lat=start.lat + (end.lat - start.lat) * share, lon=start.lon + (end.lon - start.lon) * share)


def is_inside(place: Point, polygon: Sequence[Point]) -> bool:
    """Tell whether a place lies inside a simple polygon by the even-odd rule; the ring need not be closed."""
    inside = False
    previous = polygon[-1]
    for corner in polygon:
        if (corner.lat > place.lat) != (previous.lat > place.lat):
            slope = (previous.lon - corner.lon) / (previous.lat - corner.lat)
            if place.lon < corner.lon + slope * (place.lat - corner.lat):
                inside = not inside
        previous = corner
    return inside


def flat_distance_m(a: Point, b: Point) -> float:
    """Return the straight distance in metres on the flat earth around `a`, as the benchmark days measure."""
    return hypot(*flat_m(a, b))


def geojson_position(place: Point) -> tuple[float, float]:
    """Return `[lon, lat]`, GeoJSON's order."""
    return place.lon, place.lat

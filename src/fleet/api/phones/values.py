"""Single values as apps write them. What is not finite, out of range or a sentinel is unknown, never a guess."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Final

from fleet.model.phones import Activity
from fleet.model.positions import to_ms
from kernel.geo import Point
from kernel.instants import LATEST

ASSUMED_ACCURACY_M: Final = 50.0  # of an app that states none: between a good fix (5-20 m) and our limit of 100 m
METRES_PER_HDOP: Final = 5.0  # the usual error of a phone's receiver under open sky, which HDOP multiplies
MPS_PER_KNOT: Final = 1852 / 3600
MPS_PER_KMH: Final = 1 / 3.6
_MOST: Final = 1e7  # as of our own apps' pings
_FULL_CIRCLE_DEG: Final = 360
_FROM_MS: Final = 2**31  # smaller numbers are seconds, as Traccar reads them: until 2038
_TOO_LATE_MS: Final = to_ms(LATEST)
_FURTHEST_ZONE: Final = timedelta(hours=14)
_NO_PLACE_DEG: Final = 0.001  # around 0°, 0° there is a buoy, and every receiver without a fix
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,](?P<fraction>\d{1,12}))?"
    r"(?: ?[Zz]|(?P<sign> ?[+-]| )(?P<hours>\d\d)(?::?(?P<minutes>\d\d))?)?",
    re.ASCII,
)
_YES: Final = frozenset({"true", "1", "yes", "on", "1.0"})
_NO: Final = frozenset({"false", "0", "no", "off", "0.0"})
# As Google's and Apple's sensors name them, and the apps after them.
_ACTIVITIES: Final[Mapping[str, Activity]] = {
    "still": Activity.STILL,
    "stationary": Activity.STILL,
    "on_foot": Activity.ON_FOOT,
    "walking": Activity.ON_FOOT,
    "running": Activity.ON_FOOT,
    "on_bicycle": Activity.ON_BICYCLE,
    "cycling": Activity.ON_BICYCLE,
    "in_vehicle": Activity.IN_VEHICLE,
    "driving": Activity.IN_VEHICLE,
    "automotive": Activity.IN_VEHICLE,
}


class NoPing(Exception):
    """What was sent is no ping, and why."""


def number(value: object) -> float | None:
    """Return a finite number, written as one or as text; None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        value = float(text) if _NUMBER.fullmatch(text) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def place(lat: object, lon: object) -> Point:
    """Return a place on earth; raises `NoPing` for none, and for the one at 0°, 0° that means that there is none."""
    lat_deg, lon_deg = number(lat), number(lon)
    if lat_deg is None or lon_deg is None:
        raise NoPing("no latitude and longitude that are numbers")
    if not -90 <= lat_deg <= 90 or not -180 <= lon_deg <= 180:  # noqa: PLR2004  degrees
        raise NoPing("a place that is not on earth")
    if abs(lat_deg) < _NO_PLACE_DEG and abs(lon_deg) < _NO_PLACE_DEG:
        raise NoPing("the place 0, 0 of a receiver without a fix")
    return Point(lat=lat_deg, lon=lon_deg)


def instant_ms(value: object) -> int:
    """Return milliseconds since 1970 from seconds, milliseconds or ISO, without a zone in UTC; raises `NoPing`."""
    count = number(value)
    if count is not None:
        at_ms = round(min(max(count * 1000 if count < _FROM_MS else count, 0), _TOO_LATE_MS))
    elif isinstance(value, str) and (found := _INSTANT.fullmatch(value.strip())):
        at_ms = _written_ms(found)
    else:
        raise NoPing("no time" if value is None else "a time that cannot be read")
    if not 0 < at_ms < _TOO_LATE_MS:
        raise NoPing("a time before 1970 or after 2099")
    return at_ms


def instant_or(value: object, else_ms: int) -> int:
    """Return the instant, or the other one where it cannot be read."""
    try:
        return instant_ms(value)
    except NoPing:
        return else_ms


def accuracy_m(*stated: object) -> float:
    """Return the first accuracy in metres that says something; 0 and less mean unknown, which is assumed to be 50 m."""
    return next((found for one in stated if (found := _positive(one))), ASSUMED_ACCURACY_M)


def hdop_accuracy_m(hdop: object) -> float | None:
    """Return metres from a dilution of precision; None where it says nothing."""
    found = _positive(hdop)
    return None if found is None else found * METRES_PER_HDOP


def speed_mps(value: object, *, unit_mps: float = 1.0) -> float | None:
    """Return metres per second from a count of `unit_mps`; less than nothing means unknown."""
    count = number(value)
    return count * unit_mps if count is not None and 0 <= count * unit_mps <= _MOST else None


def bearing_deg(value: object) -> float | None:
    """Return degrees clockwise from north; less than nothing means unknown."""
    found = number(value)
    return found if found is not None and 0 <= found <= _FULL_CIRCLE_DEG else None


def share(value: object) -> float | None:
    """Return a battery's level that is written from 0 to 1."""
    found = number(value)
    return found if found is not None and 0 <= found <= 1 else None


def percent(value: object) -> float | None:
    """Return a battery's level that is written from 0 to 100, as a share."""
    found = number(value)
    return share(found / 100) if found is not None else None


def flag(value: object) -> bool | None:
    """Return yes or no, written in whatever way; None for anything else."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return True if text in _YES else False if text in _NO else None


def activity(value: object) -> Activity | None:
    """Return what an app's name for an activity means to us; None for unknown and tilting."""
    return _ACTIVITIES.get(value.strip().lower()) if isinstance(value, str) else None


def _positive(value: object) -> float | None:
    found = number(value)
    return found if found is not None and 0 < found <= _MOST else None


def _written_ms(found: re.Match[str]) -> int:
    try:
        naive = datetime.fromisoformat(f"{found['date']}T{found['time']}")
        at = naive.replace(tzinfo=_zone(found))
    except ValueError:
        raise NoPing("a time that is in no calendar") from None
    fraction_ms = int((found["fraction"] or "0").ljust(3, "0")[:3])
    return to_ms(at) + fraction_ms


def _zone(found: re.Match[str]) -> timezone:
    if found["hours"] is None:
        return UTC
    # A plus that nobody escaped arrives as a space.
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    if offset > _FURTHEST_ZONE:
        raise ValueError("a zone that is nowhere")
    return timezone(-offset if found["sign"].strip() == "-" else offset)

"""Pings as phones report them, positions as we keep them. Instants inside Redis and pings are integer milliseconds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Protocol, runtime_checkable

import msgspec

from fleet.model.phones import Activity
from fleet.model.riders import Vehicle
from kernel.geo import Lat, Lon, Point
from kernel.ids import CityId, RiderId, ZoneId

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
LAST_MS: Final = 253_402_300_799_999  # the end of the year 9999, as far as datetime counts


def to_ms(instant: datetime) -> int:
    """Return whole milliseconds since 1970, as pings are known by."""
    return (instant - EPOCH) // MILLISECOND


def from_ms(instant_ms: int) -> datetime:
    """Return the instant, aware, in UTC."""
    return EPOCH + instant_ms * MILLISECOND


class Source(StrEnum):
    """Which app a ping came from; each stock app's adapter names its own."""

    APP = "app"
    BROWSER = "browser"
    TRANSISTORSOFT = "transistorsoft"
    TRACCAR = "traccar"
    OSMAND = "osmand"
    OWNTRACKS = "owntracks"
    OVERLAND = "overland"
    GPSLOGGER = "gpslogger"


class Verdict(StrEnum):
    """What became of a ping."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"  # same rider and device time
    LATE = "late"  # older than the last position: in the trail, never on the map
    FUTURE = "future"
    IMPLAUSIBLE = "implausible"
    INACCURATE = "inaccurate"
    INVALID = "invalid"  # not a ping at all


NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e7)]


class Ping(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename={"device_at_ms": "device_at"}):
    """One report from a phone; the rider and `device_at_ms` are its identity.

    What our own apps send is read as it is into this, where their clock speaks in milliseconds.
    """

    device_at_ms: Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]
    lat: Lat
    lon: Lon
    accuracy_m: NotNegative
    speed_mps: NotNegative | None = None
    bearing_deg: Annotated[float, msgspec.Meta(ge=0, le=360)] | None = None
    battery: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None  # 0 to 1
    is_mock: bool = False
    source: Source = Source.APP
    activity: Activity | None = None

    @property
    def place(self) -> Point:
        """Where the phone says it is."""
        return Point(lat=self.lat, lon=self.lon)


class Position(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A ping that became part of the rider's trail. An array in Redis: new fields go last and have a default."""

    device_at_ms: int
    lat: float
    lon: float
    accuracy_m: float
    speed_mps: float | None
    bearing_deg: float | None
    battery: float | None
    is_mock: bool
    source: Source
    skew_ms: int  # how far ahead the phone's clock was held to be
    received_at_ms: int
    activity: Activity | None = None

    @property
    def place(self) -> Point:
        """Where the rider was."""
        return Point(lat=self.lat, lon=self.lon)

    @property
    def measured_at_ms(self) -> int:
        """When the rider was there, by our clock."""
        return self.device_at_ms - self.skew_ms


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """Pings of one upload that became part of the rider's trail, as Redis has them until PostgreSQL does."""

    skew_ms: int
    received_at_ms: int
    pings: Sequence[Ping]

    def positions(self) -> list[Position]:
        """Return them as positions."""
        return [position_of(ping, skew_ms=self.skew_ms, received_at_ms=self.received_at_ms) for ping in self.pings]


def position_of(ping: Ping, *, skew_ms: int, received_at_ms: int) -> Position:
    """Return the position that a ping becomes."""
    return Position(
        ping.device_at_ms, ping.lat, ping.lon, ping.accuracy_m, ping.speed_mps, ping.bearing_deg, ping.battery,
        ping.is_mock, ping.source, skew_ms, received_at_ms, ping.activity,
    )  # fmt: skip


class Track(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What must be known of a rider to judge the next ping."""

    last: Position | None = None  # the newest accepted
    usual_interval_ms: int | None = None  # between accepted pings, smoothed
    ahead_ms: tuple[int, ...] = ()  # newest device time minus ours, of the latest uploads
    paid_until_us: int = 0  # wall time up to which the rider's uploads have used up their rate; policy.limits


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A ping's verdict and why."""

    device_at_ms: int
    verdict: Verdict
    reason: str | None = None


class Judgement(msgspec.Struct, frozen=True):
    """What an upload comes to: a verdict for each ping in the order they came, and what to keep."""

    judged: tuple[Judged, ...]
    track: Track
    trail: tuple[Ping, ...]  # accepted and late, by device time
    skew_ms: int = 0
    received_at_ms: int = 0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL says about a rider's availability. A higher version wins, whichever message comes first."""

    version: int
    is_available: bool  # on shift, not on a break, capacity left
    vehicle: Vehicle
    city_id: CityId
    idle_since: datetime | None = None
    free_capacity: int = 1  # how many deliveries more they can carry


class PositionRules(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds of verdicts and staleness; the defaults are domain.md §5's."""

    max_ahead_ms: int = 60_000
    max_accuracy_m: float = 100
    max_foot_mps: float = 6
    max_bicycle_mps: float = 15
    max_motor_mps: float = 45
    fresh_at_least_ms: int = 60_000
    fresh_at_most_ms: int = 300_000
    fresh_intervals: int = 3

    def max_mps(self, vehicle: Vehicle) -> float:
        """Return the fastest that anybody moves with this vehicle."""
        if vehicle is Vehicle.FOOT:
            return self.max_foot_mps
        return self.max_bicycle_mps if vehicle is Vehicle.BICYCLE else self.max_motor_mps


class RiderNearby(msgspec.Struct, frozen=True, kw_only=True):
    """An available rider with a fresh position, and how far away."""

    rider_id: RiderId
    vehicle: Vehicle
    lat: float
    lon: float
    distance_m: float
    device_at: datetime
    idle_since: datetime | None
    free_capacity: int


class Zone(Protocol):
    """A part of a city that is served together; `polygon` is a simple ring."""

    @property
    def id(self) -> ZoneId:
        """Its id."""
        ...

    @property
    def polygon(self) -> Sequence[Point]:
        """Its corners."""
        ...


class ZoneMap(Protocol):
    """Where zones lie, at this moment."""

    def zone_of(self, point: Point, city_id: CityId) -> ZoneId | None:
        """Return the city's zone that holds this place, or None outside all of them."""
        ...

    def near(self, point: Point, *, within_m: float) -> Sequence[ZoneId]:
        """Return the zones this near, of whichever city, and the cities' own ids."""
        ...

    def zones(self, city_id: CityId) -> Sequence[Zone]:
        """Return the zones of a city."""
        ...

    def cities(self) -> Sequence[CityId]:
        """Return all cities."""
        ...


@runtime_checkable
class Zones(Protocol):
    """Who knows the zones; `places` does."""

    async def map(self) -> ZoneMap:
        """Return the zones as they are now."""
        ...

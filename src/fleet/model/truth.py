"""What is made of a rider's positions: how far they are to be believed, how the rider moves, which stops were reached.

Instants are the phone's own, in milliseconds: whatever arrives late is judged by when it happened.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from fleet.model.positions import Position
from kernel.geo import Lat, Lon, Point
from kernel.ids import DeliveryId


class Motion(StrEnum):
    """How a rider moves. Whoever stands at a counter or a door is on foot; stopped is with the vehicle, at a light."""

    MOVING = "moving"
    STOPPED = "stopped"
    ON_FOOT = "on_foot"


class MotionReading(msgspec.Struct, frozen=True, kw_only=True):
    """How a rider moved at a device time."""

    at_ms: int
    motion: Motion
    on_foot_bp: int


class Fix(msgspec.Struct, frozen=True, array_like=True):
    """A place at a device time: what policies remember of a position. An array: new fields go last, with a default."""

    at_ms: int
    lat: Lat
    lon: Lon
    accuracy_m: float = 0.0
    walking: int = 0  # what the phone's sensors say: 1 on foot, -1 in or on a vehicle, 0 nothing

    @property
    def place(self) -> Point:
        """Where that was."""
        return Point(lat=self.lat, lon=self.lon)


class Sign(StrEnum):
    """What speaks against a place being real."""

    MOCK_FLAG = "mock_flag"
    TELEPORT = "teleport"
    FROZEN_PLACE = "frozen_place"
    FROZEN_ACCURACY = "frozen_accuracy"
    PLAYBACK = "playback"
    REPLAY = "replay"
    NO_APPROACH = "no_approach"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All signs of one kind. `weight_bp` is as of `at_ms`, the newest of them; it fades from then on."""

    code: Sign
    weight_bp: int
    at_ms: int
    count: int
    reason: str


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """An operator looked at the evidence: what was before counts no more, what is of these kinds not until the end."""

    at_ms: int
    until_ms: int
    codes: tuple[Sign, ...]
    by_id: str
    reason: str

    def excuses(self, evidence: Evidence) -> bool:
        """Tell whether this evidence does not count."""
        return evidence.at_ms <= self.at_ms or (evidence.code in self.codes and evidence.at_ms < self.until_ms)


class StopKind(StrEnum):
    """The two ends of a delivery."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that a rider is to reach, from an instant of ours on."""

    delivery_id: DeliveryId
    stop: StopKind
    place: Point
    since_ms: int

    @property
    def key(self) -> str:
        """What it is known by in a state."""
        return f"{self.delivery_id}:{self.stop}"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A stay at a stop, by the phone's clock. `left_at_ms` is None while nothing says that the rider has left."""

    delivery_id: DeliveryId
    stop: StopKind
    entered_at_ms: int
    left_at_ms: int | None
    is_new: bool  # told for the first time


class SilenceCause(StrEnum):
    """Why nothing comes from a rider's phone."""

    PERMISSION = "permission"
    GPS_OFF = "gps_off"
    BATTERY = "battery"
    NETWORK = "network"
    APP_KILLED = "app_killed"
    UNKNOWN = "unknown"


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a rider is silent, and what that rests on, in words for the desk."""

    cause: SilenceCause
    facts: tuple[str, ...]
    last_position_at: datetime | None


def fix_of(position: Position) -> Fix:
    """Return what is remembered of a position."""
    walking = {"on_foot": 1, "on_bicycle": -1, "in_vehicle": -1}.get(position.activity or "", 0)
    return Fix(position.device_at_ms, position.lat, position.lon, position.accuracy_m, walking)

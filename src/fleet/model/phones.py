"""What a phone tells about itself, beside where it is: why it may fall silent, and how its rider moves."""

from enum import StrEnum

import msgspec


class Activity(StrEnum):
    """What the phone's own sensors hold its rider to be doing."""

    STILL = "still"
    ON_FOOT = "on_foot"
    ON_BICYCLE = "on_bicycle"
    IN_VEHICLE = "in_vehicle"


class PhoneState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A phone's state at a device time; what it did not say is None."""

    at_ms: int
    battery: float | None = None  # 0 to 1
    is_charging: bool | None = None
    may_locate: bool | None = None  # the permission
    is_gps_on: bool | None = None
    is_online: bool | None = None
    is_app_closed: bool | None = None  # it said goodbye, or was told to stop
    activity: Activity | None = None

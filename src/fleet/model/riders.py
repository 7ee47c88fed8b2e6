from enum import StrEnum

import msgspec


class Vehicle(StrEnum):
    """What a rider moves with on this shift."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"


class RiderCard(msgspec.Struct, frozen=True, kw_only=True):
    """All that customers and stores may know of a rider."""

    first_name: str
    vehicle: str

from enum import StrEnum


class Vehicle(StrEnum):
    """What a rider moves with on this shift."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"

"""A city's streets from a small file: the nearest street, the quickest way, a likely door, a typed name. Pure."""

from kernel.streets.atlas import Spot, Streets
from kernel.streets.doors import Door
from kernel.streets.lookup import Found, Precision
from kernel.streets.model import Bounds, Chance, NoStreets, StreetsUnreadable, Vehicle
from kernel.streets.ways import Passing, Way

__all__ = [
    "Bounds",
    "Chance",
    "Door",
    "Found",
    "NoStreets",
    "Passing",
    "Precision",
    "Spot",
    "Streets",
    "StreetsUnreadable",
    "Vehicle",
    "Way",
]

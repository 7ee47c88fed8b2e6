"""How fast one gets on, by class of street: averages of a day in a Latin American centre, lights and stops included.

Cars: what São Paulo's traffic engineers (CET) measure on arterial roads, 17 to 23 km/h over the day; motorcycles pass
between the lanes, 1.3 times as fast. Bicycles 15 km/h, walking 4.7 km/h, stairs half of it.
"""

from collections.abc import Mapping
from typing import Final

from kernel.streets.model import StreetClass as C
from kernel.streets.model import Vehicle

WALK_MPS: Final = 1.3

# fmt: off
SPEEDS_MPS: Final[Mapping[Vehicle, Mapping[C, float]]] = {
    Vehicle.FOOT: dict.fromkeys(C, WALK_MPS) | {C.STEPS: 0.65},
    Vehicle.BICYCLE: dict.fromkeys(C, 4.2) | {
        C.LIVING_STREET: 3.3, C.SERVICE: 3.3, C.PEDESTRIAN: 2.2, C.PATH: 2.8, C.STEPS: 0.5,
    },
    Vehicle.MOTORCYCLE: dict.fromkeys(C, 2.8) | {
        C.MOTORWAY: 13.9, C.TRUNK: 11.1, C.PRIMARY: 8.1, C.SECONDARY: 7.4, C.TERTIARY: 6.7, C.RESIDENTIAL: 5.6,
    },
    Vehicle.CAR: dict.fromkeys(C, 2.8) | {
        C.MOTORWAY: 12.5, C.TRUNK: 9.7, C.PRIMARY: 6.4, C.SECONDARY: 5.8, C.TERTIARY: 5.3, C.RESIDENTIAL: 4.4,
    },
}
# fmt: on

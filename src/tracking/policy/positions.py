"""The rider's place as one watcher is told it: exactly, or as a part of town that gives nobody's door away."""

from math import cos, degrees, floor, hypot, radians
from typing import Final

from fleet.messages import RiderPosition
from kernel.actors import Role
from kernel.geo import EARTH_RADIUS_M, Point
from tracking.messages import PositionView
from tracking.policy.privacy import Carrying, Sight, sight

CELL_M: Final = 500
WITHIN_M: Final = round(hypot(CELL_M, CELL_M) / 2)  # a cell's corners, from its centre
_DIGITS: Final = 5  # a metre: the centre of a cell has no more to say
_ROW_DEG: Final = degrees(CELL_M / EARTH_RADIUS_M)


def area_of(place: Point) -> Point:
    """Return the centre of the cell that holds this place, in a grid of `CELL_M` that is the same for everybody."""
    row = (floor(place.lat / _ROW_DEG) + 0.5) * _ROW_DEG
    column_deg = degrees(CELL_M / (EARTH_RADIUS_M * cos(radians(row))))
    column = (floor(place.lon / column_deg) + 0.5) * column_deg
    return Point(lat=round(row, _DIGITS), lon=round(column, _DIGITS))


def show(place: RiderPosition, carrying: Carrying, role: Role) -> PositionView | None:
    """Return the place as this role may see it, without anything that identifies the rider; None where they may not."""
    match sight(carrying, role, measured_at=place.measured_at):
        case Sight.NONE:
            return None
        case Sight.COARSE:
            area = area_of(Point(lat=place.lat, lon=place.lon))
            return PositionView(
                lat=area.lat,
                lon=area.lon,
                bearing_deg=None,
                measured_at=place.measured_at,
                stale_at=place.stale_at,
                is_coarse=True,
                within_m=WITHIN_M,
            )
    return PositionView(
        lat=place.lat,
        lon=place.lon,
        bearing_deg=place.bearing_deg,
        measured_at=place.measured_at,
        stale_at=place.stale_at,
    )


def is_news(shown: PositionView, told: PositionView | None) -> bool:
    """Tell whether a watcher who was `told` that needs to hear this.

    A coarse one is told when the rider enters another cell, and in the same cell again before the last one grows stale.
    """
    if told is None or not shown.is_coarse or (shown.lat, shown.lon) != (told.lat, told.lon):
        return True
    return shown.measured_at - told.measured_at >= (told.stale_at - told.measured_at) / 2

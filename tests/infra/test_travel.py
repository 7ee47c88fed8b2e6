from datetime import UTC, datetime

import pytest

from infra.travel.straight_line import StraightLine
from kernel.geo import Point, offset

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
MILE = offset(SQUARE, east_m=0, north_m=1400)


@pytest.mark.parametrize(
    ("vehicle", "seconds"), [("foot", 1300), ("bicycle", 434), ("motorcycle", 260), ("car", 304), ("unicycle", 260)]
)
async def test_a_way_takes_its_straight_line_a_detour_and_a_vehicle(vehicle, seconds):
    assert await StraightLine().travel_s(SQUARE, MILE, vehicle=vehicle, at=NOON) == seconds


async def test_no_way_takes_no_time():
    assert await StraightLine().travel_s(SQUARE, SQUARE, vehicle="foot", at=NOON) == 0

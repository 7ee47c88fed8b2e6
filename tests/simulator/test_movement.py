from datetime import UTC, datetime, timedelta

import pytest

from kernel.geo import Point, offset
from simulator.days import Pace
from simulator.movement import distance_m, ride, standing, travel_time

SE = Point(lat=-23.5505, lon=-46.6333)
NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)
BENCHMARK = Pace(
    speed_mps=320 / 60, in_whole_minutes=True, pickup_service=timedelta(minutes=4), dropoff_service=timedelta(minutes=4)
)


@pytest.mark.parametrize(("metres", "minutes"), [(0, 0), (1, 1), (320, 1), (321, 2), (960, 3), (960.005, 3)])
def test_benchmark_rides_take_whole_minutes(metres: float, minutes: int):
    assert travel_time(metres, pace=BENCHMARK) == timedelta(minutes=minutes)


def test_a_ride_laid_on_earth_takes_as_long_as_in_the_plane():
    for north_m in range(320, 9_600, 320):
        end = offset(SE, east_m=0, north_m=north_m)

        leg = ride(SE, end, starts_at=NOON, pace=BENCHMARK, centre=SE)

        assert leg.ends_at - NOON == timedelta(minutes=north_m // 320)


def test_a_rider_half_way_in_time_is_half_way_in_space():
    end = offset(SE, east_m=3_000, north_m=1_000)
    leg = ride(SE, end, starts_at=NOON, pace=BENCHMARK, centre=SE)

    middle = leg.place_at(NOON + (leg.ends_at - NOON) / 2)

    assert distance_m(SE, middle, centre=SE) == pytest.approx(distance_m(middle, end, centre=SE), abs=0.01)
    assert leg.place_at(leg.ends_at + timedelta(hours=1)) == end
    assert leg.place_at(NOON - timedelta(hours=1)) == SE


def test_who_stands_stays():
    leg = standing(SE, since=NOON)

    assert leg.place_at(NOON + timedelta(hours=2)) == SE

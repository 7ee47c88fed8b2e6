import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from kernel.geo import Point, between, flat_distance_m, flat_m, geojson_position, haversine_m, is_inside, offset

SE = Point(lat=-23.5505, lon=-46.6333)
METRES = st.floats(min_value=-20_000, max_value=20_000)
SQUARE = [
    offset(SE, east_m=east, north_m=north) for east, north in ((-100, -100), (100, -100), (100, 100), (-100, 100))
]


@given(METRES, METRES)
def test_haversine_is_within_half_a_percent_of_the_ellipsoid(east_m: float, north_m: float):
    place = offset(SE, east_m=east_m, north_m=north_m)

    exact_m = geodesic((SE.lat, SE.lon), (place.lat, place.lon)).meters

    assert haversine_m(SE, place) == pytest.approx(exact_m, rel=0.006, abs=0.01)


@given(METRES, METRES)
def test_metres_laid_out_can_be_measured_back(east_m: float, north_m: float):
    assert flat_m(SE, offset(SE, east_m=east_m, north_m=north_m)) == pytest.approx((east_m, north_m), abs=1e-3)


def test_the_flat_distance_is_pythagoras():
    assert flat_distance_m(SE, offset(SE, east_m=300, north_m=400)) == pytest.approx(500)


@pytest.mark.parametrize(
    ("east_m", "north_m", "inside"), [(0, 0, True), (99, -99, True), (101, 0, False), (0, 500, False)]
)
def test_a_place_is_inside_its_zone_or_not(east_m: float, north_m: float, inside: bool):  # noqa: FBT001
    assert is_inside(offset(SE, east_m=east_m, north_m=north_m), SQUARE) is inside


def test_half_way_is_in_the_middle():
    end = offset(SE, east_m=200, north_m=0)

    assert haversine_m(SE, between(SE, end, share=0.5)) == pytest.approx(100, rel=0.001)


def test_only_geojson_puts_longitude_first():
    assert geojson_position(SE) == (SE.lon, SE.lat)

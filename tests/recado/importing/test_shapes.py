from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.geo import Point, haversine_m, is_inside, offset
from recado.importing.shapes import around, circle

SE = Point(lat=-23.5505, lon=-46.6333)
METRES = st.integers(-6_000, 6_000)


def test_a_circle_holds_what_is_near_and_nothing_else():
    ring = circle(SE, radius_m=3_000)

    assert all(abs(haversine_m(SE, corner) - 3_000) < 15 for corner in ring)
    assert is_inside(offset(SE, east_m=2_900, north_m=0), ring)
    assert not is_inside(offset(SE, east_m=2_200, north_m=2_200), ring)


def test_stores_at_one_door_have_one_circle_around_them():
    assert around([SE, SE, offset(SE, east_m=0.3, north_m=0)], radius_m=500) == circle(SE, radius_m=500)


def test_stores_too_far_apart_have_no_one_ring_around_them():
    assert around([SE, offset(SE, east_m=7_000, north_m=0)], radius_m=3_000) is None


def test_a_hole_between_circles_is_filled():
    places = [
        offset(SE, east_m=east, north_m=north) for east, north in ((-900, -900), (900, -900), (900, 900), (-900, 900))
    ]

    ring = around(places, radius_m=1_000)

    assert ring is not None
    assert is_inside(SE, ring)


@settings(deadline=None)
@given(st.lists(st.tuples(METRES, METRES), min_size=1, max_size=6), METRES, METRES)
def test_the_ring_holds_everything_within_the_radius_and_only_holes_beside_it(stores, east_m, north_m):
    places = [offset(SE, east_m=east, north_m=north) for east, north in stores]
    ring = around(places, radius_m=3_000)
    if ring is None:
        return
    address = offset(SE, east_m=east_m, north_m=north_m)

    away_m = min(haversine_m(place, address) for place in places)

    assert len(ring) <= 500
    if away_m < 2_980:  # the ring has corners
        assert is_inside(address, ring)
    if not is_inside(address, ring):
        assert away_m > 2_980
    if len(stores) <= 2:  # two circles have no hole between them
        assert is_inside(address, ring) == (away_m < 3_000) or abs(away_m - 3_000) < 20

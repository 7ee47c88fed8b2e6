"""Zones are found by a grid, as if each had been asked."""

import time

from hypothesis import given
from hypothesis import strategies as st

from kernel.geo import Point, is_inside, offset
from kernel.ids import CityId, ZoneId
from places.model import Zone, ZoneMap

SP, RIO = CityId("cty_sp"), CityId("cty_rio")
CENTRE = Point(lat=-23.55, lon=-46.63)


def a_zone(name: str, *, west_m: float, east_m: float, south_m: float = -1e4, north_m: float = 1e4, city_id=SP) -> Zone:
    corners = [(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m)]
    polygon = [offset(CENTRE, east_m=east, north_m=north) for east, north in corners]
    return Zone(id=ZoneId(f"zon_{name}"), city_id=city_id, name=name, polygon=polygon)


def test_where_zones_overlap_the_older_one_wins():
    zones = ZoneMap([a_zone("b", west_m=-100, east_m=900), a_zone("a", west_m=0, east_m=900)])

    assert zones.zone_of(offset(CENTRE, east_m=50, north_m=0), SP) == "zon_a"
    assert zones.zone_of(offset(CENTRE, east_m=-50, north_m=0), SP) == "zon_b"
    assert zones.zone_of(CENTRE, RIO) is None


def test_a_city_that_was_named_is_one_without_zones_too():
    zones = ZoneMap([a_zone("a", west_m=0, east_m=9)], cities=[RIO])

    assert set(zones.cities()) == {SP, RIO}
    assert zones.zones(RIO) == []


def test_zones_of_every_city_are_near_and_their_cities_own_ids_with_them():
    zones = ZoneMap([a_zone("a", west_m=-900, east_m=-400), a_zone("b", west_m=300, east_m=900, city_id=RIO)])

    assert set(zones.near(CENTRE, within_m=350)) == {"zon_b", RIO}
    assert set(zones.near(CENTRE, within_m=450)) == {"zon_a", "zon_b", SP, RIO}
    assert zones.near(CENTRE, within_m=200) == []


def test_a_zone_as_large_as_the_world_costs_no_more_than_any_other():
    """Because a grid of its cells would take minutes, and everybody waits."""
    corners = [(-90, -180), (-90, 180), (90, 180), (90, -180)]
    world = Zone(id=ZoneId("zon_w"), city_id=SP, name="", polygon=[Point(lat=lat, lon=lon) for lat, lon in corners])
    started_s = time.process_time()

    zones = ZoneMap([world, a_zone("z", west_m=-10, east_m=10)])

    assert zones.zone_of(CENTRE, SP) == "zon_w"
    assert set(zones.near(CENTRE, within_m=8_000)) == {"zon_w", "zon_z", SP}
    assert set(zones.near(Point(lat=90, lon=0), within_m=8_000)) == {"zon_w", SP}
    assert len(zones._cells) < 100
    assert time.process_time() - started_s < 1


@given(
    st.lists(st.tuples(st.floats(-2e4, 2e4), st.floats(1, 2e4), st.floats(-2e4, 2e4), st.floats(1, 2e4)), max_size=8),
    st.floats(-3e4, 3e4),
    st.floats(-3e4, 3e4),
)
def test_every_place_is_in_the_zone_that_asking_each_would_find(boxes, east_m, north_m):
    zones = [
        a_zone(str(n), west_m=west, east_m=west + width, south_m=south, north_m=south + height)
        for n, (west, width, south, height) in enumerate(boxes)
    ]
    place = offset(CENTRE, east_m=east_m, north_m=north_m)

    expected = next((zone.id for zone in zones if is_inside(place, zone.polygon)), None)

    assert ZoneMap(zones).zone_of(place, SP) == expected

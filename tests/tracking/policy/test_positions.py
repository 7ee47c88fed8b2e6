"""The place, or the part of town: what a coarse position says and, above all, does not say."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.messages import RiderPosition
from fleet.model.positions import Position, Source, to_ms
from kernel.actors import Role
from kernel.geo import Point, haversine_m, offset
from tracking.policy.positions import CELL_M, WITHIN_M, area_of, is_news, show
from tracking.policy.privacy import NOBODY, Carrying, Phase

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
OTHER_FIRST, NEXT = Carrying("rdr_ana", Phase.OTHER_FIRST), Carrying("rdr_ana", Phase.NEXT)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def a_place(point: Point = SQUARE, *, after_s: float = 0) -> RiderPosition:
    at = NOON + seconds(after_s)
    return RiderPosition(
        Position(to_ms(at), point.lat, point.lon, 5, 7, 90, None, False, Source.APP, 0, to_ms(at)),
        to_ms(at + seconds(60)),
    )


def shown(place: RiderPosition, carrying: Carrying = OTHER_FIRST):
    seen = show(place, carrying, Role.CUSTOMER)
    assert seen is not None
    return seen


def test_an_exact_position_is_the_place_with_its_bearing_and_nothing_of_the_rider():
    assert msgspec.to_builtins(shown(a_place(), NEXT)) == {
        "lat": -23.55,
        "lon": -46.63,
        "bearing_deg": 90,
        "measured_at": "2026-03-02T15:00:00Z",
        "stale_at": "2026-03-02T15:01:00Z",
    }


def test_a_coarse_position_is_the_middle_of_a_part_of_town_without_a_bearing():
    seen = shown(a_place())

    assert (seen.is_coarse, seen.within_m, seen.bearing_deg) == (True, 354, None)
    assert (seen.lat, seen.lon) != (SQUARE.lat, SQUARE.lon)
    assert (seen.measured_at, seen.stale_at) == (NOON, NOON + seconds(60))


def test_who_may_see_no_place_is_shown_none():
    assert show(a_place(), NOBODY, Role.CUSTOMER) is None
    assert show(a_place(), NEXT, Role.MERCHANT) is None


# From Tijuana to Ushuaia: wherever food is carried here.
PLACES = st.builds(Point, lat=st.floats(-55, 33), lon=st.floats(-118, -34))


@given(PLACES)
def test_the_area_holds_the_place(place):
    assert haversine_m(place, area_of(place)) <= WITHIN_M + 2  # a cell is a little wider at the side of the equator


@given(PLACES)
def test_all_of_an_area_is_told_as_the_same_area(place):
    middle = area_of(place)

    corners = [offset(middle, east_m=east_m, north_m=north_m) for east_m in (-240, 240) for north_m in (-240, 240)]

    assert {area_of(corner) for corner in [middle, *corners]} == {middle}


def test_a_rider_who_rides_two_kilometres_shows_in_four_or_five_areas():
    way = [area_of(offset(SQUARE, east_m=east_m, north_m=0)) for east_m in range(0, 4 * CELL_M, 20)]

    assert len(set(way)) in {4, 5}


def test_within_one_area_nothing_is_told_until_what_was_told_grows_old():
    told = shown(a_place())
    further = offset(Point(lat=told.lat, lon=told.lon), east_m=100, north_m=-80)

    assert [is_news(shown(a_place(further, after_s=after_s)), told) for after_s in (1, 29, 30)] == [False, False, True]


def test_another_area_is_news_at_once():
    told = shown(a_place())

    assert is_news(shown(a_place(offset(SQUARE, east_m=600, north_m=0), after_s=1)), told)


@pytest.mark.parametrize("before", [OTHER_FIRST, NEXT], ids=["coarse", "exact"])
def test_an_exact_position_is_always_news(before):
    assert is_news(shown(a_place(after_s=1), NEXT), shown(a_place(), before))
    assert is_news(shown(a_place(), before), None)


def test_who_saw_the_rider_exactly_is_told_the_area_at_once():
    assert is_news(shown(a_place(after_s=1)), shown(a_place(), NEXT))

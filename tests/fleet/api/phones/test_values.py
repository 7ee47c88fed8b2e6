from math import inf, nan

import pytest
from tests.fleet.api.phones.corpus import AT_MS

from fleet.api.phones import values
from fleet.api.phones.values import NoPing
from kernel.geo import Point


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-14T14:59:30Z",
        "2026-03-14 14:59:30",
        "2026-03-14T11:59:30-0300",
        "2026-03-14T11:59:30-03:00",
        "2026-03-14T11:59:30-03",
        "2026-03-14T15:59:30+01:00",
        "2026-03-14T15:59:30 01:00",
        "2026-03-14T14:59:30.000Z",
        "2026-03-14T14:59:30.000000001Z",
        "2026-03-14t14:59:30z".upper(),
        "2026-03-14T14:59:30",
        " 1773500370 ",
        1773500370,
        1773500370.0,
        "1773500370.0",
        1773500370000,
        "1773500370000",
        "1.77350037e9",
    ],
    ids=str,
)
def test_an_instant_is_the_same_however_it_is_written(written):
    assert values.instant_ms(written) == AT_MS


@pytest.mark.parametrize(("written", "more_ms"), [("30.25Z", 250), ("30.250Z", 250), ("30,9999Z", 999)])
def test_fractions_of_a_second_are_kept_to_the_millisecond(written, more_ms):
    assert values.instant_ms(f"2026-03-14T14:59:{written}") == AT_MS + more_ms


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "now",
        "{2}",
        "%TIME",
        0,
        "0",
        -1,
        -1e308,
        1e308,
        nan,
        inf,
        "nan",
        "1e400",
        "1" * 5000,
        True,
        [],
        {},
        "2026-03-14",
        "2026-02-30T00:00:00Z",
        "2026-03-14T24:00:00Z",
        "2026-03-14T14:59:30+25:00",
        "2026-03-14T14:59:30 2026",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1773500370000000",
        "٢٠٢٦-03-14T14:59:30Z",
        "17_735_003_70",
    ],
    ids=lambda written: str(written)[:30],
)
def test_what_is_no_instant_is_never_taken_for_one(written):
    with pytest.raises(NoPing):
        values.instant_ms(written)


@pytest.mark.parametrize(("lat", "lon"), [(-23.55, -46.63), ("-23.55", " -46.63 "), ("-2355e-2", "-4663E-2")], ids=str)
def test_a_place_is_read_from_numbers_and_from_text(lat, lon):
    assert values.place(lat, lon) == Point(lat=-23.55, lon=-46.63)


@pytest.mark.parametrize("place", [(0, -78.45), (-0.22, 0), (90, 0), (0, 180), (0.0011, 0)], ids=str)
def test_the_equator_and_greenwich_are_places(place):
    assert values.place(*place) == Point(lat=place[0], lon=place[1])


@pytest.mark.parametrize(
    "place",
    [
        (0, 0),
        (-0.0, 0.0),
        (0.0004, -0.0009),
        (90.1, 0),
        (1, 180.5),
        (nan, 1),
        (1, inf),
        ("nan", "1"),
        ("1_0", "1"),
        ("1", "\uff11"),
        ("-23,55", "-46,63"),
        (True, False),
        (None, 1),
        ("", ""),
        ([1], [2]),
        ("0x1", "1"),
        (10**400, 1),
    ],
    ids=lambda place: str(place)[:30],
)
def test_what_is_no_place_of_a_rider_is_never_one(place):
    with pytest.raises(NoPing):
        values.place(*place)


@pytest.mark.parametrize("unknown", [-1, "-1", nan, inf, None, "", "x", True, 1e9, [], "1e999"], ids=str)
def test_a_sentinel_is_unknown_and_not_a_measure(unknown):
    assert values.speed_mps(unknown) is None
    assert values.bearing_deg(unknown) is None
    assert values.share(unknown) is None
    assert values.percent(unknown) is None
    assert values.accuracy_m(unknown) == values.ASSUMED_ACCURACY_M


def test_speeds_are_metres_a_second_from_knots_and_kilometres_an_hour():
    assert values.speed_mps("10", unit_mps=values.MPS_PER_KNOT) == pytest.approx(5.1444, abs=1e-4)
    assert values.speed_mps(36, unit_mps=values.MPS_PER_KMH) == pytest.approx(10)
    assert values.speed_mps(0) == 0


@pytest.mark.parametrize(
    ("level", "of_one", "of_hundred"), [(1, 1, 0.01), (0.8, 0.8, 0.008), (80, None, 0.8), (101, None, None)]
)
def test_a_battery_is_a_share_whatever_the_app_counts_in(level, of_one, of_hundred):
    assert values.share(level) == of_one
    assert values.percent(level) == (None if of_hundred is None else pytest.approx(of_hundred))


def test_an_accuracy_of_nothing_is_unknown_and_a_dilution_counts_five_metres():
    assert values.accuracy_m(0, "0.0", values.hdop_accuracy_m("1.5"), 9) == 7.5
    assert values.accuracy_m(3, values.hdop_accuracy_m(8)) == 3
    assert values.accuracy_m(values.hdop_accuracy_m(0)) == 50

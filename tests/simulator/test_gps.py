from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from kernel.geo import Point, flat_distance_m
from simulator.days import Air, Area, PhonePlan
from simulator.gps import Fix, Receiver
from simulator.movement import Passing

SE = Point(lat=-23.5505, lon=-46.6333)
NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)
OPEN_SKY = Air()
CANYON = Air(tall_houses=[Area(place=SE, radius_m=100)])


def fixes(phone: PhonePlan, air: Air = OPEN_SKY, *, count: int = 2_000) -> list[Fix]:
    receiver = Receiver(phone, air, Random(1))
    found = [receiver.fix(Passing(place=SE), at=NOON) for _ in range(count)]
    return [fix for fix in found if fix is not None]


def errors_m(found: list[Fix]) -> list[float]:
    return [flat_distance_m(SE, Point(lat=fix.lat, lon=fix.lon)) for fix in found]


def test_a_phone_that_is_never_wrong_says_where_it_is():
    (fix,) = fixes(PhonePlan(), count=1)

    assert (fix.lat, fix.lon, fix.accuracy_m, fix.device_at) == (SE.lat, SE.lon, 8.0, NOON)


@pytest.mark.parametrize("air", [OPEN_SKY, CANYON], ids=["open sky", "tall houses"])
def test_two_thirds_of_the_positions_lie_within_what_the_phone_says_of_them(air: Air):
    found = fixes(PhonePlan(sigma_m=5), air)

    inside = sum(error <= fix.accuracy_m for error, fix in zip(errors_m(found), found, strict=True))

    assert inside / len(found) == pytest.approx(0.68, abs=0.05)


def test_between_tall_houses_some_positions_are_far_off():
    in_the_open, in_the_canyon = errors_m(fixes(PhonePlan(sigma_m=5))), errors_m(fixes(PhonePlan(sigma_m=5), CANYON))

    assert sum(error > 30 for error in in_the_open) == 0
    assert 0.1 < sum(30 < error < 90 for error in in_the_canyon) / len(in_the_canyon) < 0.3


def test_in_a_tunnel_there_is_no_position_at_all():
    receiver = Receiver(PhonePlan(), Air(), Random(1))

    assert receiver.fix(Passing(place=SE, is_in_tunnel=True), at=NOON) is None


def test_a_clock_that_is_off_shows_in_every_position():
    (fix,) = fixes(PhonePlan(ahead=timedelta(seconds=-3)), count=1)

    assert fix.device_at == NOON - timedelta(seconds=3)

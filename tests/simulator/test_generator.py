from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kernel.geo import Point
from simulator.days import Day
from simulator.generator import EVENING, Wish, generate
from simulator.movement import distance_m

SE = Point(lat=-23.5505, lon=-46.6333)
TEN = datetime(2026, 3, 6, 13, tzinfo=UTC)


def a_wish(**changes: object) -> Wish:
    return msgspec.structs.replace(Wish(seed=7, orders=400, riders=60, centre=SE, starts_at=TEN), **changes)


@pytest.fixture(scope="module")
def day() -> Day:
    return generate(a_wish())


def test_the_same_seed_makes_the_same_day(day: Day):
    assert generate(a_wish()) == day
    assert generate(a_wish(seed=8)) != day


def test_a_day_has_as_many_orders_and_riders_as_wished(day: Day):
    assert len(day.orders) == 400
    assert len(day.riders) == 60


def test_orders_come_in_two_waves(day: Day):
    hours = [(order.placed_at - TEN) / timedelta(hours=1) for order in day.orders]

    noon = sum(1 <= hour <= 4 for hour in hours)
    siesta = sum(5 <= hour <= 7 for hour in hours)
    evening = sum(8 <= hour <= 12 for hour in hours)
    assert noon > 130
    assert evening > 170
    assert siesta < 10


def test_an_evening_is_over_before_midnight():
    evening = generate(a_wish(waves=EVENING))

    assert evening.ends_at - TEN < timedelta(hours=4.5)


def test_every_order_is_placed_while_riders_are_on_shift(day: Day):
    for order in day.orders:
        assert any(rider.on_at <= order.placed_at < rider.off_at for rider in day.riders)


def test_everything_lies_within_a_city(day: Day):
    places = [order.dropoff for order in day.orders] + [rider.place for rider in day.riders]

    assert max(distance_m(SE, place, centre=SE) for place in places) < 15_000


def test_people_are_people(day: Day):
    kitchens = [order.kitchen for order in day.orders]

    assert any(kitchen.answers_after is None for kitchen in kitchens)
    assert 20 < sum(kitchen.says_late > timedelta(0) for kitchen in kitchens) < 110
    assert 3 < sum(order.cancels_after is not None for order in day.orders) < 30
    assert day.manners.declines_bp == 800
    assert day.manners.misses_bp == 500


def test_the_zone_holds_the_whole_day(day: Day):
    corners = day.zone()

    lats, lons = [corner.lat for corner in corners], [corner.lon for corner in corners]
    for order in day.orders:
        assert min(lats) < order.dropoff.lat < max(lats)
        assert min(lons) < order.dropoff.lon < max(lons)

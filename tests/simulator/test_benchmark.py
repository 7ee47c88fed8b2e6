from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kernel.geo import Point
from simulator.benchmark import as_plan, read_benchmark
from simulator.errors import DayUnreadable
from simulator.figures import Timeline
from simulator.movement import distance_m

SE = Point(lat=-23.5505, lon=-46.6333)
SIX = datetime(2026, 3, 6, 9, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    files = {
        "orders.txt": "order\tx\ty\tplacement_time\trestaurant\tready_time\no1\t300\t400\t30\tr1\t47\n",
        "restaurants.txt": "restaurant\tx\ty\nr1\t0\t0\n",
        "couriers.txt": "courier\tx\ty\ton_time\toff_time\nc1\t1000\t2000\t0\t90\n",
        "instance_parameters.txt": "meters_per_minute\tpickup service minutes\tdropoff service minutes\n320\t4\t4\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_minutes_count_from_the_day_s_start(directory: Path):
    day = read_benchmark(directory, centre=SE, starts_at=SIX)

    (order,) = day.orders
    (rider,) = day.riders
    assert order.placed_at == SIX + timedelta(minutes=30)
    assert order.ready_at == SIX + timedelta(minutes=47)
    assert rider.off_at == day.ends_at == SIX + timedelta(minutes=90)


def test_metres_stay_metres_around_the_city_s_centre(directory: Path):
    day = read_benchmark(directory, centre=SE, starts_at=SIX)

    store, order, rider = day.stores[0].place, day.orders[0].dropoff, day.riders[0].place
    assert distance_m(store, order, centre=SE) == pytest.approx(500, abs=0.001)
    assert distance_m(SE, store, centre=SE) == pytest.approx(distance_m(SE, rider, centre=SE), abs=0.001)


def test_riders_ride_at_the_day_s_speed_in_whole_minutes(directory: Path):
    pace = read_benchmark(directory, centre=SE, starts_at=SIX).pace

    assert pace.speed_mps * 60 == 320
    assert pace.in_whole_minutes
    assert pace.pickup_service == pace.dropoff_service == timedelta(minutes=4)


def test_a_missing_file_is_named(directory: Path):
    (directory / "couriers.txt").unlink()

    with pytest.raises(DayUnreadable, match=r"couriers\.txt"):
        read_benchmark(directory, centre=SE, starts_at=SIX)


def test_a_wrong_number_is_named_with_its_line(directory: Path):
    (directory / "restaurants.txt").write_text("restaurant\tx\ty\nr1\t0\tnorth\n")

    with pytest.raises(DayUnreadable, match=r"restaurants\.txt: line 2: y is no whole number"):
        read_benchmark(directory, centre=SE, starts_at=SIX)


def test_a_played_day_becomes_a_plan_in_minutes_of_what_was_delivered():
    delivered = Timeline(
        name="o1",
        outcome="delivered",
        placed_at=SIX,
        rider="c7",
        assigned_at=SIX + timedelta(minutes=1, seconds=30),
        picked_up_at=SIX + timedelta(minutes=12),
        delivered_at=SIX + timedelta(minutes=20),
    )
    lost = Timeline(name="o2", outcome="expired", placed_at=SIX)

    assert as_plan([delivered, lost], starts_at=SIX) == {
        "deliveries": [{"order": "o1", "courier": "c7", "assigned": 1.5, "pickup": 12, "dropoff": 20}]
    }

"""The file that is shipped: it can be read, is small, has the city's centre, and every vehicle gets everywhere."""

from random import Random

import pytest

from kernel.geo import Point, haversine_m
from kernel.streets import Streets, Vehicle, codec
from recado.streets import shipped

PRACA_DA_SE = Point(lat=-23.5505, lon=-46.6333)
REPUBLICA = Point(lat=-23.5434, lon=-46.6426)


@pytest.fixture(scope="module")
def streets():
    return Streets.decode(shipped())


def test_it_is_small_and_says_whose_data_it_is(streets):
    assert len(shipped()) <= 200_000
    assert streets.attribution == "© OpenStreetMap contributors, ODbL"
    assert streets.attribution.encode() in shipped()[:200]


def test_it_is_written_as_it_would_be_today(streets):
    """Because a file of another format, or one that was touched by hand, would not be what the command builds."""
    assert codec.decode(codec.encode(streets.plan)) == streets.plan


def test_it_covers_the_centre(streets):
    assert streets.bounds.has(PRACA_DA_SE)
    assert streets.nearest(PRACA_DA_SE, vehicle="foot").away_m < 60
    assert {"Praça da Sé", "Rua Augusta", "Avenida Paulista", "Rua Direita"} <= set(streets.plan.names)


@pytest.mark.parametrize("vehicle", Vehicle)
def test_every_vehicle_gets_from_every_door_to_every_other(streets, vehicle):
    chance = Random(11)
    doors = [streets.door(chance).point for _ in range(40)]

    for start, end in zip(doors, doors[1:] + doors[:1], strict=True):
        way = streets.way(start, end, vehicle=vehicle)
        assert way.points[0] == start
        assert way.points[-1] == end
        assert way.length_m >= haversine_m(start, end) * 0.99


def test_from_the_cathedral_to_the_republic_a_motorcycle_takes_some_minutes(streets):
    way = streets.way(PRACA_DA_SE, REPUBLICA, vehicle="motorcycle")

    assert 1_200 < way.length_m < 5_000
    assert 180 < way.duration_s < 900

from random import Random

import pytest
from tests.kernel.streets.town import BOTH, FEET, TOWN, a_plan, an_edge, place

from kernel.geo import flat_m, haversine_m
from kernel.streets import Streets
from kernel.streets.model import StreetClass


def doors(plan, count=200):
    streets, chance = Streets(plan), Random(7)
    return [streets.door(chance) for _ in range(count)]


def test_the_same_seed_leads_to_the_same_doors():
    assert doors(TOWN) == doors(TOWN)


def test_a_door_stands_beside_a_street():
    streets = Streets(TOWN)

    for door in doors(TOWN):
        spot = streets.nearest(door.point, vehicle="foot")
        assert spot.away_m < 10
        assert door.street in {"Rua Direita", "Rua Torta"}


def test_every_metre_of_street_is_as_likely():
    plan = a_plan([(0, 0), (3, 0), (0, 1), (1, 1)], [an_edge(0, 1, name=1), an_edge(2, 3, name=2)],
                  names=("", "Longa", "Curta"))  # fmt: skip

    longer = sum(door.street == "Longa" for door in doors(plan, 1000))

    assert longer == pytest.approx(750, abs=60)


def test_numbers_count_metres_from_the_centre_even_on_the_right():
    plan = a_plan([(-5, 0), (0, 0), (3, 0)], [an_edge(1, 2, name=1), an_edge(0, 1)], names=("", "Rua Augusta"))

    for door in doors(plan):
        east_m, north_m = flat_m(place(0, 0), door.point)
        # The map's middle is at -100 m: the street begins at its western end and goes east, its right is the south.
        assert door.number == pytest.approx(east_m, abs=3)
        assert (door.number % 2 == 0) == (north_m < 0)


def test_a_street_that_is_drawn_towards_the_centre_is_counted_from_its_other_end():
    plan = a_plan([(-5, 0), (0, 0), (3, 0)], [an_edge(2, 1, name=1), an_edge(0, 1)], names=("", "Rua Augusta"))

    for door in doors(plan):
        east_m, north_m = flat_m(place(0, 0), door.point)
        assert door.number == pytest.approx(east_m, abs=3)
        assert (door.number % 2 == 0) == (north_m < 0)


def test_behind_a_square_the_numbers_go_on():
    plan = a_plan([(-9, 0), (0, 0), (1, 0), (2, 0), (3, 0)],
                  [an_edge(0, 1), an_edge(1, 2, name=1), an_edge(3, 4, name=1)],
                  names=("", "Rua Interrompida"))  # fmt: skip

    numbers = sorted(door.number for door in doors(plan))

    assert max(number for number in numbers if number <= 102) > 80
    assert not any(105 < number < 195 for number in numbers)
    assert numbers[-1] > 280


@pytest.mark.parametrize(
    "fields",
    [{"name": 0}, {"is_tunnel": True}, {"street_class": StreetClass.MOTORWAY}, {"access": BOTH & ~FEET}],
    ids=["no-name", "tunnel", "motorway", "not-on-foot"],
)
def test_where_nobody_lives_there_is_no_door(fields):
    fields = {"access": BOTH, "name": 1} | fields
    plan = a_plan([(0, 0), (1, 0)], [an_edge(0, 1, **fields)], names=("", "Rua"))

    with pytest.raises(LookupError):
        Streets(plan).door(Random(1))


def test_an_address_is_written_as_people_write_it():
    door = doors(TOWN, 1)[0]

    assert door.address == f"{door.street}, {door.number}"
    assert haversine_m(door.point, place(1, 0.5)) < 200

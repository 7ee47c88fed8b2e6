import pytest

from kernel.streets.model import Access, StreetClass
from recado.streets.tags import Meaning, meaning_of

FEET = Access.FOOT | Access.FOOT_AGAINST
BICYCLES = Access.BICYCLE | Access.BICYCLE_AGAINST
MOTORS = Access.MOTOR | Access.MOTOR_AGAINST
ALL = FEET | BICYCLES | MOTORS


def meaning(**tags) -> Meaning:
    found = meaning_of({name.replace("__", ":"): said for name, said in tags.items()})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({"highway": "residential"}, ALL),
        ({"highway": "residential", "oneway": "yes"}, FEET | Access.BICYCLE | Access.MOTOR),
        ({"highway": "residential", "oneway": "-1"}, FEET | Access.BICYCLE_AGAINST | Access.MOTOR_AGAINST),
        ({"highway": "residential", "oneway": "no"}, ALL),
        ({"highway": "tertiary", "junction": "roundabout"}, FEET | Access.BICYCLE | Access.MOTOR),
        ({"highway": "tertiary", "oneway": "yes", "cycleway": "opposite_lane"}, FEET | BICYCLES | Access.MOTOR),
        ({"highway": "tertiary", "oneway": "yes", "oneway__bicycle": "no"}, FEET | BICYCLES | Access.MOTOR),
        ({"highway": "tertiary", "oneway": "yes", "cycleway__left__oneway": "-1"}, FEET | BICYCLES | Access.MOTOR),
        ({"highway": "motorway"}, Access.MOTOR),
        ({"highway": "motorway", "oneway": "no"}, MOTORS),
        ({"highway": "trunk"}, BICYCLES | MOTORS),
        ({"highway": "trunk", "foot": "yes"}, ALL),
        ({"highway": "primary_link", "bicycle": "no"}, FEET | MOTORS),
        ({"highway": "residential", "access": "private"}, Access.NOBODY),
        ({"highway": "residential", "access": "no", "foot": "yes"}, FEET),
        ({"highway": "residential", "access": "destination"}, ALL),
        ({"highway": "residential", "vehicle": "no"}, FEET),
        ({"highway": "residential", "motor_vehicle": "no"}, FEET | BICYCLES),
        ({"highway": "pedestrian"}, FEET),
        ({"highway": "pedestrian", "access": "yes"}, FEET),
        ({"highway": "pedestrian", "bicycle": "yes"}, FEET | BICYCLES),
        ({"highway": "footway"}, FEET),
        ({"highway": "steps"}, FEET),
        ({"highway": "cycleway"}, BICYCLES),
        ({"highway": "busway"}, FEET),
    ],
    ids=str,
)
def test_who_may_use_a_street_and_in_which_direction(tags, access):
    assert meaning(**tags).access == access


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "construction"},
        {"highway": "crossing"},
        {"highway": "footway", "footway": "sidewalk"},
        {"highway": "footway", "footway": "crossing"},
        {"highway": "corridor"},
        {"highway": "footway", "indoor": "yes"},
    ],
    ids=str,
)
def test_what_is_no_street_of_ours(tags):
    assert meaning_of(tags) is None


def test_a_link_is_of_the_class_of_its_road():
    assert meaning(highway="trunk_link").street_class is StreetClass.TRUNK


def test_a_tunnel_is_told_from_a_passage_through_a_house():
    assert meaning(highway="primary", tunnel="yes").is_tunnel
    assert not meaning(highway="service", tunnel="building_passage").is_tunnel


def test_a_name_is_one_line():
    assert meaning(highway="residential", name="Rua \n Direita ").name == "Rua Direita"


def test_told_from_its_other_end_a_street_goes_the_other_way():
    street = meaning(highway="residential", oneway="yes")

    assert street.turned_round() == meaning(highway="residential", oneway="-1")
    assert street.turned_round().turned_round() == street

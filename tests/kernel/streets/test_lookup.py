import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.streets.town import TOWN, a_plan, an_edge, place

from kernel.geo import haversine_m
from kernel.streets import Precision, Streets
from kernel.streets.words import slips, street_and_number, words_of

NAMES = ("", "Rua Augusta", "Rua Augusto Severo", "Rua Vinte e Cinco de Março", "Rua 25 de Março", "Avenida São João",
         "Praça da Sé", "Rua Carolina Augusta", "Avenida 9 de Julio", "Rua A", "Rua Doutor Falcão")  # fmt: skip
# Every street 300 m of its own row, far from the others; the day of March is spelt in two ways, of which one is longer.
QUARTER = a_plan(
    [at for row in range(len(NAMES)) for at in ((0, 5 * row), (3, 5 * row))] + [(4, 15)],
    [an_edge(2 * row, 2 * row + 1, name=row) for row in range(len(NAMES)) if row != 4]
    + [an_edge(7, 2 * len(NAMES), name=4)],
    names=NAMES,
)


def found(typed, plan=QUARTER, **how):
    return Streets(plan).find(typed, **how)


def best(typed, **how):
    return found(typed, **how)[0].street


@pytest.mark.parametrize(
    ("typed", "street"),
    [
        ("Rua Augusta", "Rua Augusta"),
        ("rua augusta, 100", "Rua Augusta"),
        ("r augusta", "Rua Augusta"),
        ("augusta", "Rua Augusta"),
        ("AUGUSTA", "Rua Augusta"),
        ("aug", "Rua Augusta"),
        ("agusta", "Rua Augusta"),
        ("ruaa augusta", "Rua Augusta"),
        ("rua carolina", "Rua Carolina Augusta"),
        ("av sao joao 30", "Avenida São João"),
        ("Av. S. João", "Avenida São João"),
        ("praça da sé", "Praça da Sé"),
        ("pca se", "Praça da Sé"),
        ("25 de março", "Rua Vinte e Cinco de Março"),
        ("rua vinte e cinco de marco 42", "Rua Vinte e Cinco de Março"),
        ("Nueve de Julio", "Avenida 9 de Julio"),
        ("rua a", "Rua A"),
        ("dr falcao", "Rua Doutor Falcão"),
        ("rua augusta consolacao", "Rua Augusta"),
    ],
)
def test_a_street_is_found_however_it_is_typed(typed, street):
    assert best(typed) == street


@pytest.mark.parametrize("typed", ["", "rua", "rua xyzzy", "?!", "xyzzy plugh augusta", "99"])
def test_what_is_no_street_of_this_city_is_not_found(typed):
    assert found(typed) == []


def test_who_fits_much_worse_only_distracts():
    assert [one.street for one in found("rua augusta")] == ["Rua Augusta", "Rua Carolina Augusta"]


def test_one_street_in_two_spellings_is_one_candidate():
    (only,) = found("25 de marco")

    assert only.street == "Rua Vinte e Cinco de Março"


def test_a_number_that_nobody_knows_is_told_at_the_middle_of_the_street():
    (only,) = found("sao joao 120")

    assert (only.number, only.precision) == (120, Precision.STREET)
    assert haversine_m(only.point, place(1.5, 25)) < 1


def test_a_known_number_is_at_its_door():
    first = found("rua direita 110", TOWN)[0]

    assert (first.number, first.precision) == (110, Precision.DOOR)
    assert haversine_m(first.point, place(1.1, 0.05)) < 1


def test_a_number_between_two_known_doors_is_between_them():
    first = found("rua direita 60", TOWN)[0]

    assert first.precision is Precision.BETWEEN_DOORS
    assert haversine_m(first.point, place(0.6, 0.05)) < 1


@pytest.mark.parametrize("number", [5, 200])
def test_beyond_the_known_doors_no_number_is_placed(number):
    assert found(f"rua direita {number}", TOWN)[0].precision is Precision.STREET


def test_between_doors_far_apart_no_number_is_placed():
    plan = a_plan([(0, 0), (9, 0)], [an_edge(0, 1, name=1)], names=("", "Longa"),
                  doors=[(1, 10, (0.1, 0)), (1, 800, (8, 0))])  # fmt: skip

    assert found("longa 400", plan)[0].precision is Precision.STREET


def test_of_two_streets_of_one_name_the_nearer_comes_first_and_keeps_its_own_doors():
    plan = a_plan([(0, 0), (1, 0), (30, 0), (31, 0)], [an_edge(0, 1, name=1), an_edge(2, 3, name=1)],
                  names=("", "Rua São José"), doors=[(1, 8, (30.5, 0))])  # fmt: skip

    west = found("sao jose 8", plan, near=place(0, 0))
    east = found("sao jose 8", plan, near=place(31, 0))

    assert [one.precision for one in west] == [Precision.STREET, Precision.DOOR]
    assert [one.precision for one in east] == [Precision.DOOR, Precision.STREET]


def test_a_street_goes_on_behind_a_square():
    plan = a_plan([(0, 0), (1, 0), (2, 0), (3, 0)], [an_edge(0, 1, name=1), an_edge(2, 3, name=1)],
                  names=("", "Rua Interrompida"))  # fmt: skip

    assert len(found("interrompida", plan)) == 1


def test_there_are_never_more_than_asked_for():
    assert len(found("rua augusta", limit=1)) == 1


@given(st.text(max_size=60))
def test_nothing_that_is_typed_is_a_bug(typed: str):
    for one in found(typed):
        assert one.street in NAMES


@given(st.sampled_from(NAMES[1:]))
def test_every_street_is_found_by_its_own_name(name: str):
    assert words_of(best(name)) == words_of(name)


@pytest.mark.parametrize(
    ("typed", "street", "number"),
    [
        ("Rua Direita, 100", "rua direita", 100),
        ("rua direita 100 apto 42", "rua direita", 100),
        ("rua 25 de março 42", "rua 25 de marco", 42),
        ("rua 25 de março", "rua 25 de marco", None),
        ("avenida nove de julho, 3210 - bloco 2", "avenida 9 de julho", 3210),
        ("100 rua direita", "100 rua direita", None),
        ("rua direita 01304000", "rua direita 01304000", None),
    ],
)
def test_the_number_is_told_from_the_name(typed, street, number):
    assert street_and_number(typed) == (tuple(street.split()), number)


@pytest.mark.parametrize(
    ("a", "b", "at_most", "is_close"),
    [
        ("augusta", "agusta", 1, True),
        ("augusta", "auguusta", 1, True),
        ("augusta", "augusto", 1, True),
        ("augusta", "uagusta", 1, True),
        ("augusta", "agust", 1, False),
        ("augusta", "agust", 2, True),
        ("augusta", "paulista", 2, False),
        ("abcd", "dcba", 1, False),
        ("abcdef", "fedcba", 2, False),
    ],
)
def test_slips_of_the_finger_are_counted(a, b, at_most, is_close):
    assert slips(a, b, at_most=at_most) is is_close

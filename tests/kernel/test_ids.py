import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import PREFIXES, encode, is_id

MOMENTS = st.integers(min_value=0, max_value=2**48 - 1)
ENTROPY = st.integers(min_value=0, max_value=2**80 - 1)


@given(MOMENTS, ENTROPY)
def test_an_id_has_the_shape_the_database_checks(at_ms: int, entropy: int):
    assert is_id(encode("ord", at_ms=at_ms, entropy=entropy), "ord")


@given(MOMENTS, MOMENTS, ENTROPY, ENTROPY)
def test_ids_sort_by_the_time_they_were_made(first: int, second: int, one: int, other: int):
    earlier, later = encode("ord", at_ms=first, entropy=one), encode("ord", at_ms=second, entropy=other)

    assert (earlier < later) == (first < second) or first == second


@pytest.mark.parametrize(
    "text", ["", "ord", "ord_", "rdr_00000000000000000000000001", "ord_0000000000000000000000000I", "ord_1"]
)
def test_anything_else_is_not_an_orders_id(text: str):
    assert not is_id(text, "ord")


def test_every_kind_of_thing_has_its_own_name():
    assert len(set(PREFIXES.values())) == len(PREFIXES)

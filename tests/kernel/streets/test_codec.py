import zlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.streets.town import TOWN, place, plans

from kernel.streets import Streets, StreetsUnreadable, codec, varints
from kernel.streets.codec import MAGIC


@given(plans())
def test_what_was_written_is_read_again(plan):
    assert codec.decode(codec.encode(plan)) == plan


def test_names_doors_and_tunnels_are_read_again():
    assert codec.decode(codec.encode(TOWN)) == TOWN


def test_whose_data_it_is_can_be_read_without_any_program():
    assert "© OpenStreetMap contributors, ODbL".encode() in codec.encode(TOWN).split(b"\n")
    assert Streets.decode(codec.encode(TOWN)).attribution == "© OpenStreetMap contributors, ODbL"


@given(st.lists(st.integers(0, 2**62)))
def test_numbers_come_back(numbers: list[int]):
    assert varints.decode(varints.encode(numbers)) == numbers


@given(st.integers(-(2**60), 2**60))
def test_numbers_of_either_sign_come_back(number: int):
    assert varints.unfolded(varints.folded(number)) == number
    assert varints.folded(number) >= 0


@pytest.mark.parametrize("data", [b"\x80", b"\x01\xff", b"\x80" * 20], ids=["alone", "second", "without-end"])
def test_a_number_that_does_not_end_is_none(data: bytes):
    with pytest.raises(ValueError, match="number"):
        varints.decode(data)


@given(st.binary(max_size=200))
def test_of_any_bytes_nothing_worse_is_said_than_that_they_are_unreadable(data: bytes):
    for head in (b"", MAGIC, MAGIC + b"whose\n"):
        with pytest.raises(StreetsUnreadable):
            Streets.decode(head + data)


@given(st.data())
def test_a_damaged_file_is_unreadable_or_another_plan_but_never_a_bug(data):
    body = bytearray(zlib.decompress(codec.encode(TOWN).split(b"\n", 2)[2]))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))

    for broken in (bytes(body), bytes(body[:cut])):
        with suppress(StreetsUnreadable):
            codec.decode(MAGIC + b"whose\n" + zlib.compress(broken))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"unit_e7": 0}, "unit is missing"),
        ({"names": ("",)}, "a name"),
        ({"edges": (msgspec.structs.replace(TOWN.edges[0], end=9),)}, "ends nowhere"),
        ({"doors": (msgspec.structs.replace(TOWN.doors[0], name=7),)}, "no street"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(fields, why):
    with pytest.raises(StreetsUnreadable, match=why):
        codec.decode(codec.encode(msgspec.structs.replace(TOWN, **fields)))


def test_a_file_that_breaks_off_is_refused():
    with pytest.raises(StreetsUnreadable, match="breaks off"):
        codec.decode(codec.encode(TOWN)[:-10])


def test_a_city_without_a_street_is_none():
    with pytest.raises(StreetsUnreadable, match="not one street"):
        Streets.decode(codec.encode(msgspec.structs.replace(TOWN, edges=())))


def test_a_file_s_rectangle_has_its_crossings_and_its_middle():
    bounds = Streets(TOWN).bounds

    assert bounds.has(place(1, 0.5))
    assert bounds.has(bounds.centre)
    assert not bounds.has(place(3, 0.5))

"""Every mistake is named with its line and column, and what would be right; all of them at once."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recado.importing.office import EXAMPLE, SMALL, edited, mistakes, read
from tests.recado.importing.wrong_lines import NO_YAML, ONE

from recado.importing.source import MAX_BYTES

FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))


@pytest.mark.parametrize(
    ("right", "wrong", "told"), ONE, ids=[wrong.split("\n")[0].strip()[:40] for _, wrong, _ in ONE]
)
def test_a_mistake_is_told_with_its_line_and_what_would_be_right(right, wrong, told):
    assert mistakes(edited((right, wrong))) == [told]


@pytest.mark.parametrize(
    ("right", "wrong", "told"), NO_YAML, ids=[wrong.split("\n")[0].strip()[:40] for _, wrong, _ in NO_YAML]
)
def test_what_is_no_yaml_is_told_in_plain_words(right, wrong, told):
    found = mistakes(edited((right, wrong)))

    assert found == [told] if told else found


def test_all_mistakes_are_told_at_once():
    wrong = edited(("34.90", "34,90"), ("tue-sun", "tur-sun"), ("bicycle", "bike"), ("may: all", "may: al"))

    assert [line.split(":")[0] for line in mistakes(wrong)] == ["25", "30", "40", "51"]


def test_the_small_file_and_the_example_are_right():
    assert mistakes(SMALL) == []
    assert mistakes(EXAMPLE.read_bytes()) == []


@pytest.mark.parametrize("form", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"], ids=["windows", "old mac", "unix"])
def test_a_byte_order_mark_and_other_line_ends_change_nothing(form, line_end):
    data = edited(("34.90", "34,90")).replace("\n", line_end).encode(form)

    assert mistakes(data) == ["30:16 price: 34,90 is written 34.90"]


def test_keys_are_written_with_spaces_underscores_or_hyphens():
    assert mistakes(edited(("time zone:", "Time_Zone:"), ("delivery fee:", "delivery-fee:"))) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "1:1 the file is empty: it begins with a key such as `city:`"),
        (b"# nothing\n", "1:1 the file is empty: it begins with a key such as `city:`"),
        (b"- city\n", "1:1 the file begins with a key such as `city:`"),
        ("São".encode("utf-16"), "1:1 the file is saved as UTF-16: save it as UTF-8"),
        ("a: b\nname: São".encode("latin-1"), "2:8 the file is not saved as UTF-8: save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "1:1 the file has 2,000,001 bytes; a city's has at most 2,000,000"),
        (b"a: " + b"[" * 50 + b"]" * 50, "1:23 too many brackets or blocks within each other"),
        (
            b"a: " + b"[" * 100_000,
            "1:1 this is not YAML that can be read: look for brackets and quotes that are never closed",
        ),
        (
            b'a: "\\U99999999"',
            "1:1 this is not YAML that can be read: look for brackets and quotes that are never closed",
        ),
    ],
    ids=["empty", "only a comment", "a list", "utf-16", "latin-1", "too large", "deep", "endless", "escape"],
)
def test_what_is_no_city_file_at_all_is_told(data, told):
    assert mistakes(data) == [told]


def test_a_file_without_anything_is_told_what_it_lacks():
    assert mistakes("x: 1\n") == [
        "1:1 the file has no city: begin it with `city:`",
        "1:1 the file has no zones: nobody could order; write `zones:` with at least one",
        "1:1 x is not a key of the file: it knows city, stores, people, rules, merchants, zones",
    ]


def test_a_value_where_a_block_belongs_is_told():
    assert "1:7 the city is a block of `key: value` lines, indented under its name" in mistakes("city: Santos\n")


def test_a_currency_without_cents_has_none_in_its_prices():
    chile = edited(("currency: BRL", "currency: CLP"), ("34.90", "3490"), ("18.00", "1.800"), ("5.00", "500"))

    assert mistakes(chile) == ["34:16 price: 1.800 is written 1800"]


def test_a_store_outside_every_zone_is_a_warning():
    file, found = read(edited(("place: -23.9660", "place: -23.9000")))

    assert file is not None
    assert [(one.at.line, one.text) for one in found.warnings] == [
        (20, "store cais lies outside every zone: is its place right?")
    ]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PIECES = b'|:|\n|\t|- |&a |*a|[|}|"|#|? |! |%|<<: |~|\r|\xef\xbb\xbf'.split(b"|")


@st.composite
def mutilated(draw):
    """The small file with a few bytes changed, lines moved, pieces doubled or cut."""
    data = bytearray(SMALL.encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        until = draw(st.integers(at, min(len(data), at + 30)))
        pieces = [*PIECES, bytes(data[at:until]) * 2, draw(st.binary(max_size=6)), draw(TEXT).encode()]
        piece = draw(st.sampled_from(pieces))
        data[at:until] = piece
    return bytes(data)


@settings(max_examples=100 * FACTOR)
@given(mutilated())
def test_a_mutilated_file_is_read_or_its_mistakes_are_told(data):
    file, found = read(data)

    lines = data.count(b"\n") + data.count(b"\r") + 2
    assert (file is None) == bool(found.mistakes)
    assert all(1 <= one.at.line <= lines and one.at.column >= 1 and one.text for one in found.mistakes)


VALUES = [line for line in SMALL.splitlines() if ": " in line]
ODD = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.from_regex(r"[-+]?[0-9]{0,12}([.,:h/][0-9]{0,12}){0,3} ?(km|min|h|%|m/s)?", fullmatch=True),
    st.sampled_from(
        ["[]", "{}", "[[]]", "{a: b}", "[1, 2]", "~", '""', "''", "|", "all", "yes", "always", "\u0663", "1e999"]
    ),
)


@settings(max_examples=60 * FACTOR)
@given(st.dictionaries(st.sampled_from(VALUES), ODD, min_size=1, max_size=3))
def test_any_other_values_are_read_or_their_mistakes_are_told(others):
    text = SMALL
    for line, other in others.items():
        text = text.replace(line, f"{line.split(': ')[0]}: {other}")

    file, found = read(text)

    assert (file is None) == bool(found.mistakes)
    assert all(one.at.line <= len(text.splitlines()) + 1 and one.text for one in found.mistakes)

"""Whatever a network, a proxy or a stranger makes of an upload: refused clearly, or read without inventing a place."""

import os
import re
from urllib.parse import unquote_plus

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fleet.api.phones.corpus import NAMES, PAYLOADS, a_request

from fleet.api.phones.requests import PhoneRequest, take_apart
from fleet.api.phones.table import NAMED, choose
from fleet.errors import PhoneEncrypted, PhoneNotUnderstood
from kernel.instants import LATEST

EXAMPLES = 40 * int(os.environ.get("RECADO_SOAK_FACTOR", "1"))  # for each payload
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
NASTY = [
    b"NaN",
    b"Infinity",
    b"1e999",
    b"-1",
    b"9" * 400,
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"\xff",
    b"\x00",
    b"%",
    b"\\ud800",
    b"[" * 2000,
    b'{"a":' * 2000,
    b"&",
    b",",
    b"-",
    b"0",
    b"&lat=",
    b"+",
    b"e5",
    b"\\u0031",
]
READABLE = (PhoneEncrypted, PhoneNotUnderstood, ValueError)


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[float, float, bytes]]:
    """Return cuts: where from, how much of what is left (mostly a byte), and what comes instead."""
    some = st.one_of(st.binary(min_size=0, max_size=3), st.sampled_from(NASTY))
    length = st.one_of(st.sampled_from([0.0, -1.0]), st.floats(0, 1))
    return draw(st.lists(st.tuples(st.floats(0, 1), length, some), min_size=1, max_size=4))


def mutated(text: bytes, cuts: list[tuple[float, float, bytes]]) -> bytes:
    for begin, share, instead in cuts:
        start = int(begin * len(text))
        length = 1 if share < 0 else int(share * (len(text) - start))
        text = text[:start] + instead + text[start + length :]
    return text


def numbers_in(request: PhoneRequest) -> set[float]:
    """Return every number that stands in an upload, however it is written."""
    body = request.body.decode("utf-8", "replace")
    texts = [body, unquote_plus(body), unquote_plus(request.query.decode("utf-8", "replace"))]
    texts.append(re.sub(r"\\u00([0-7][0-9a-fA-F])", lambda found: chr(int(found[1], 16)), body))
    return {float(found) for text in texts for found in NUMBER.findall(text)}


def check(request: PhoneRequest, forced: str | None = None) -> None:
    try:
        said = take_apart(request)
        heard = choose(said, forced).read(said)
    except READABLE:
        return
    known = numbers_in(request)
    for ping in heard.pings:
        assert {ping.lat, ping.lon} <= known
        assert (-90 <= ping.lat <= 90, -180 <= ping.lon <= 180) == (True, True)
        assert abs(ping.lat) + abs(ping.lon) > 0
        assert 0 < ping.device_at_ms < LATEST.timestamp() * 1000
        assert 0 < ping.accuracy_m <= 1e7
        assert all(value is None or 0 <= value <= 1e7 for value in (ping.speed_mps, ping.bearing_deg, ping.battery))
    msgspec.json.encode(heard)


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_upload_is_refused_clearly_or_read_without_inventing_a_place(name):
    whole = a_request(PAYLOADS / name)

    @given(cuts=mutations(), in_query=st.booleans(), forced=st.sampled_from([None, None, *NAMED]))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    def broken(cuts: list[tuple[float, float, bytes]], in_query: bool, forced: str | None) -> None:  # noqa: FBT001
        part = "query" if in_query and whole.query else "body"
        check(msgspec.structs.replace(whole, **{part: mutated(getattr(whole, part), cuts)}), forced)

    broken()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8) | st.sampled_from(["-23.5", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "location",
                    "coords",
                    "latitude",
                    "longitude",
                    "lat",
                    "lon",
                    "lng",
                    "timestamp",
                    "tst",
                    "_type",
                    "locations",
                    "geometry",
                    "coordinates",
                    "properties",
                    "battery",
                    "level",
                    "activity",
                    "type",
                    "event",
                    "provider",
                    "mock",
                    "device_id",
                    "current",
                    "trip",
                    "current_location",
                    "spd",
                    "prov",
                    "acc",
                    "speed",
                    "batt",
                    "bs",
                    "conn",
                ]
            ),
            inner | st.sampled_from(["location", "lwt", "Point", "providerchange", "2026-03-14T14:59:30Z", 1773500370]),
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(document=JSON, forced=st.sampled_from([None, *NAMED]))
@settings(max_examples=10 * EXAMPLES, deadline=None, derandomize=True, database=None)
def test_the_apps_words_in_any_shape_and_of_any_type_break_nothing(document, forced):
    try:
        body = msgspec.json.encode(document)
    except UnicodeEncodeError:  # half a character is for the mutations
        return

    check(PhoneRequest(method="POST", body=body, received_at_ms=1), forced)


@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["id", "lat", "lon", "location", "timestamp", "ts", "time", "speed", "hdop", "acc", "prov", "spd"]
        ),
        st.text(max_size=12) | st.floats().map(str) | st.integers().map(str),
    ),
    forced=st.sampled_from([None, *NAMED]),
)
@settings(max_examples=10 * EXAMPLES, deadline=None, derandomize=True, database=None)
def test_any_text_in_a_query_breaks_nothing(fields, forced):
    query = "&".join(f"{name}={value}" for name, value in fields.items()).encode("utf-8", "replace")

    check(PhoneRequest(method="GET", query=query, received_at_ms=1), forced)

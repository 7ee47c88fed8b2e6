import json
import os

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fleet.pings import NOON, NOON_MS

from fleet.api.ping_bodies import MAX_PINGS, PingAnswer, read_upload
from fleet.model.positions import Judged, Ping, Verdict
from kernel.errors import InvalidField

EXAMPLES = 200 * int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
GOOD = {"device_at": NOON_MS, "lat": -23.5, "lon": -46.6, "accuracy_m": 8}
FIELDS = [*GOOD, "speed_mps", "positions", "source"]
SCALARS = st.none() | st.floats() | st.integers() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(FIELDS), inner))


def read(body):
    return read_upload(json.dumps(body).encode())


def test_one_ping_needs_no_list():
    (ping,) = read(GOOD).pings

    assert (ping.device_at_ms, ping.lat, ping.lon, ping.accuracy_m) == (NOON_MS, -23.5, -46.6, 8)


def test_device_time_is_milliseconds_or_a_written_instant_and_is_answered_as_it_came():
    upload = read({"positions": [GOOD, {**GOOD, "device_at": "2026-03-14T12:00:00.0009-03:00"}]})

    assert [ping.device_at_ms for ping in upload.pings] == [NOON_MS, NOON_MS]
    judged = [Judged(device_at_ms=NOON_MS, verdict=Verdict.ACCEPTED)] * 2
    assert [answer.device_at for answer in upload.answers(judged)] == [NOON_MS, NOON.replace(microsecond=900)]


LIST = json.dumps([GOOD, {**GOOD, "activity": "still", "extra": [["]", {"[": []}]]}])
NESTED = json.dumps([GOOD, {**GOOD, "extra": {"positions": [1]}}])


@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        (f'{{"positions":{LIST}}}', True),
        (f' {{ "positions" : {LIST} }} ', True),
        (f'{{"positions":{NESTED}}}', False),
        (f'{{"positions":[7],"positions":{LIST}}}', False),
        (f'{{"positions":[],"p\\u006fsitions":{LIST}}}', False),
        (f'{{"before":[1],"positions":{LIST},"after":[2]}}', False),
        (f'{{"positions":{LIST},"after":"]"}}', False),
        (f'{{"]":0,"positions":{LIST}}}', False),
    ],
    ids=str,
)
def test_what_is_kept_as_it_came_is_what_was_read(body, is_kept):
    upload = read_upload(body.encode())

    assert [ping.device_at_ms for ping in upload.pings] == [NOON_MS, NOON_MS]
    assert (upload.raw is not None) is is_kept
    if upload.raw is not None:
        assert msgspec.json.decode(upload.raw, type=list[Ping]) == list(upload.pings)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"lat": -91}, "lat", "Expected `float` >= -90.0"),
        ({"lon": "west"}, "lon", "Expected `float`, got `str`"),
        ({"accuracy_m": -1}, "accuracy_m", "Expected `float` >= 0.0"),
        ({"device_at": "yesterday"}, "device_at", "Invalid RFC3339 encoded datetime"),
        ({"device_at": "2026-03-14T12:00:00"}, "device_at", "Expected `datetime` with a timezone component"),
        ({"device_at": -1}, "device_at", "Expected `int` >= 0"),
        ({"device_at": "1969-12-31T23:59:59Z"}, "device_at", "before 1970"),
        ({"device_at": None}, "device_at", "Expected `int | datetime`, got `null`"),
        ({"speed_mps": -1}, "speed_mps", "Expected `float` >= 0.0"),
        ({"battery": 87}, "battery", "Expected `float` <= 1.0"),
        ({"source": "carrier pigeon"}, "source", "Invalid enum value 'carrier pigeon'"),
    ],
    ids=str,
)
def test_a_malformed_ping_is_told_its_field_and_reason(change, field, reason):
    (answer,) = read({**GOOD, **change}).answers([])

    assert (answer.verdict, answer.field, answer.reason) == (Verdict.INVALID, field, reason)


def test_a_missing_field_is_named():
    (answer,) = read({"device_at": NOON_MS, "lat": 1, "accuracy_m": 5}).answers([])

    assert answer == PingAnswer(
        device_at=NOON_MS, verdict=Verdict.INVALID, reason="Object missing required field `lon`", field="lon"
    )


@pytest.mark.parametrize("thing", [7, None, "ping", [], [GOOD], {}], ids=str)
def test_what_is_no_ping_at_all_spoils_no_other(thing):
    upload = read({"positions": [GOOD, thing, GOOD]})

    answers = upload.answers([Judged(device_at_ms=NOON_MS, verdict=Verdict.ACCEPTED)] * 2)
    assert [answer.verdict for answer in answers] == [Verdict.ACCEPTED, Verdict.INVALID, Verdict.ACCEPTED]


def test_bytes_that_are_no_text_spoil_only_their_own_ping():
    bad = json.dumps(GOOD).encode().replace(b"8}", b'8, "source": "\xff\xfe"}')
    body = b'{"positions": [' + bad + b", " + json.dumps(GOOD).encode() + b"]}"

    assert len(read_upload(body).pings) == 1


@pytest.mark.parametrize("body", [[GOOD], "ping", 7, None, {"positions": None}, {"positions": GOOD}], ids=str)
def test_a_body_of_another_shape_is_refused(body):
    with pytest.raises(InvalidField):
        read(body)


def test_more_than_five_hundred_at_once_are_refused():
    assert len(read({"positions": [GOOD] * MAX_PINGS}).pings) == MAX_PINGS
    with pytest.raises(InvalidField, match="at most 500"):
        read({"positions": [GOOD] * (MAX_PINGS + 1)})


@pytest.mark.parametrize(
    "body", [b"", b"{", b"lat=1", b'{"a":' + b"[" * 90_000 + b"]" * 90_000 + b"}"], ids=["empty", "cut", "form", "deep"]
)
def test_what_is_no_json_is_no_upload(body):
    with pytest.raises(ValueError, match="not JSON"):
        read_upload(body)


@given(ANY_JSON)
@settings(max_examples=EXAMPLES, deadline=None)
def test_whatever_json_comes_is_refused_or_answered_ping_by_ping(body):
    try:
        upload = read_upload(msgspec.json.encode(body))
    except InvalidField:
        return
    judged = [Judged(device_at_ms=ping.device_at_ms, verdict=Verdict.ACCEPTED) for ping in upload.pings]
    assert len(upload.answers(judged)) == len(upload)


@given(st.binary(max_size=40), st.integers(0, 90))
@settings(max_examples=EXAMPLES, deadline=None)
def test_broken_bytes_are_refused_or_answered(junk, at):
    body = bytearray(json.dumps({"positions": [GOOD]}).encode())
    body[at : at + len(junk)] = junk
    try:
        upload = read_upload(bytes(body))
    except (InvalidField, ValueError):
        return
    assert len(upload) <= 1 + body.count(b",")

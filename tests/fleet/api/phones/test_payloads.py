"""Uploads as the apps' own tests and documents have them, each with what it must come to."""

import os
from pathlib import Path

import msgspec
import pytest
from tests.fleet.api.phones.corpus import EXPECTED, NAMES, PAYLOADS, a_request

from fleet.api.phones.requests import PhoneRequest, take_apart
from fleet.api.phones.table import NAMED, choose
from fleet.errors import PhoneEncrypted, PhoneNotUnderstood
from fleet.model.phones import PhoneState

MORE = os.environ.get("RECADO_PAYLOADS", "")


def read(request: PhoneRequest, forced: str | None = None):
    said = take_apart(request)
    adapter = choose(said, forced)
    return adapter, adapter.read(said)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_upload_comes_to_its_pings_and_the_phone_s_state(name):
    comes = EXPECTED[name]

    adapter, heard = read(a_request(PAYLOADS / name))

    assert adapter.name == comes.app
    assert heard.pings == comes.pings
    assert [one.where for one in heard.unreadable] == comes.none
    at_ms = comes.state_at_ms or heard.pings[-1].device_at_ms
    assert heard.state == PhoneState(at_ms=at_ms, **comes.state)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_app_s_name_behind_the_address_reads_the_same(name):
    request = a_request(PAYLOADS / name)

    assert read(request, EXPECTED[name].app) == read(request)


def test_every_payload_has_something_to_come_to():
    assert {*EXPECTED, "owntracks_encrypted.json"} == set(NAMES)


def test_what_is_encrypted_is_refused_clearly():
    with pytest.raises(PhoneEncrypted):
        read(a_request(PAYLOADS / "owntracks_encrypted.json"))


def test_only_overland_s_and_owntracks_answers_have_a_meaning():
    assert {name: adapter.answer for name, adapter in NAMED.items() if name != "owntracks"} == dict.fromkeys(
        ("overland", "gpslogger", "traccar", "transistorsoft", "osmand"), b'{"result":"ok"}'
    )
    assert NAMED["owntracks"].answer == b"[]"


@pytest.mark.parametrize(
    ("body", "query"),
    [(b"{}", b""), (b"[]", b""), (b"null", b""), (b'"x"', b""), (b'{"a": 1}', b""), (b"7", b""), (b"", b"a=1"),
     (b"\x00\xff", b""), (b"hello", b""), (b'{"location": 7}', b""), (b'{"location": "-23,-46"}', b"")],
    ids=str,
)  # fmt: skip
def test_what_no_app_sends_is_not_understood(body, query):
    request = PhoneRequest(method="POST", body=body, query=query, received_at_ms=0)

    with pytest.raises((PhoneNotUnderstood, ValueError)):
        read(request)


@pytest.mark.skipif(not MORE, reason="RECADO_PAYLOADS names no folder with more payloads")
def test_payloads_from_elsewhere_are_read_or_refused_clearly():
    files = sorted(Path(MORE).rglob("*"))
    paths = [path for path in files if path.suffix in {".json", ".txt"} and "response" not in path.name]
    told = {}

    for path in paths:
        try:
            adapter, heard = read(a_request(path))
        except (PhoneEncrypted, PhoneNotUnderstood, ValueError) as refusal:
            told[path.name] = f"refused: {refusal!r}"
        else:
            told[path.name] = f"{adapter.name}: {msgspec.json.encode(heard).decode()}"

    print("\n".join(f"{name}: {what}" for name, what in told.items()))  # noqa: T201  with -s, for whoever compares
    assert paths
    assert not [what for name, what in told.items() if "EGATIVE" not in name and what.startswith("refused: PhoneNotU")]

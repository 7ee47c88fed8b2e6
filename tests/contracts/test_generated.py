"""What other programs rely on is committed, and is what the code says today: `make contracts` writes it."""

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from recado import contracts

ROOT = Path(__file__).parents[2]
EVENTS = contracts.event_types()


@pytest.mark.parametrize("name", sorted(contracts.event_schemas()))
def test_an_events_schema_is_the_committed_one(name: str):
    assert (ROOT / "schemas/events" / name).read_text() == contracts.event_schemas()[name]


@pytest.mark.parametrize("tag", sorted(EVENTS))
def test_an_event_that_was_ever_written_can_still_be_read(tag: str):
    golden = (ROOT / "schemas/events/examples" / f"{tag}.json").read_bytes()
    schema = json.loads((ROOT / "schemas/events" / f"{tag}.json").read_bytes())

    event = msgspec.json.decode(golden, type=EVENTS[tag])

    jsonschema.validate(json.loads(golden), schema)
    assert msgspec.json.decode(msgspec.json.encode(event)).items() >= json.loads(golden).items()


def test_no_event_was_taken_back():
    committed = {path.stem for path in (ROOT / "schemas/events/examples").glob("*.json")}

    assert committed <= set(EVENTS)


def test_the_api_document_is_the_committed_one():
    assert (ROOT / "schemas/http/openapi.json").read_text() == contracts.openapi()


def test_the_document_of_the_feeds_is_the_committed_one():
    assert (ROOT / "schemas/feeds/asyncapi.json").read_text() == contracts.feeds()


def test_the_document_of_the_feeds_refers_to_nothing_that_is_not_in_it():
    text = contracts.feeds()
    schemas = json.loads(text)["components"]["schemas"]

    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= set(schemas)


def test_every_problem_is_on_the_page():
    assert (ROOT / "docs/problems.md").read_text() == contracts.problems()


def test_a_problem_code_means_one_thing():
    assert contracts.duplicate_codes() == []

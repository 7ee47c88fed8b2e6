"""The API is what its document says: requests made from it, right ones and wrong ones, the same in every run."""

import os
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from tests.contracts.permissions import ROLES, TABLE
from tests.contracts.served import Served, serving_worlds
from tests.contracts.sources import ROOT

from accounts.model import Scope

FACTOR = int(os.environ.get("RECADO_SOAK_FACTOR", "1"))
EXAMPLES = {GenerationMode.POSITIVE: 2 * FACTOR, GenerationMode.NEGATIVE: 3 * FACTOR}
MEMBERS = {"type", "title", "status", "detail", "instance", "facts"}
# As it is generated: that is held elsewhere.
SCHEMA = schemathesis.openapi.from_dict(msgspec.json.decode((ROOT / "schemas/http/openapi.json").read_bytes()))
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
# A right request may still be refused for what is known only here: the object's state, a rule, an unknown id.
SCHEMA.config.generation.update(allow_extra_parameters=False)  # what a query has besides is nobody's business
SCHEMA.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "403", "404", "409", "410", "422"]


INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT")
# One bad ping among good ones is answered with its own verdict, never with a refusal of all.
JUDGED_ONE_BY_ONE = "POST /v1/rider/positions"
# Answers that come when there is something to say, and streams without an end, are asked for what there is now.
# Whoever says by a code or a token who they are is refused however well it is spelt.
LASTING = {"GET /v1/orders/{order_id}/feed": "wait_s", "GET /v1/orders/{order_id}/feed/events": "lasts_s"}
TAKES_ANYTHING = "/v1/p"  # from apps that are not ours; its own tests send what is wrong
SAY_WHO_CALLS = {"POST /v1/pairings/claim", "POST /v1/sessions/refresh", "GET /v1/p", "POST /v1/p"}


@pytest.fixture(scope="module")
def served(modules_stores) -> Iterator[Served]:
    with serving_worlds(*modules_stores) as served:
        yield served


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def tokens_for(served: Served, label: str) -> list[str]:
    """Return a token of everybody whom the route is open to."""
    row, world = TABLE[label], served.house.worlds["A"]
    callers = [world.caller(role) for role in ROLES if row.reach(role)]
    callers += [world.caller("operator", *Scope)] if row.operator else []
    return [served.house.token(caller) for caller in callers]


def with_known_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a request with ids of what there is: nothing is learnt from a hundred unknown ones.

    Instants are brought into the years that are reckoned with, which a schema cannot say.
    """
    if isinstance(value, str):
        return f"2028{value[4:]}" if INSTANT.match(value) else value
    if isinstance(value, dict):
        return {
            name: ids[name] if name in ids and isinstance(inner, str) else with_known_ids(inner, ids)
            for name, inner in value.items()
        }
    return [with_known_ids(inner, ids) for inner in value] if isinstance(value, list) else value


def wrong_requests_are_refused(ctx: Any, response: Any, case: Case) -> None:
    """As schemathesis checks it, but for spellings that the framework reads all the same.

    Of a parameter given twice the last counts; "5" is a 5, "true" is true, and a number is an instant.
    """
    try:
        negative_data_rejection(ctx, response, case)
    except AcceptedNegativeData:
        repeats = any(isinstance(value, list) for value in (case.query or {}).values())
        if not repeats and not any(_is_lenient(name, value) for name, value in _leaves(case.body)):
            raise


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    inner = (
        value.items() if isinstance(value, dict) else [(name, one) for one in value] if isinstance(value, list) else []
    )
    for inner_name, one in inner:
        yield from _leaves(one, str(inner_name))
    if not isinstance(value, dict | list):
        yield name, value


def _is_lenient(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"\s*(-?[0-9.]+(e[+-]?\d+)?|true|false|null)\s*", value, re.IGNORECASE) is not None
    return name.endswith(("_at", "until", "valid_from", "to")) and isinstance(value, int | float)


def refusals_are_problems(_: Any, response: Any, case: Case) -> None:
    """Every refusal is a problem document, from whichever layer it comes."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert set(problem) == MEMBERS
    assert (problem["status"], problem["detail"] != "") == (response.status_code, True)
    assert problem["type"].startswith("/problems/")


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_a_route_answers_as_documented(served, session, label, mode):
    operation, ids = OPERATIONS[label], served.house.worlds["A"].ids | {"name": "acceptance"}
    tokens, turns = tokens_for(served, label), count()
    takes_parts = bool(operation.body or list(operation.iter_parameters()))
    if mode is GenerationMode.NEGATIVE and (not takes_parts or f"{operation.path}/".startswith(f"{TAKES_ANYTHING}/")):
        pytest.skip("takes nothing that could be wrong")

    excluded = [negative_data_rejection] + ([positive_data_acceptance] if label in SAY_WHO_CALLS else [])
    checks = [refusals_are_problems] + ([] if label == JUDGED_ONE_BY_ONE else [wrong_requests_are_refused])

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES[mode], derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def call(case: Case) -> None:
        turn = next(turns)
        known = ids if turn % 4 else {}
        case.path_parameters = with_known_ids(case.path_parameters, known)
        if mode is GenerationMode.POSITIVE:
            case.query = with_known_ids(case.query, known)
            case.body = with_known_ids(case.body, known)
        if label in LASTING:
            case.query = {**(case.query or {}), LASTING[label]: 0}
        headers = {"Authorization": f"Bearer {tokens[turn % len(tokens)]}"} if tokens else {}
        case.call_and_validate(
            base_url=served.address, session=session, headers=headers, additional_checks=checks,
            excluded_checks=excluded,
        )  # fmt: skip

    call()

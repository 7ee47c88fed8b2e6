import msgspec
import pytest

from kernel.actors import Role
from recado.benches.feeds.sight import Inspection


def read(role: Role, *messages: dict) -> list[str]:
    inspection = Inspection(role)
    for message in ({"type": "snapshot", "seq": 14}, *messages):
        inspection.read(msgspec.json.encode(message))
    return inspection.faults


def an_event(seq: int, **fields: object) -> dict:
    return {"type": "event", "seq": seq, "event": {"type": "eta.revised", "cause": "traffic", **fields}}


def a_position(**fields: object) -> dict:
    return {"type": "position", "position": {"lat": -23.5, "lon": -46.6, **fields}}


def test_a_watcher_with_every_number_and_nothing_forbidden_has_no_faults():
    assert read(Role.CUSTOMER, an_event(15, breaks_promise=False), a_position(), an_event(16)) == []


def test_a_missing_number_is_a_fault():
    assert read(Role.CUSTOMER, an_event(16)) == ["number 16 came after 14"]


def test_a_number_that_came_twice_is_a_fault():
    assert read(Role.CUSTOMER, an_event(15), an_event(15)) == ["number 15 came after 15"]


def test_the_store_must_not_see_what_the_customer_may():
    assert read(Role.MERCHANT, an_event(15, was_at="then")) == ["a merchant saw was_at"]


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.FOLLOWER])
def test_who_the_rider_is_is_for_nobodys_eyes(role: Role):
    assert read(role, a_position(rider_id="rdr_1")) == [f"a {role} saw rider_id"]


def test_a_store_must_not_see_a_rider_who_has_left():
    assert read(Role.MERCHANT, a_position()) == ["a merchant saw where the rider is"]

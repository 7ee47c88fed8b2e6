from typing import Any

import pytest
from tests.simulator.town import Town, a_day

from simulator.checks import check, timelines
from simulator.feeds import Feed
from simulator.figures import Finding

INSTANT = "2026-03-06T15:00:00Z"
HISTORY = [
    ("order.received", {"order_id": "ord_1", "total_minor": 3490}),
    ("order.placed", {"order_id": "ord_1", "accept_by": INSTANT}),
    ("order.rider_assigned", {"order_id": "ord_1", "rider_id": "rdr_ana"}),
    ("eta.revised", {"order_id": "ord_1", "cause": "kitchen_late", "eta_at": INSTANT}),
    ("order.delivered", {"order_id": "ord_1", "proof": "code"}),
]


def as_desk(history: list[tuple[str, dict]]) -> list[dict]:
    return [
        {"seq": seq, "type": kind, "cause": "requested", "occurred_at": INSTANT, "payload": payload}
        for seq, (kind, payload) in enumerate(history, start=1)
    ]


def a_watched_town(messages: list[dict[str, Any]]) -> Town:
    town = Town(a_day(), {})
    feed = Feed("ord_1", "/", town.api.administrator, epoch="e", on_event=town.record.hear)
    town.record.feed = town.air.feeds["ord_1"] = feed
    for seq, message in enumerate(messages, start=1):
        feed._keep(seq, message)
    return town


def broken(town: Town, history: list[dict]) -> list[Finding]:
    return [finding for finding in check(town.scene, {"ord_1": history}) if not finding.holds]


def as_customer(history: list[tuple[str, dict]]) -> list[dict]:
    return [{"type": kind, "occurred_at": INSTANT, "stage": "waiting", **payload} for kind, payload in history]


def test_a_customer_who_saw_everything_breaks_nothing():
    messages = as_customer(HISTORY)
    messages[2] = {"type": "hidden"}

    assert broken(a_watched_town(messages), as_desk(HISTORY)) == []


def test_a_message_that_tells_something_else_than_happened_is_named():
    messages = as_customer(HISTORY)
    messages[3]["cause"] = "traffic"

    (finding,) = broken(a_watched_town(messages), as_desk(HISTORY))

    assert finding.faults == ["ord_1: message 4, eta.revised, says cause 'traffic', the event 'kitchen_late'"]


def test_a_message_of_another_kind_is_named():
    messages = as_customer(HISTORY)
    messages[1]["type"] = "order.rejected"

    (finding,) = broken(a_watched_town(messages), as_desk(HISTORY))

    assert finding.faults == ["ord_1: message 2 is order.rejected, event 2 is order.placed"]


def test_a_customer_who_missed_the_last_message_is_found():
    names = {finding.name for finding in broken(a_watched_town(as_customer(HISTORY)[:-1]), as_desk(HISTORY))}

    assert "every customer's messages equal the order's history one by one" in names
    assert "every order was answered and came to an end" in names


def test_a_history_with_a_gap_is_found():
    history = as_desk(HISTORY)
    history[3]["seq"] = 9

    names = {finding.name for finding in broken(a_watched_town(as_customer(HISTORY)), history)}

    assert "no order's history has a gap" in names


@pytest.mark.parametrize(
    "between", [[], [("order.rider_unassigned", {"rider_id": "rdr_ana"})]], ids=["at once", "after"]
)
def test_two_riders_may_have_one_order_only_one_after_the_other(between: list):
    second = ("order.rider_assigned", {"order_id": "ord_1", "rider_id": "rdr_beto"})
    history = [*HISTORY[:3], *between, second, *HISTORY[3:]]

    faults = [
        fault for finding in broken(a_watched_town(as_customer(history)), as_desk(history)) for fault in finding.faults
    ]

    assert faults == ([] if between else ["ord_1: rdr_beto got it while rdr_ana had it"])


def test_a_timeline_is_read_from_the_history():
    town = a_watched_town(as_customer(HISTORY))

    (line,) = timelines(town.scene, {"ord_1": as_desk(HISTORY)}, {"rdr_ana": "ana"})

    assert line.outcome == "delivered"
    assert line.rider == "ana"
    assert line.delivered_at is not None
    assert line.picked_up_at is None

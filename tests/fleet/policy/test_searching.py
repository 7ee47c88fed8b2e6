from datetime import UTC, datetime, timedelta

from fleet.policy import searching as policy
from fleet.policy.dispatch.facts import DispatchRules

NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)


def test_a_rider_should_be_found_in_good_time_before_the_food_is_ready():
    assert policy.due_at(ready_by=NOON, now=NOON - timedelta(minutes=20)) == NOON - timedelta(minutes=5)


def test_a_rider_should_be_found_at_once_where_the_food_is_nearly_ready_or_nobody_said_when():
    assert policy.due_at(ready_by=NOON, now=NOON - timedelta(minutes=3)) == NOON - timedelta(minutes=3)
    assert policy.due_at(ready_by=None, now=NOON) == NOON


def test_the_desk_is_never_alerted_while_dispatch_waits_on_purpose():
    rules = DispatchRules()
    may_wait = timedelta(seconds=rules.early_s + rules.round_s + rules.answer_s)

    due_at = policy.due_at(ready_by=NOON, now=NOON - timedelta(hours=1))

    assert due_at <= NOON - may_wait  # From here on somebody near is asked,
    assert due_at + policy.ALERT_AFTER >= NOON - may_wait + 2 * timedelta(seconds=rules.ask_again_s)  # and others too.

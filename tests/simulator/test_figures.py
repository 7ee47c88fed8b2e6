from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from simulator.figures import Timeline, measure, percentile

NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)


def a_timeline(**changes: object) -> Timeline:
    usual = Timeline(
        name="o1",
        outcome="delivered",
        placed_at=NOON,
        promised_by=NOON + timedelta(minutes=40),
        ready_at=NOON + timedelta(minutes=15),
        picked_up_at=NOON + timedelta(minutes=18),
        delivered_at=NOON + timedelta(minutes=30),
    )
    return msgspec.structs.replace(usual, **changes)


def test_click_to_door_is_measured_from_placement_to_the_door():
    figures = measure([a_timeline(), a_timeline(delivered_at=NOON + timedelta(minutes=50))])

    assert figures.click_to_door_mean_min == 40
    assert figures.click_to_door_p95_min == 50
    assert figures.ready_to_pickup_mean_min == 3


def test_a_promise_is_kept_at_its_very_second():
    late = a_timeline(delivered_at=NOON + timedelta(minutes=40, seconds=1))
    in_time = a_timeline(delivered_at=NOON + timedelta(minutes=40))

    assert measure([late, in_time]).promise_kept_share == 0.5


def test_what_was_not_delivered_is_counted_by_reason():
    lost = a_timeline(outcome="expired", delivered_at=None, picked_up_at=None)

    figures = measure([a_timeline(), lost, lost, msgspec.structs.replace(lost, outcome="cancelled")])

    assert figures.delivered == 1
    assert figures.not_delivered == {"cancelled": 1, "expired": 2}


def test_a_day_without_orders_has_no_means():
    figures = measure([])

    assert figures.click_to_door_mean_min is None
    assert figures.promise_kept_share is None


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (20, 19), (100, 95), (252, 240)])
def test_percentiles_are_nearest_ranks(count: int, expected: int):
    assert percentile(list(range(1, count + 1)), 95) == expected

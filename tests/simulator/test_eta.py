from datetime import UTC, datetime, timedelta

import pytest

from simulator.eta import Told, error_at_pickup, error_at_placing

EIGHT = datetime(2026, 3, 6, 23, tzinfo=UTC)


def at(minute: float) -> str:
    return (EIGHT + timedelta(minutes=minute)).isoformat()


def told(*events: tuple[str, dict]) -> Told:
    customer = Told()
    for kind, facts in events:
        customer.hear({"type": kind, **facts})
    return customer


def a_delivery(*, first: float, at_pickup: float, door: float) -> Told:
    return told(
        ("promise.made", {"promised_by": at(40), "eta_at": at(first)}),
        ("order.picked_up", {"occurred_at": at(15)}),
        ("eta.revised", {"eta_at": at(at_pickup), "cause": "picked_up"}),
        ("eta.revised", {"eta_at": at(99), "cause": "traffic"}),
        ("order.delivered", {"occurred_at": at(door)}),
    )


def test_estimates_are_held_against_the_door_as_they_stood_when_placed_and_when_picked_up():
    both = [a_delivery(first=30, at_pickup=35, door=36), a_delivery(first=30, at_pickup=29, door=26)]

    placed, picked_up = error_at_placing(both), error_at_pickup(both)

    assert placed is not None
    assert picked_up is not None
    assert (placed.bias_min, placed.mae_min, placed.p90_min) == pytest.approx((1, 5, 6))
    assert (picked_up.bias_min, picked_up.mae_min) == pytest.approx((-1, 2))


def test_a_promise_is_kept_or_broken_once_the_customer_has_the_food():
    assert a_delivery(first=30, at_pickup=35, door=36).is_kept is True
    assert a_delivery(first=30, at_pickup=35, door=41).is_kept is False
    assert told(("promise.made", {"promised_by": at(40), "eta_at": at(30)})).is_kept is None


def test_without_a_delivery_there_is_no_error():
    assert error_at_placing([Told()]) is None

"""An estimate is a chain of steps, each where it is known or expected. All times in minutes from noon."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from kernel.geo import Point
from kernel.ids import OrderId
from tracking.model import EstimateRules, Progress, RevisionCause, Told, Window
from tracking.policy import eta

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RULES = EstimateRules()


def at(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def progress(**steps: Any) -> Progress:
    """Placed at noon, 15 min of prep, 10 min of way; steps in minutes."""
    placed = Progress(
        order_id=OrderId("ord_1"),
        store=Point(lat=0, lon=0),
        dropoff=Point(lat=0, lon=0),
        placed_at=NOON,
        prep_s=900,
        vehicle="motorcycle",
        travel_s=600,
    )
    return msgspec.structs.replace(placed, **{name: at(value) for name, value in steps.items()})


def eta_of(order: Progress, now: float) -> float:
    return (eta.estimate(order, rules=RULES, now=at(now)).eta_at - NOON).total_seconds() / 60


ACCEPTED = {"accepted_at": 2, "ready_by": 17}
CARRIED = ACCEPTED | {"assigned_at": 5, "pickup_eta_at": 12}
WAITING = CARRIED | {"arrived_at_pickup_at": 12}


@pytest.mark.parametrize(
    ("steps", "now", "expected"),
    [
        pytest.param({}, 0, 2 + 15 + 2 + 10 + 2, id="placed"),
        pytest.param({}, 3, 3 + 2 + 15 + 14, id="not answered in time: two more minutes"),
        pytest.param(ACCEPTED, 3, 17 + 14, id="accepted, the rider meets the food"),
        pytest.param(ACCEPTED, 14, 14 + 8 + 14, id="no rider yet, and the food is sooner"),
        pytest.param(ACCEPTED | {"ready_at": 12}, 12, 12 + 8 + 14, id="ready, but no rider"),
        pytest.param(CARRIED, 6, 17 + 14, id="the rider comes before the food"),
        pytest.param(CARRIED | {"ready_at": 9}, 10, 12 + 14, id="the food waits for the rider"),
        pytest.param(CARRIED | {"ready_at": 9}, 13, 15 + 14, id="the rider is late"),
        pytest.param(
            ACCEPTED | {"assigned_at": 5, "ready_at": 9}, 9, 5 + 8 + 14, id="a rider who gave no time: the usual one"
        ),
        pytest.param(WAITING, 18, 18 + 2 + 14, id="the food is late"),
        pytest.param(WAITING, 23, 23 + 6 + 14, id="later still: pushed as far again as it is late"),
        pytest.param(WAITING, 17 + 40, 57 + 15 + 14, id="but never more than a quarter of an hour"),
        pytest.param(WAITING | {"ready_at": 17}, 18, 17 + 14, id="both there"),
        pytest.param(WAITING | {"ready_at": 17}, 20, 20 + 2 + 12, id="both there, not gone"),
        pytest.param(WAITING | {"picked_up_at": 20}, 21, 20 + 12, id="on the way"),
        pytest.param(WAITING | {"picked_up_at": 20}, 31, 31 + 2 + 2, id="should be at the door"),
        pytest.param(WAITING | {"picked_up_at": 20, "arrived_at_dropoff_at": 27}, 27, 29, id="at the door"),
        pytest.param(WAITING | {"picked_up_at": 20, "arrived_at_dropoff_at": 27}, 30, 32, id="still at the door"),
    ],
)
def test_the_estimate_follows_the_steps(steps, now, expected):
    assert eta_of(progress(**steps), now) == pytest.approx(expected)


def test_the_band_narrows_as_the_order_nears():
    early = eta.estimate(progress(), rules=RULES, now=NOON)
    late = eta.estimate(progress(**WAITING, picked_up_at=20), rules=RULES, now=at(30))

    assert early.high_at - early.low_at == timedelta(minutes=31) * 0.4
    assert late.high_at - late.low_at == timedelta(minutes=2)
    assert late.low_at > at(30)


@pytest.mark.parametrize(
    ("steps", "now", "expected"),
    [
        pytest.param({}, 0, 2, id="when the answer is due"),
        pytest.param(ACCEPTED, 3, 19, id="when the food should leave"),
        pytest.param(WAITING | {"picked_up_at": 20}, 21, 32, id="when it should be there"),
    ],
)
def test_it_is_looked_at_again_when_the_next_step_is_due(steps, now, expected):
    assert eta.estimate(progress(**steps), rules=RULES, now=at(now)).look_at == at(expected)


def test_the_promise_is_a_window_in_whole_minutes_around_the_first_estimate():
    first = eta.estimate(progress(), rules=RULES, now=NOON)

    window = eta.promise(msgspec.structs.replace(first, eta_at=at(31.5)), rules=RULES)

    assert (window.promised_from, window.promised_by) == (at(26), at(47))
    assert eta.promise(first, rules=RULES).promised_by == at(46)


TOLD = Told(window=Window(promised_from=at(25), promised_by=at(45)), eta_at=at(30), revision_no=2)


def revise(minutes: float, *, now: float = 0) -> Any:
    found = msgspec.structs.replace(eta.estimate(progress(), rules=RULES, now=NOON), eta_at=at(minutes))
    return eta.revise(TOLD, found, RevisionCause.TRAFFIC, rules=RULES, now=at(now))


@pytest.mark.parametrize("minutes", [29, 30, 31])
def test_up_to_a_minute_is_not_worth_a_word(minutes):
    assert revise(minutes) is None


@pytest.mark.parametrize("minutes", [28.9, 31.1])
def test_more_than_a_minute_either_way_is_told(minutes):
    revision = revise(minutes)

    assert (revision.revision_no, revision.was_at, revision.eta_at) == (3, at(30), at(minutes))


def test_an_estimate_that_has_passed_is_replaced_however_little_it_moves():
    assert revise(30.5, now=30).eta_at == at(30.5)


@pytest.mark.parametrize(("minutes", "breaks"), [(45, False), (45.1, True)])
def test_a_revision_breaks_the_promise_behind_its_very_end(minutes, breaks):
    assert revise(minutes).breaks_promise is breaks


@pytest.mark.parametrize(
    ("steps", "now", "cause"),
    [
        pytest.param({}, 3, "acceptance_awaited", id="nobody answered"),
        pytest.param(ACCEPTED, 18, "kitchen_late", id="past ready_by"),
        pytest.param(ACCEPTED, 16, "rider_awaited", id="no rider, and the food not due yet"),
        pytest.param(ACCEPTED | {"ready_at": 15}, 18, "rider_awaited", id="no rider for food that is ready"),
        pytest.param(CARRIED | {"ready_at": 9}, 18, "traffic", id="the rider is not there yet"),
        pytest.param(WAITING, 18, "waiting_at_pickup", id="the rider waits"),
        pytest.param(WAITING | {"picked_up_at": 20}, 40, "traffic", id="on the way"),
    ],
)
def test_what_is_overdue_has_a_cause(steps, now, cause):
    assert eta.overdue_cause(progress(**steps), now=at(now)) == cause

from datetime import UTC, datetime

import pytest
from tests.merchant.builders import CANTINA, MINUTE, NOON, a_store, an_id

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import StoreId
from merchant.model.stores import Busy, OpeningHours, OpenSpan
from merchant.policy import stores as policy

LUNCH = OpenSpan(opens="11:00", closes="15:00")
EVENING = OpenSpan(opens="18:00", closes="24:00")
NIGHT = OpenSpan(opens="19:00", closes="02:30")
SAO_PAULO = "America/Sao_Paulo"  # UTC-3 all year


def is_open(hours: OpeningHours, day: int, hour: int, minute: int = 0) -> bool:
    """Whether it is open at this hour of a local day; 2 March 2026 is a Monday."""
    local_in_utc = datetime(2026, 3, day, hour, minute, tzinfo=UTC) + 180 * MINUTE
    return policy.is_open(hours, time_zone=SAO_PAULO, at=local_in_utc)


def test_a_store_without_hours_is_always_open():
    assert is_open(OpeningHours(), 2, 4)


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(10, 59, False), (11, 0, True), (14, 59, True), (15, 0, False), (18, 0, True)]
)
def test_it_opens_and_closes_to_the_minute_by_the_clock_on_its_wall(hour, minute, expected):
    assert is_open(OpeningHours(monday=[LUNCH, EVENING]), 2, hour, minute) is expected


def test_a_day_without_spans_is_closed():
    assert not is_open(OpeningHours(monday=[LUNCH]), 3, 12)


def test_midnight_ends_the_day():
    assert is_open(OpeningHours(monday=[EVENING]), 2, 23, 59)
    assert not is_open(OpeningHours(monday=[EVENING]), 3, 0)


def test_a_night_that_began_yesterday_goes_on():
    hours = OpeningHours(sunday=[NIGHT])

    assert is_open(hours, 1, 23)
    assert is_open(hours, 2, 2, 29)
    assert not is_open(hours, 2, 2, 30)
    assert not is_open(hours, 2, 23)


def test_round_the_clock_is_a_span_that_closes_when_it_opens():
    hours = OpeningHours(monday=[OpenSpan(opens="08:00", closes="08:00")])

    assert is_open(hours, 2, 23)
    assert is_open(hours, 3, 7, 59)
    assert not is_open(hours, 3, 8)


def test_a_pause_ends_by_itself():
    paused = a_store(paused_until=NOON + 30 * MINUTE)

    assert policy.is_paused(paused, at=NOON)
    assert not policy.is_paused(paused, at=NOON + 30 * MINUTE)
    assert not policy.is_paused(a_store(), at=NOON)


def test_busy_mode_adds_minutes_until_its_end():
    busy = a_store(default_prep_minutes=15, busy=Busy(extra_minutes=10, until=NOON + 60 * MINUTE))

    assert policy.prep_minutes(busy, at=NOON) == 25
    assert policy.prep_minutes(busy, at=NOON + 60 * MINUTE) == 15


def test_no_kitchen_promises_more_than_two_hours():
    busy = a_store(default_prep_minutes=100, busy=Busy(extra_minutes=60, until=NOON + 60 * MINUTE))

    assert policy.prep_minutes(busy, at=NOON) == 120


NENA = Caller(role=Role.MERCHANT, id=an_id("per"), store_ids=frozenset({CANTINA}))
STRANGER = Caller(role=Role.MERCHANT, id=an_id("per", 2), store_ids=frozenset({StoreId(an_id("sto", 2))}))
DISPATCHER = Caller(role=Role.OPERATOR, id=an_id("per", 3), scopes=frozenset({Scope.DISPATCH}))
ADMINISTRATOR = Caller(role=Role.OPERATOR, id=an_id("per", 4), scopes=frozenset({Scope.ADMINISTRATION}))
RIDER = Caller(role=Role.RIDER, id=an_id("rdr"), store_ids=frozenset({CANTINA}))


@pytest.mark.parametrize(
    ("caller", "tickets", "settings", "phone"),
    [
        (NENA, True, True, True),
        (STRANGER, False, False, False),
        (DISPATCHER, True, False, True),
        (ADMINISTRATOR, False, True, True),
        (RIDER, False, False, False),
    ],
    ids=["staff", "another store's staff", "dispatcher", "administrator", "rider"],
)
def test_who_may_do_what_at_a_store(caller, tickets, settings, phone):
    assert policy.may_work_on_tickets(caller, CANTINA) is tickets
    assert policy.may_change_store(caller, CANTINA) is settings
    assert policy.may_see_phone(caller, CANTINA) is phone

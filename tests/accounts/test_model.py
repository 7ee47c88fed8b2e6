from datetime import UTC, datetime, timedelta

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.events import Cause

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BETO = Caller(role=Role.RIDER, id="rdr_1")
DESK = Caller(role=Role.OPERATOR, id="per_1", scopes=frozenset({Scope.DISPATCH}))


def test_a_phone_says_when_it_really_happened():
    act = BETO.act(NOON, occurred_at=NOON - timedelta(minutes=50))

    assert (act.now, act.occurred_at, act.cause) == (NOON, NOON - timedelta(minutes=50), Cause.REQUESTED)


def test_nothing_happens_in_the_future():
    assert BETO.act(NOON, occurred_at=NOON + timedelta(hours=1)).occurred_at == NOON


def test_what_an_operator_does_is_done_by_hand():
    assert DESK.act(NOON).cause is Cause.BY_HAND


def test_only_operators_have_scopes():
    assert DESK.has(Scope.DISPATCH)
    assert not DESK.has(Scope.RULES)
    assert not BETO.has(Scope.DISPATCH)

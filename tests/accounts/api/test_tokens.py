import pytest

from accounts.api.tokens import Me, TokenRequest, caller_from, get_me
from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.ids import StoreId

ONE = "0" * 25 + "1"
STORE = StoreId(f"sto_{ONE}")


def test_a_token_is_asked_for_a_stores_staff():
    caller = caller_from(TokenRequest(role=Role.MERCHANT, subject_id=f"per_{ONE}", store_ids=[STORE]))

    assert caller == Caller(role=Role.MERCHANT, id=f"per_{ONE}", store_ids=frozenset({STORE}))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (TokenRequest(role=Role.SYSTEM, subject_id="recado"), "role"),
        (TokenRequest(role=Role.RIDER, subject_id=f"cus_{ONE}"), "subject_id"),
        (TokenRequest(role=Role.CUSTOMER, subject_id=f"cus_{ONE}", scopes=[Scope.SUPPORT]), "scopes"),
        (TokenRequest(role=Role.MERCHANT, subject_id=f"per_{ONE}"), "store_ids"),
        (TokenRequest(role=Role.CUSTOMER, subject_id=f"cus_{ONE}", store_ids=[STORE]), "store_ids"),
    ],
    ids=["the house", "another kind of id", "a scope too many", "staff of nowhere", "a customer with a store"],
)
def test_a_contradiction_is_named(request_: TokenRequest, field: str):
    with pytest.raises(InvalidField) as refusal:
        caller_from(request_)

    assert refusal.value.facts["field"] == field


def test_whoever_calls_learns_who_they_are_and_what_they_may():
    nena = Caller(role=Role.MERCHANT, id=f"per_{ONE}", store_ids=frozenset({STORE}))

    assert get_me.fn(nena) == Me(role=Role.MERCHANT, id=f"per_{ONE}", scopes=[], store_ids=[STORE])

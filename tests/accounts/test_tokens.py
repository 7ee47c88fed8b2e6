from datetime import timedelta

import jwt
import pytest

from accounts.errors import TokenRefused
from accounts.model import Caller, Scope
from accounts.tokens import REMEMBERED, Tokens
from kernel.actors import Role
from kernel.ids import StoreId

SECRET = "a secret of at least thirty-two characters"
NENA = Caller(role=Role.MERCHANT, id="per_1", store_ids=frozenset({StoreId("sto_1")}))
DESK = Caller(role=Role.OPERATOR, id="per_2", scopes=frozenset({Scope.DISPATCH, Scope.INTAKE}))


@pytest.mark.parametrize("caller", [NENA, DESK], ids=["store's staff", "operator"])
def test_a_token_says_who_is_calling(caller: Caller):
    tokens = Tokens(SECRET)

    assert tokens.verify(tokens.issue(caller)) == caller
    assert tokens.verify(tokens.issue(caller)) == caller


def test_a_token_of_another_house_is_refused():
    with pytest.raises(TokenRefused):
        Tokens(SECRET).verify(Tokens(SECRET[::-1]).issue(NENA))


def test_a_token_is_over_also_when_it_was_remembered():
    tokens = Tokens(SECRET)
    token = tokens.issue(NENA, lifetime=timedelta(seconds=1))
    tokens.verify(token)
    tokens._verified[token] = (NENA, tokens._verified[token][1] - timedelta(seconds=2))

    with pytest.raises(TokenRefused):
        tokens.verify(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "per_1", "role": "merchant", "iss": "recado"},
        {"sub": "per_1", "role": "merchant", "exp": 4e9},
        {"sub": "per_1", "role": "merchant", "exp": 1, "iss": "recado"},
        {"sub": "per_1", "role": "emperor", "exp": 4e9, "iss": "recado"},
        {"sub": "recado", "role": "system", "exp": 4e9, "iss": "recado"},
        {"role": "merchant", "exp": 4e9, "iss": "recado"},
    ],
    ids=["endless", "nobody's", "over", "no such role", "the house itself", "nameless"],
)
def test_a_token_that_lacks_something_is_refused(claims: dict[str, object]):
    with pytest.raises(TokenRefused):
        Tokens(SECRET).verify(jwt.encode(claims, SECRET, algorithm="HS256"))


def test_an_unsigned_token_is_refused():
    unsigned = jwt.encode({"sub": "per_1", "role": "operator", "exp": 4e9, "iss": "recado"}, None, algorithm="none")

    with pytest.raises(TokenRefused):
        Tokens(SECRET).verify(unsigned)


def test_a_flood_of_tokens_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("accounts.tokens.REMEMBERED", 3)
    tokens = Tokens(SECRET)

    for _ in range(10):
        tokens.verify(tokens.issue(NENA))

    assert len(tokens._verified) == 3 < REMEMBERED

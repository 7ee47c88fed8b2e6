from datetime import timedelta
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from accounts.guards import allow
from accounts.model import Caller, Scope
from accounts.tokens import LIFETIME, Tokens
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.ids import StoreId, is_id
from kernel.text import GIVEN_ID

_PREFIX: Final = {Role.RIDER: "rdr", Role.CUSTOMER: "cus", Role.MERCHANT: "per", Role.OPERATOR: "per"}
_A_DAY_S: Final = 86_400
CALLERS: Final = [role for role in Role if role is not Role.SYSTEM]


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the token shall speak for."""

    role: Role
    subject_id: Annotated[str, GIVEN_ID]
    store_ids: Annotated[list[Annotated[StoreId, GIVEN_ID]], msgspec.Meta(max_length=500)] = []
    scopes: Annotated[list[Scope], msgspec.Meta(max_length=20)] = []
    lifetime_s: Annotated[int, msgspec.Meta(ge=60, le=_A_DAY_S)] = int(LIFETIME.total_seconds())


class TokenIssued(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, to be sent as `Authorization: Bearer …`."""

    access_token: str
    token_type: str
    expires_in_s: int


@post("/v1/tokens", status_code=200, guards=[allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])])
async def issue_token(data: JSONBody[TokenRequest], tokens: NamedDependency[Tokens]) -> TokenIssued:
    """Issue an access token for a rider, a customer, a store's staff, an operator or a platform."""
    caller = caller_from(data)
    token = tokens.issue(caller, lifetime=timedelta(seconds=data.lifetime_s))
    return TokenIssued(access_token=token, token_type="Bearer", expires_in_s=data.lifetime_s)  # noqa: S106


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token speaks for, and what it opens."""

    role: Role
    id: str
    scopes: list[Scope]
    store_ids: list[StoreId]


@get("/v1/me", guards=[allow(*CALLERS)], sync_to_thread=False)
def get_me(caller: NamedDependency[Caller]) -> Me:
    """Tell who is calling, as the token says it."""
    return Me(role=caller.role, id=caller.id, scopes=sorted(caller.scopes), store_ids=sorted(caller.store_ids))


def caller_from(request: TokenRequest) -> Caller:
    """Return the caller a token is asked for, or say which field contradicts the role."""
    prefix = _PREFIX.get(request.role)
    if request.role is Role.SYSTEM:
        raise InvalidField("role", "the house itself never calls from outside")
    if prefix and not is_id(request.subject_id, prefix):
        raise InvalidField("subject_id", f"a {request.role} is named by an id that begins with {prefix}_")
    if request.scopes and request.role is not Role.OPERATOR:
        raise InvalidField("scopes", "only operators carry scopes")
    if bool(request.store_ids) != (request.role is Role.MERCHANT):
        raise InvalidField("store_ids", "merchant staff, and only they, belong to stores")
    return Caller(
        role=request.role,
        id=request.subject_id,
        scopes=frozenset(request.scopes),
        store_ids=frozenset(request.store_ids),
    )


ROUTES: Final = [issue_token, get_me]

from datetime import timedelta
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from accounts.guards import allow
from accounts.model import CALLERS, Caller, Scope, Subject
from accounts.policy import check_subject
from accounts.tokens import LIFETIME, Tokens
from kernel.actors import Role
from kernel.ids import StoreId
from kernel.text import GIVEN_ID

_A_DAY_S: Final = 86_400


class SubjectRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a token or a device shall speak for."""

    role: Role
    store_ids: Annotated[list[Annotated[StoreId, GIVEN_ID]], msgspec.Meta(max_length=500)] = []
    scopes: Annotated[list[Scope], msgspec.Meta(max_length=20)] = []
    is_manager: bool = False

    def subject(self, subject_id: str) -> Subject:
        """Return whom it shall speak for, each store and scope named once."""
        return Subject(
            role=self.role,
            subject_id=subject_id,
            store_ids=tuple(sorted(set(self.store_ids))),
            scopes=tuple(sorted(set(self.scopes))),
            is_manager=self.is_manager,
        )


class TokenRequest(SubjectRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who the token shall speak for, and for how long."""

    subject_id: Annotated[str, GIVEN_ID]
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
    """Who the token speaks for, what it opens, and the paired device it was issued to, if any."""

    role: Role
    id: str
    scopes: list[Scope]
    store_ids: list[StoreId]
    is_manager: bool = False
    device_id: str | None = None


@get("/v1/me", guards=[allow(*CALLERS)], sync_to_thread=False)
def get_me(caller: NamedDependency[Caller]) -> Me:
    """Tell who is calling, as the token says it."""
    return Me(
        role=caller.role,
        id=caller.id,
        scopes=sorted(caller.scopes),
        store_ids=sorted(caller.store_ids),
        is_manager=caller.is_manager,
        device_id=caller.grant.id if caller.grant else None,
    )


def caller_from(request: TokenRequest) -> Caller:
    """Return the caller a token is asked for, or say which field contradicts the role."""
    subject = request.subject(request.subject_id)
    check_subject(subject)
    return subject.caller()


ROUTES: Final = [issue_token, get_me]

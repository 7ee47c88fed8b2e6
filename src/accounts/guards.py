"""Who may call a route. `guards=[allow(Role.RIDER)]` on the handler; objects are checked in commands and queries."""

from collections.abc import Iterable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Scope as ConnectionScope

from accounts.errors import TokenRefused
from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from kernel.actors import Role
from kernel.errors import Forbidden, NotFound

SUBPROTOCOL: Final = "bearer"  # browsers cannot set headers on a WebSocket: `bearer, <token>` instead


def caller_of(scope: ConnectionScope, tokens: Tokens) -> Caller:
    """Return who is calling; raises `TokenRefused`. Asked once per connection, then remembered in it."""
    known = scope["state"].get("caller")
    if known is None:
        known = tokens.verify(token_of(scope))
        scope["state"]["caller"] = known
    return known


class allow:  # noqa: N801  reads as the word it is: guards=[allow(Role.RIDER)]
    """Let these roles in; an operator also needs one of `scopes` where any are named.

    Where the path names an object, everybody else is told that there is no such thing.
    """

    def __init__(self, *roles: Role, scopes: Iterable[Scope] = ()) -> None:
        self.roles = frozenset(roles)
        self.scopes = frozenset(scopes)

    # Litestar runs a guard that is no coroutine in a thread, which takes longer than many a route.
    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Refuse whoever is not let in."""
        if not self.lets_in(caller_of(connection.scope, connection.app.state.tokens)):
            raise NotFound if connection.path_params else Forbidden

    def lets_in(self, caller: Caller) -> bool:
        """Tell whether this caller is let in."""
        lacks_scope = caller.role is Role.OPERATOR and bool(self.scopes) and not self.scopes & caller.scopes
        return caller.role in self.roles and not lacks_scope


def token_of(scope: ConnectionScope) -> str:
    """Return the access token that came with a request or a handshake; raises `TokenRefused`."""
    headers = dict(scope["headers"])
    kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if kind.lower() == SUBPROTOCOL and token:
        return token.strip()
    offered = [part.strip() for part in headers.get(b"sec-websocket-protocol", b"").decode("latin-1").split(",")]
    if len(offered) == 2 and offered[0] == SUBPROTOCOL:  # noqa: PLR2004  the word and the token
        return offered[1]
    raise TokenRefused("Send 'Authorization: Bearer <access token>'.")

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from accounts.guards import allow
from accounts.model import Scope
from kernel.actors import Role
from kernel.errors import NotFound
from merchant.errors import TicketNotFound

_kitchen_or_desk: Final = allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.DISPATCH])


async def answers_tickets(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let store staff and the dispatch desk in; everybody else hears what they would of a ticket that never was."""
    try:
        await _kitchen_or_desk(connection, handler)
    except NotFound:
        raise TicketNotFound from None

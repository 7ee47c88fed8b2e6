from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import Caller
from infra.db import Tx
from kernel.actors import Role
from kernel.ids import EscalationId
from kernel.text import NO_NUL, Text
from merchant import commands, queries
from merchant.commands.escalations import DESK
from merchant.model.escalations import Escalation, Help, HelpOutcome
from merchant.queries import EscalationPage

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
_DESK: Final = [allow(Role.OPERATOR, scopes=DESK)]


class HelpRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the desk reached, why it happened, and what is to be done.

    `minutes` is needed by three outcomes: of prep (accepted_on_behalf), of window (window_extended), of pause
    (store_paused).
    """

    reached: Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
    reason: Annotated[Text, msgspec.Meta(min_length=1, max_length=500)]
    outcome: HelpOutcome
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] | None = None


@get("/v1/escalations", guards=_DESK)
async def list_escalations(tx: NamedDependency[Tx], cursor: Cursor = None, limit: Limit = 50) -> EscalationPage:
    """List the stores to ring up, oldest call first."""
    return await queries.list_escalations(tx, cursor=cursor, limit=limit)


@post("/v1/escalations/{escalation_id:str}/resolve", status_code=200, guards=_DESK)
async def resolve(
    escalation_id: FromPath[EscalationId],
    data: JSONBody[HelpRequest],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Escalation:
    """Record whom the desk reached, and do what was agreed. Safe to repeat."""
    help_given = Help(reached=data.reached, reason=data.reason, outcome=data.outcome, minutes=data.minutes)
    return await commands.resolve_escalation(tx, escalation_id, help_given, by=caller, now=now)


ROUTES: Final = [list_escalations, resolve]

"""Why a rider is not believed, or silent; and the desk's word that they are to be."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accounts.guards import allow
from accounts.model import Caller, Scope
from fleet.commands import truth as commands
from fleet.queries.truth import RiderTruth
from fleet.queries.truth import get_truth as find
from infra.db import Tx
from kernel.actors import Role
from kernel.events import Cause
from kernel.ids import RiderId
from kernel.text import Text

Reason = Annotated[Text, msgspec.Meta(min_length=1, max_length=200)]


class Believing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the rider is to be believed although there is evidence."""

    reason: Reason


@get("/v1/riders/{rider_id:str}/truth", guards=[allow(Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])])
async def get_truth(rider_id: FromPath[RiderId], tx: NamedDependency[Tx], now: NamedDependency[datetime]) -> RiderTruth:
    """Return how far a rider's places are believed and why, how they move, and why nothing comes from them if so."""
    return await find(tx, rider_id, now=now)


@post("/v1/riders/{rider_id:str}/trust", status_code=200, guards=[allow(Role.OPERATOR, scopes=[Scope.DISPATCH])])
async def trust_rider(
    rider_id: FromPath[RiderId],
    data: JSONBody[Believing],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> RiderTruth:
    """Believe a rider for the day: the evidence so far no longer counts. Safe to repeat."""
    act = msgspec.structs.replace(caller.act(now), cause=Cause.BY_HAND)
    await commands.trust(tx, rider_id, reason=data.reason, act=act)
    return await find(tx, rider_id, now=now)


ROUTES: Final = [get_truth, trust_rider]

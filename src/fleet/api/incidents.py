"""What happens on the way: reported by the rider's phone, planned by the desk."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import Caller, Scope
from fleet.commands import incidents as commands
from fleet.model.incidents import Incident, IncidentKind, IncidentPlan, IncidentReport
from fleet.queries import incidents as queries
from fleet.queries.incidents import IncidentPage
from infra.db import Tx
from kernel.actors import Role
from kernel.geo import Lat, Lon, Point
from kernel.ids import CityId, DeliveryId, IncidentId, ReportId
from kernel.instants import Dated, Instant
from kernel.text import GIVEN_ID, NO_NUL, Text

Note = Annotated[Text, msgspec.Meta(max_length=500)]
CityQuery = Annotated[CityId | None, QueryParameter(name="city_id", max_length=64, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
IsOpen = Annotated[bool, QueryParameter(name="open")]
_DESK: Final = [allow(Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])]


class IncidentSaid(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened at `occurred_at` by the phone's clock, and where, if it knows."""

    report_id: Annotated[ReportId, GIVEN_ID]
    occurred_at: Instant
    kind: IncidentKind
    note: Note = ""
    lat: Lat | None = None
    lon: Lon | None = None

    def report(self) -> IncidentReport:
        """Return it as the house takes it; half a place is none."""
        is_placed = self.lat is not None and self.lon is not None
        return IncidentReport(
            report_id=self.report_id,
            occurred_at=self.occurred_at,
            kind=self.kind,
            note=self.note,
            place=Point(lat=self.lat or 0.0, lon=self.lon or 0.0) if is_placed else None,
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done, and in words for the rider how."""

    plan: IncidentPlan
    note: Note = ""


@post("/v1/deliveries/{delivery_id:str}/incidents", status_code=200, guards=[allow(Role.RIDER)])
async def report_incident(
    delivery_id: FromPath[DeliveryId],
    data: JSONBody[IncidentSaid],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Incident:
    """Say what happened on the way; the desk makes a plan. Safe to repeat with the same report_id."""
    act = caller.act(now, occurred_at=data.occurred_at)
    return await commands.report_incident(tx, delivery_id, data.report(), act=act)


@get("/v1/incidents", guards=_DESK)
async def list_incidents(
    tx: NamedDependency[Tx],
    is_open: IsOpen = False,  # noqa: FBT002  a query's default
    city_id: CityQuery = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> IncidentPage:
    """List incidents: the open ones with danger first, then the oldest; or all of them, newest first."""
    if is_open:
        return await queries.list_open(tx, city_id=city_id, cursor=cursor, limit=limit)
    return await queries.list_all(tx, city_id=city_id, before=cursor, limit=limit)


@get("/v1/incidents/{incident_id:str}", guards=_DESK)
async def get_incident(incident_id: FromPath[IncidentId], tx: NamedDependency[Tx]) -> Incident:
    """Return the record of an incident."""
    return await queries.get_incident(tx, incident_id)


@post("/v1/incidents/{incident_id:str}/resolve", status_code=200, guards=_DESK)
async def resolve_incident(
    incident_id: FromPath[IncidentId],
    data: JSONBody[Plan],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Incident:
    """Make a plan; the rider is told over their feed. Safe to repeat."""
    return await commands.resolve_incident(tx, incident_id, plan=data.plan, note=data.note, act=caller.act(now))


ROUTES: Final = [report_incident, list_incidents, get_incident, resolve_incident]

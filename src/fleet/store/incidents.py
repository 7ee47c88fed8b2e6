from typing import Final

import asyncpg
import msgspec

from fleet.model.incidents import Incident, IncidentPlan
from infra.db import Tx
from infra.sql import load
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import IncidentId, OrderId, ReportId, RiderId

_sql: Final = load("fleet")


async def insert_incident(tx: Tx, incident: Incident, *, fingerprint: str) -> bool:
    """Write an incident nobody has looked at; False where this rider's report opened another meanwhile."""
    place = incident.place
    written = await tx.fetchval(
        _sql.insert_incident, incident.id, incident.city_id, incident.delivery_id, incident.order_id, incident.rider_id,
        incident.report_id, fingerprint, incident.kind, incident.is_urgent, incident.note,
        place.lat if place else None, place.lon if place else None, incident.delivery_status, incident.occurred_at,
        incident.reported_at,
    )  # fmt: skip
    return written is not None


async def find_reported(tx: Tx, rider_id: RiderId, report_id: ReportId) -> tuple[IncidentId, str] | None:
    """Return the incident this report opened, and what the report said as a fingerprint."""
    row = await tx.fetchrow(_sql.find_reported_incident, rider_id, report_id)
    return (row["id"], row["fingerprint"]) if row else None


async def find_order_of_incident(tx: Tx, incident_id: IncidentId) -> OrderId | None:
    """Return the order whose row guards this incident; it never changes."""
    found: OrderId | None = await tx.fetchval(_sql.find_order_of_incident, incident_id)
    return found


async def find_incident(tx: Tx, incident_id: IncidentId) -> Incident | None:
    """Return an incident, or None."""
    row = await tx.fetchrow(_sql.read_incident, incident_id)
    return msgspec.convert(fields_of(row), Incident) if row else None


async def resolve_incident(tx: Tx, incident_id: IncidentId, *, plan: IncidentPlan, note: str, act: Act) -> bool:
    """Write the plan, once; False when there is one."""
    written = await tx.fetchval(_sql.resolve_incident, incident_id, plan, note, act.actor.id, act.now)
    return written is not None


def fields_of(row: asyncpg.Record) -> dict[str, object]:
    """Return a row's columns with its place as one."""
    fields = dict(row)
    lat, lon = fields.pop("lat"), fields.pop("lon")
    return fields | {"place": None if lat is None else Point(lat=lat, lon=lon)}

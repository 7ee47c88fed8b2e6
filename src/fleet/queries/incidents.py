from typing import Final

import asyncpg
import msgspec

from fleet.errors import IncidentNotFound
from fleet.model.incidents import Incident
from fleet.store import incidents as store
from infra.db import Tx
from infra.sql import load
from kernel.ids import CityId, IncidentId

_sql: Final = load("fleet")
_BEFORE_ALL: Final = (-1, "")


class IncidentView(Incident, frozen=True, kw_only=True):
    """An incident as the desk sees it: whom to ring up, about which order, and how far the delivery is now."""

    rider_name: str
    rider_phone: str
    short_number: int
    store_name: str
    delivery_status_now: str


class IncidentPage(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents, and the cursor of the next page."""

    incidents: list[IncidentView]
    next_cursor: str | None


async def get_incident(tx: Tx, incident_id: IncidentId) -> Incident:
    """Return an incident; raises `IncidentNotFound`."""
    found = await store.find_incident(tx, incident_id)
    if found is None:
        raise IncidentNotFound
    return found


async def list_open(tx: Tx, *, city_id: CityId | None, cursor: str | None, limit: int) -> IncidentPage:
    """Return the open incidents: danger first, then the oldest."""
    rows = await tx.fetch(_sql.list_incidents, city_id, *_seen(cursor), limit + 1)
    page = [_view(row) for row in rows[:limit]]
    return IncidentPage(incidents=page, next_cursor=_cursor(page[-1]) if len(rows) > limit else None)


async def list_all(tx: Tx, *, city_id: CityId | None, before: str | None, limit: int) -> IncidentPage:
    """Return all incidents, newest first."""
    rows = await tx.fetch(_sql.list_past_incidents, city_id, before, limit + 1)
    page = [_view(row) for row in rows[:limit]]
    return IncidentPage(incidents=page, next_cursor=page[-1].id if len(rows) > limit else None)


def _cursor(last: IncidentView) -> str:
    return f"{0 if last.is_urgent else 1}.{last.id}"


def _seen(cursor: str | None) -> tuple[int, str]:
    rank, _, incident_id = (cursor or "").partition(".")
    return (int(rank), incident_id) if rank in {"0", "1"} else _BEFORE_ALL


def _view(row: asyncpg.Record) -> IncidentView:
    return msgspec.convert(store.fields_of(row), IncidentView)

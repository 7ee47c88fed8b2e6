"""What an incident weighs, and who may still make a plan for it."""

from typing import Final

from fleet.errors import IncidentClosed
from fleet.model.incidents import Incident, IncidentKind, IncidentPlan, IncidentStatus

URGENT: Final = frozenset({IncidentKind.SOS, IncidentKind.ACCIDENT})  # somebody may be hurt: before everything else


def is_urgent(kind: IncidentKind) -> bool:
    """Tell whether a person may be in danger."""
    return kind in URGENT


def is_repeat(incident: Incident, *, plan: IncidentPlan, note: str, by_id: str) -> bool:
    """Tell whether this operator made this very plan before; refuses another plan for what is resolved."""
    if incident.status is IncidentStatus.OPEN:
        return False
    if (incident.plan, incident.plan_note, incident.resolved_by_id) == (plan, note, by_id):
        return True
    raise IncidentClosed(
        incident.id,
        plan=incident.plan,
        resolved_by_id=incident.resolved_by_id,
        resolved_at=incident.resolved_at,
    )

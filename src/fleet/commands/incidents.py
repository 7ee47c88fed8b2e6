"""What happened to a rider on the way, and the desk's plan for it."""

from fleet.commands.locking import lock_delivery
from fleet.errors import DeliveryNotFound, IncidentNotFound, ReportReused
from fleet.messages import IncidentReported, IncidentResolved
from fleet.model.incidents import Incident, IncidentPlan, IncidentReport, IncidentStatus
from fleet.policy import incidents as policy
from fleet.store import deliveries as deliveries_store
from fleet.store import incidents as store
from infra import ids
from infra.db import Tx
from infra.idempotency import fingerprint
from kernel.events import Act
from kernel.ids import DeliveryId, IncidentId, RiderId
from orders import commands as orders


async def report_incident(tx: Tx, delivery_id: DeliveryId, report: IncidentReport, *, act: Act) -> Incident:
    """Open an incident about a delivery that is or was this rider's; a repeat gets the same one."""
    order, delivery = await lock_delivery(tx, delivery_id)
    rider_id = RiderId(act.actor.id)
    if delivery.rider_id != rider_id and not await deliveries_store.was_ever_theirs(tx, delivery_id, rider_id):
        raise DeliveryNotFound  # never reveal which deliveries exist
    said = fingerprint(delivery_id, report)
    known = await store.find_reported(tx, rider_id, report.report_id)
    if known is not None:
        if known[1] != said:
            raise ReportReused(report.report_id)
        return await _get(tx, known[0])
    incident = Incident(
        id=ids.new(IncidentId, "inc"),
        kind=report.kind,
        is_urgent=policy.is_urgent(report.kind),
        status=IncidentStatus.OPEN,
        city_id=delivery.city_id,
        order_id=order.id,
        delivery_id=delivery_id,
        rider_id=rider_id,
        report_id=report.report_id,
        note=report.note,
        place=report.place,
        delivery_status=delivery.status,
        occurred_at=act.occurred_at,
        reported_at=act.now,
    )
    if not await store.insert_incident(tx, incident, fingerprint=said):
        raise ReportReused(report.report_id)
    fact = IncidentReported(
        order_id=order.id,
        delivery_id=delivery_id,
        rider_id=rider_id,
        incident_id=incident.id,
        kind=incident.kind,
        is_urgent=incident.is_urgent,
    )
    await orders.tell(tx, order.id, fact, act=act)
    return incident


async def resolve_incident(tx: Tx, incident_id: IncidentId, *, plan: IncidentPlan, note: str, act: Act) -> Incident:
    """Write the desk's plan and tell the rider. Repeating it changes nothing; another plan is refused."""
    order_id = await store.find_order_of_incident(tx, incident_id)
    if order_id is None:
        raise IncidentNotFound
    await orders.lock_one(tx, order_id)
    incident = await _get(tx, incident_id)
    if policy.is_repeat(incident, plan=plan, note=note, by_id=act.actor.id):
        return incident
    await store.resolve_incident(tx, incident_id, plan=plan, note=note, act=act)
    fact = IncidentResolved(
        order_id=order_id,
        delivery_id=incident.delivery_id,
        rider_id=incident.rider_id,
        incident_id=incident_id,
        plan=plan,
        note=note,
    )
    await orders.tell(tx, order_id, fact, act=act)
    return await _get(tx, incident_id)


async def _get(tx: Tx, incident_id: IncidentId) -> Incident:
    found = await store.find_incident(tx, incident_id)
    if found is None:
        raise IncidentNotFound
    return found

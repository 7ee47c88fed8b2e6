"""Everything an open order is judged by, as the tables hold it: one row each."""

from datetime import datetime, timedelta

import msgspec

from kernel.ids import DeliveryId, EscalationId, IncidentId, OfferId, OrderId, RiderId, StoreId, TicketId
from kernel.quantities import SecondsAtLeastOne


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order that is not over, with its ticket, its delivery, and whatever is open about it."""

    order_id: OrderId
    short_number: int
    seq: int
    status: str
    store_id: StoreId
    store_name: str | None
    rider_name: str | None
    received_at: datetime
    held_at: datetime | None
    placed_at: datetime | None
    accepted_at: datetime | None
    preparing_at: datetime | None
    ready_at: datetime | None
    picked_up_at: datetime | None
    ready_by: datetime | None
    dropoff_lat: float
    dropoff_lon: float
    confirm_by: datetime | None
    expires_at: datetime | None
    ticket_id: TicketId | None
    ticket_status: str | None
    accept_by: datetime | None
    disputed_at: datetime | None
    delivery_id: DeliveryId | None
    delivery_status: str | None
    delivery_ended_at: datetime | None
    rider_id: RiderId | None
    pickup_lat: float | None
    pickup_lon: float | None
    wanted_at: datetime | None
    ladder_round: int | None
    pickup_eta_at: datetime | None
    assigned_at: datetime | None
    arrived_at_pickup_at: datetime | None
    arrived_at_dropoff_at: datetime | None
    turned_back_at: datetime | None
    alert_due_at: datetime | None
    nobody_due_at: datetime | None
    decision_outcome: str | None
    decided_at: datetime | None
    offer_id: OfferId | None
    offered_at: datetime | None
    offer_expires_at: datetime | None
    promised_by: datetime | None
    promise_outcome: str | None
    eta_at: datetime | None
    eta_cause: str | None
    escalation_id: EscalationId | None
    escalation_kind: str | None
    escalated_at: datetime | None
    cancellation_id: str | None
    cancellation_asked_at: datetime | None
    answer_by: datetime | None
    incident_id: IncidentId | None
    incident_kind: str | None
    incident_is_urgent: bool | None
    incident_at: datetime | None
    owner_id: str | None
    owner_since_at: datetime | None
    owner_note: str | None

    @property
    def moved_at(self) -> datetime:
        """When any of the three lifecycles last took a step."""
        steps = (
            self.held_at, self.placed_at, self.accepted_at, self.preparing_at, self.ready_at, self.assigned_at,
            self.arrived_at_pickup_at, self.picked_up_at, self.arrived_at_dropoff_at, self.delivery_ended_at,
        )  # fmt: skip
        return max([self.received_at, *(step for step in steps if step is not None)])


class StuckRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long past its expected time an order may stand before it counts as stuck. A rule as data, `stuck`."""

    late_s: SecondsAtLeastOne = 600  # past what the kitchen or the rider's own ETA said; twice what escalates a kitchen
    deadline_s: SecondsAtLeastOne = 60  # past a deadline that the house keeps itself: something is broken
    counter_s: SecondsAtLeastOne = 900  # a rider at the counter
    door_s: SecondsAtLeastOne = 900  # and at the customer's door: three times the time a customer is waited for
    road_s: SecondsAtLeastOne = 1800  # from the store to the door, and past the promise
    return_s: SecondsAtLeastOne = 2700  # food on its way back
    payment_s: SecondsAtLeastOne = 300  # a provider that does not answer
    disagree_s: SecondsAtLeastOne = 60  # lifecycles follow each other within seconds

    def span(self, name: str) -> timedelta:
        """Return one of them as a span."""
        return timedelta(seconds=getattr(self, f"{name}_s"))

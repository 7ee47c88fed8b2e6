"""Fleet's facts and the words others call it with: our public contract. Additive changes only."""

from datetime import datetime
from typing import ClassVar

import msgspec

from fleet.model.positions import Position, from_ms
from fleet.model.riders import Vehicle
from kernel.events import Event
from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, IncidentId, OfferId, OrderId, ReportId, RiderId, ShiftId, StoreId, ZoneId


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One end of a delivery as the rider needs it: where, whose door, what to mind."""

    point: Point
    name: str
    address: str
    note: str = ""


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a delivery when its order is placed. `collect_minor` is the cash to take at the door."""

    order_id: OrderId
    city_id: CityId
    zone_id: ZoneId | None
    store_id: StoreId
    pickup: Place
    dropoff: Place
    item_count: int
    collect_minor: int
    currency: str
    needs_code: bool = False


class RiderPosition(msgspec.Struct, frozen=True, array_like=True):
    """Where a rider was, as `infra.live` carries it: latest wins, no number. From `stale_at` on it is not live."""

    position: Position
    stale_at_ms: int

    @property
    def lat(self) -> float:
        """Degrees north."""
        return self.position.lat

    @property
    def lon(self) -> float:
        """Degrees east."""
        return self.position.lon

    @property
    def bearing_deg(self) -> float | None:
        """Which way they went."""
        return self.position.bearing_deg

    @property
    def measured_at(self) -> datetime:
        """When, by our clock."""
        return from_ms(self.position.measured_at_ms)

    @property
    def stale_at(self) -> datetime:
        """From when on it must be shown as old."""
        return from_ms(self.stale_at_ms)


class DeliveryEvent(Event, frozen=True, kw_only=True):
    """A fact about one delivery, in its order's stream."""

    order_id: OrderId
    delivery_id: DeliveryId


class RiderDeliveryEvent(DeliveryEvent, frozen=True, kw_only=True):
    """A fact the rider's own feed carries too."""

    addressed_to: ClassVar[tuple[str, ...]] = ("rider_id",)
    rider_id: RiderId | None


class DeliveryOpened(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.opened"):
    """The order will need a rider once its store accepts."""

    city_id: CityId
    zone_id: ZoneId | None
    store_id: StoreId


class RoundClosed(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.round_closed"):
    """Nobody took it this time; the search goes on."""

    ladder_round: int


class UnassignedAlert(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.unassigned_alert"):
    """No rider 5 min past due: the desk is alerted and the kitchen told to hold."""

    city_id: CityId
    store_id: StoreId
    due_at: datetime


class NobodyFound(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.nobody_found"):
    """No rider 15 min past due: the customer chooses to wait or cancel."""

    city_id: CityId
    store_id: StoreId
    due_at: datetime


class Overridden(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.overridden"):
    """An operator made this move by hand, for this reason."""

    move: str
    reason: str


class StepTimed(DeliveryEvent, frozen=True, kw_only=True, tag="delivery.step_timed"):
    """The phone's late word on when a step really happened that a later one had implied."""

    step: str
    step_at: datetime


class TurnedBack(RiderDeliveryEvent, frozen=True, kw_only=True, tag="delivery.turned_back"):
    """The rider brings the food back to the store."""

    store_id: StoreId
    reason: str


class DeliveryFailed(RiderDeliveryEvent, frozen=True, kw_only=True, tag="delivery.failed"):
    """The rider cannot go on; the order stays open with the desk."""

    reason: str
    had_food: bool


class DeliveryCancelled(RiderDeliveryEvent, frozen=True, kw_only=True, tag="delivery.cancelled"):
    """The order ended before pickup; whoever was on the way is free."""

    reason: str


class ReportUnapplied(RiderDeliveryEvent, frozen=True, kw_only=True, tag="report.unapplied"):
    """A rider's late report could not be applied; it is kept, and the desk looks at it."""

    report_id: ReportId
    move: str
    reported_at: datetime
    why: str


class IncidentReported(RiderDeliveryEvent, frozen=True, kw_only=True, tag="incident.reported"):
    """Something happened to the rider on the way; the desk makes a plan. What they said of it stays with the desk."""

    incident_id: IncidentId
    kind: str
    is_urgent: bool


class IncidentResolved(RiderDeliveryEvent, frozen=True, kw_only=True, tag="incident.resolved"):
    """The desk's plan, as the rider is told: what to do, and in its words how."""

    incident_id: IncidentId
    plan: str
    note: str


class OfferEvent(RiderDeliveryEvent, frozen=True, kw_only=True):
    """A fact about an offer, told once per order in it; `delivery_ids` is the whole route, in order."""

    offer_id: OfferId
    delivery_ids: list[DeliveryId]


class OfferMade(OfferEvent, frozen=True, kw_only=True, tag="offer.made"):
    """A rider was asked. GET /v1/rider/offers shows stops, distance and pay."""

    expires_at: datetime
    distance_m: int
    pay_minor: int
    currency: str


class OfferAccepted(OfferEvent, frozen=True, kw_only=True, tag="offer.accepted"):
    """The rider takes it."""

    assignment_no: int


class OfferDeclined(OfferEvent, frozen=True, kw_only=True, tag="offer.declined"):
    """The rider says no, which costs nothing."""

    reason: str


class OfferExpired(OfferEvent, frozen=True, kw_only=True, tag="offer.expired"):
    """The rider did not answer in time."""

    misses_in_row: int


class OfferWithdrawn(OfferEvent, frozen=True, kw_only=True, tag="offer.withdrawn"):
    """The offer was taken back: taken by another, the order is over, the rider went off, or by hand."""

    because: str


class RiderRegistered(Event, frozen=True, kw_only=True, tag="rider.registered"):
    """The desk entered a person who will carry."""

    rider_id: RiderId
    city_id: CityId
    vehicle: Vehicle
    capacity: int


class RiderChanged(Event, frozen=True, kw_only=True, tag="rider.changed"):
    """The desk entered something else about a rider: `changed` names what, never to what where that is personal."""

    rider_id: RiderId
    city_id: CityId
    changed: list[str]
    vehicle: Vehicle
    capacity: int


class RiderSuspected(Event, frozen=True, kw_only=True, tag="rider.suspected"):
    """The rider's places are not believed: nothing is offered until that fades or the desk says otherwise.

    `codes` name what speaks against them; GET /v1/riders/{rider_id}/truth tells the desk why.
    """

    rider_id: RiderId
    city_id: CityId
    suspicion_bp: int
    codes: list[str]
    rule_version: int


class RiderCleared(Event, frozen=True, kw_only=True, tag="rider.cleared"):
    """The rider's places are believed again: the evidence faded, or an operator looked at it."""

    rider_id: RiderId
    city_id: CityId
    suspicion_bp: int
    because: str


class StopReached(Event, frozen=True, kw_only=True, tag="delivery.reached_stop"):
    """The rider was seen at a stop, by their phone's places: no step is done, but they can be asked to confirm it.

    A late batch may tell of it when it is over already: then `left_at` says so, and there is nothing to ask.
    """

    rider_id: RiderId
    delivery_id: DeliveryId
    stop: str
    entered_at: datetime
    left_at: datetime | None = None


class StopLeft(Event, frozen=True, kw_only=True, tag="delivery.left_stop"):
    """The rider was seen to leave a stop that they had reached: whether it is done, their reports say."""

    rider_id: RiderId
    delivery_id: DeliveryId
    stop: str
    entered_at: datetime
    left_at: datetime


class ShiftEvent(Event, frozen=True, kw_only=True):
    """A fact about a rider's working time, in the rider's own stream and thereby in their feed."""

    rider_id: RiderId
    shift_id: ShiftId
    city_id: CityId


class ShiftStarted(ShiftEvent, frozen=True, kw_only=True, tag="shift.started"):
    """The rider works from now on."""

    vehicle: Vehicle
    capacity: int
    planned_end_at: datetime | None


class BreakStarted(ShiftEvent, frozen=True, kw_only=True, tag="shift.break_started"):
    """The rider rests: asked for, or after three unanswered offers in a row."""

    reason: str


class ShiftResumed(ShiftEvent, frozen=True, kw_only=True, tag="shift.resumed"):
    """The rider is back."""


class ShiftEnded(ShiftEvent, frozen=True, kw_only=True, tag="shift.ended"):
    """The rider went home."""

    connected_s: int
    break_s: int
    engaged_s: int

"""The order's facts: our public contract. Additive changes only; a changed meaning is a new name."""

from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from kernel.events import Event
from kernel.ids import CityId, CustomerId, DeliveryId, ItemId, LedgerEntryId, OrderId, RiderId, StoreId
from orders.model import Problem


class OrderEvent(Event, frozen=True, kw_only=True):
    """A fact about one order."""

    order_id: OrderId


class StoreEvent(OrderEvent, frozen=True, kw_only=True):
    """A fact the store's own feed carries too."""

    addressed_to: ClassVar[tuple[str, ...]] = ("store_id",)
    store_id: StoreId


class StoreAndRiderEvent(StoreEvent, frozen=True, kw_only=True):
    """A fact the feeds of the store and, if there is one, the rider carry too."""

    addressed_to: ClassVar[tuple[str, ...]] = ("store_id", "rider_id")
    rider_id: RiderId | None


class OrderReceived(OrderEvent, frozen=True, kw_only=True, tag="order.received"):
    """An order came in; nothing is promised yet."""

    city_id: CityId
    store_id: StoreId
    customer_id: CustomerId
    short_number: int
    total_minor: int
    currency: str


class OrderHeldForReview(OrderEvent, frozen=True, kw_only=True, tag="order.held_for_review"):
    """The completeness check found problems; the desk decides."""

    problems: list[Problem]


class OrderPlaced(StoreEvent, frozen=True, kw_only=True, tag="order.placed"):
    """The store was asked to accept."""

    city_id: CityId
    short_number: int
    accept_by: datetime


class OrderRejected(StoreEvent, frozen=True, kw_only=True, tag="order.rejected"):
    """The store, the desk or the payment provider said no."""

    reason: str
    item_ids: list[ItemId] = msgspec.field(default_factory=list)
    refund_minor: int = 0


class OrderExpired(StoreEvent, frozen=True, kw_only=True, tag="order.expired"):
    """Nobody accepted in time, or nobody confirmed what was typed in; holds are let go, captured money goes back."""

    accept_by: datetime
    refund_minor: int = 0
    reason: str = "not_accepted_in_time"


class OrderAccepted(StoreEvent, frozen=True, kw_only=True, tag="order.accepted"):
    """The store will cook it."""

    prep_minutes: int
    ready_by: datetime


class PreparationStarted(StoreEvent, frozen=True, kw_only=True, tag="order.preparation_started"):
    """The kitchen began; from here on cancelling costs."""


class ReadyByChanged(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.ready_by_changed"):
    """The kitchen needs longer."""

    ready_by: datetime
    extended_minutes: int
    reason: str


class OrderReady(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.ready"):
    """The food waits for its rider."""


class RiderAssigned(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.rider_assigned"):
    """A rider will carry it. `assignment_no` grows with each; nothing of an older one is shown to anybody.

    The first name and what they come on are all that a kitchen needs to know them at its counter.
    """

    delivery_id: DeliveryId
    assignment_no: int
    pickup_eta_at: datetime | None = None
    rider_first_name: str | None = None
    vehicle: str | None = None


class RiderUnassigned(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.rider_unassigned"):
    """That rider will not carry it after all."""

    delivery_id: DeliveryId
    assignment_no: int
    reason: str


class RiderArrivedAtPickup(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.rider_arrived_at_pickup"):
    """The rider is at the store."""


class ItemProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing or wrong with one item at pickup."""

    item_id: ItemId
    problem: Literal["missing", "wrong", "damaged"]
    missing_quantity: int = 0
    note: str = ""


class ItemsDisputed(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.items_disputed"):
    """The rider counted and something is missing or wrong; the store answers on the tablet."""

    problems: list[ItemProblem]


class ItemsAnswered(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.items_answered"):
    """The store answered the rider's count."""

    resolution: Literal["fixed", "goes_without", "disagrees"]
    note: str = ""


class OrderPickedUp(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.picked_up"):
    """The rider has the food. Where it is not known that its drop-off is their next, another may come first."""

    is_next_stop: bool = False


class OtherStopFirst(OrderEvent, frozen=True, kw_only=True, tag="order.other_stop_first"):
    """The rider who has the food makes another drop-off before this one, which until now was their next."""

    rider_id: RiderId | None


class NextStop(OrderEvent, frozen=True, kw_only=True, tag="order.is_next_stop"):
    """This drop-off became the next of the rider who has the food."""

    rider_id: RiderId | None


class RiderArrivedAtDropoff(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.rider_arrived_at_dropoff"):
    """The rider is at the customer's door."""


class OrderDelivered(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.delivered"):
    """The customer has the food."""

    proof: str


class OrderReturned(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.returned"):
    """The food came back to the store."""

    reason: str


class OrderCompleted(OrderEvent, frozen=True, kw_only=True, tag="order.completed"):
    """Delivered, and nobody complained in time."""


class CancellationAsked(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.cancellation_asked"):
    """Somebody wants to cancel and the store is asked first."""

    cancellation_id: str
    reason: str
    answer_by: datetime


class CancellationRefused(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.cancellation_refused"):
    """The store said that it began to cook; the order goes on."""

    cancellation_id: str


class OrderCancelled(StoreAndRiderEvent, frozen=True, kw_only=True, tag="order.cancelled"):
    """The order is over; it never comes back."""

    reason: str
    by_role: str
    fee_minor: int
    refund_minor: int


class PaymentRequested(OrderEvent, frozen=True, kw_only=True, tag="payment.requested"):
    """The ledger asks the provider for a movement of money."""

    entry_id: LedgerEntryId
    kind: str
    amount_minor: int


class PaymentSettled(OrderEvent, frozen=True, kw_only=True, tag="payment.settled"):
    """The movement happened."""

    entry_id: LedgerEntryId
    kind: str
    amount_minor: int


class PaymentRefused(OrderEvent, frozen=True, kw_only=True, tag="payment.refused"):
    """The provider declined the movement."""

    entry_id: LedgerEntryId
    kind: str
    amount_minor: int
    reason: str

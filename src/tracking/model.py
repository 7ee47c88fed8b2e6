from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from kernel.geo import Point
from kernel.ids import DeliveryId, OrderId
from kernel.quantities import Seconds, SecondsAtLeastOne, ShareBp


class Stage(StrEnum):
    """How far an order is, in the customer's words."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    ON_THE_WAY = "on_the_way"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Trouble(StrEnum):
    """What keeps an order from its door, in the customer's words."""

    NOBODY_FOUND = "nobody_found"  # no rider yet: wait or cancel
    TURNED_BACK = "turned_back"  # the rider brings the food back
    FAILED = "failed"  # the desk sees to it


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the last telling fact says of an order: a trouble, or since when its rider is at the door."""

    trouble: Trouble | None = None
    arrived_at: datetime | None = None


class RevisionCause(StrEnum):
    """Why an estimate changed. Customers are told it in their language; it is never free text."""

    ACCEPTANCE_AWAITED = "acceptance_awaited"  # the store has not answered yet
    KITCHEN_ESTIMATE = "kitchen_estimate"  # the store accepted with its own minutes
    PREP_EXTENDED = "prep_extended"
    KITCHEN_LATE = "kitchen_late"  # past its word, and nobody said that it is ready
    FOOD_READY = "food_ready"  # earlier or later than said
    RIDER_AWAITED = "rider_awaited"  # nobody carries it yet
    RIDER_ASSIGNED = "rider_assigned"
    RIDER_REASSIGNED = "rider_reassigned"
    WAITING_AT_PICKUP = "waiting_at_pickup"
    OTHER_STOP_FIRST = "other_stop_first"
    PICKED_UP = "picked_up"  # the way began earlier or later than thought
    ARRIVED = "arrived"  # the rider is at the door earlier or later than thought
    TRAFFIC = "traffic"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What an estimate is made from: how far one order is, with instants as the devices gave them.

    `travel_s` leads from the store to this door, by way of the drop-offs of `before`, the stops there included.
    """

    order_id: OrderId
    store: Point
    dropoff: Point
    placed_at: datetime
    prep_s: int
    vehicle: str
    travel_s: int
    before: tuple[DeliveryId, ...] = ()
    accepted_at: datetime | None = None
    ready_by: datetime | None = None
    ready_at: datetime | None = None
    assigned_at: datetime | None = None
    pickup_eta_at: datetime | None = None
    arrived_at_pickup_at: datetime | None = None
    picked_up_at: datetime | None = None
    arrived_at_dropoff_at: datetime | None = None
    was_reassigned: bool = False


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """When it will be at the door, with a band around it, and when to look again if nothing happens until then."""

    eta_at: datetime
    low_at: datetime
    high_at: datetime
    look_at: datetime


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer was promised when the order was placed; never rewritten."""

    promised_from: datetime
    promised_by: datetime


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer knows: the promise, the last estimate, how often it was revised."""

    window: Window
    eta_at: datetime
    revision_no: int = 0
    is_breach_expected: bool = False


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger of estimates."""

    revision_no: int
    was_at: datetime
    eta_at: datetime
    cause: RevisionCause
    breaks_promise: bool
    revised_at: datetime


class EstimateRules(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers behind promise and estimate. A rule as data, `tracking.estimate`; these are the defaults."""

    accept_s: Seconds = 120  # how long stores take to answer
    approach_s: Seconds = 480  # how long until a rider is at the store, while nobody has one in mind
    pickup_s: Seconds = 120  # at the counter
    dropoff_s: Seconds = 120  # from the kerb to the door
    promise_early_s: Seconds = 300
    promise_late_s: SecondsAtLeastOne = 900
    revise_beyond_s: Seconds = 60  # domain contract, tracking: revisions over 60 s have a cause and are told
    overdue_push_s: Seconds = 120  # what is overdue is expected so much later, growing with how overdue it is
    overdue_push_most_s: Seconds = 900
    band_low_bp: ShareBp = 1500  # of the time that is left
    band_high_bp: ShareBp = 2500
    band_least_s: Seconds = 60

    @property
    def revise_beyond(self) -> timedelta:
        """Smaller changes are not told."""
        return timedelta(seconds=self.revise_beyond_s)

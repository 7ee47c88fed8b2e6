"""What the desk is told of an order: codes that pages say in their own language, each with its instants."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.geo import Point
from kernel.ids import DeliveryId, OrderId, RiderId, StoreId, TicketId


class WaitCode(StrEnum):
    """What an order waits for, and why: the first that holds matters most."""

    SOS = "sos"  # the rider may be in danger
    INCIDENT = "incident"  # the rider met with something and waits for a plan
    DELIVERY_FAILED = "delivery_failed"  # nobody carries it any more: the desk decides
    STUCK = "stuck"  # `stuck` says why
    ESCALATED = "escalated"  # the store is to be rung up
    NOBODY_TAKES_IT = "nobody_takes_it"  # no rider within the time after which the desk is alerted
    ITEMS_DISPUTED = "items_disputed"  # the rider counted otherwise, the store has not answered
    CANCELLATION_ASKED = "cancellation_asked"  # the store is asked
    RIDER_SILENT = "rider_silent"  # no live position of whoever carries it
    HELD_FOR_REVIEW = "held_for_review"
    WAITING_FOR_CONFIRMATION = "waiting_for_confirmation"  # typed in by an operator, not read again
    WAITING_FOR_PAYMENT = "waiting_for_payment"
    WAITING_FOR_STORE = "waiting_for_store"  # the tablet rings
    FOOD_NOT_READY = "food_not_ready"  # past the kitchen's word, or a rider waits for it
    NO_RIDER_AVAILABLE = "no_rider_available"  # dispatch found nobody to ask
    OFFERED = "offered"  # `ladder_round` says in which round
    WAITING_ON_PURPOSE = "waiting_on_purpose"  # dispatch asks later: the food is not ready for long, or a batch forms
    LOOKING_FOR_RIDER = "looking_for_rider"
    RIDER_AT_PICKUP = "rider_at_pickup"
    RIDER_AT_DROPOFF = "rider_at_dropoff"
    RETURNING = "returning"
    IN_THE_KITCHEN = "in_the_kitchen"
    FOOD_WAITS = "food_waits"  # ready, and its rider is not there
    RIDER_TO_PICKUP = "rider_to_pickup"
    RIDER_TO_DROPOFF = "rider_to_dropoff"


class DeadlineKind(StrEnum):
    """What is due."""

    CONFIRM_BY = "confirm_by"
    REVIEW_BY = "review_by"
    ACCEPT_BY = "accept_by"
    ANSWER_BY = "answer_by"  # the store's answer to a question to cancel
    READY_BY = "ready_by"
    OFFER_EXPIRES = "offer_expires"
    FIND_RIDER_BY = "find_rider_by"
    PICKUP_ETA = "pickup_eta"
    PROMISED_BY = "promised_by"


class StuckWhy(StrEnum):
    """Why an order counts as stuck."""

    NOT_CONFIRMED = "not_confirmed"
    NOT_REVIEWED = "not_reviewed"
    NOT_PAID = "not_paid"
    NOT_ANSWERED = "not_answered"  # past the acceptance window, and not expired
    NOT_READY = "not_ready"
    NO_RIDER = "no_rider"
    NOT_AT_PICKUP = "not_at_pickup"
    NOT_PICKED_UP = "not_picked_up"
    NOT_AT_DROPOFF = "not_at_dropoff"
    NOT_HANDED_OVER = "not_handed_over"
    NOT_BROUGHT_BACK = "not_brought_back"
    DELIVERY_FAILED = "delivery_failed"
    LIFECYCLES_DISAGREE = "lifecycles_disagree"


class Urgency(StrEnum):
    """Whether a person is needed: for somebody's safety, now, soon, or not."""

    DANGER = "danger"
    NOW = "now"
    SOON = "soon"
    CALM = "calm"


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """One thing an order waits for, since when; `about_id`: an escalation, incident, offer or cancellation."""

    code: WaitCode
    since_at: datetime
    about_id: str | None = None
    ladder_round: int | None = None


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """What is due, and when."""

    kind: DeadlineKind
    due_at: datetime


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order does not move, since when it should have."""

    why: StuckWhy
    since_at: datetime


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """How the promise stands. `behind_s` is the ETA past the promise, negative while there is time in hand."""

    is_at_risk: bool
    is_breached: bool
    behind_s: int | None
    cause: str | None


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """The operator who takes care of it."""

    operator_id: str
    since_at: datetime
    note: str


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """Who carries it, and whether their phone is heard."""

    rider_id: RiderId
    name: str
    is_silent: bool


class DeskOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One open order on one line of the desk: no customer's name, only where it goes."""

    order_id: OrderId
    short_number: int
    seq: int
    urgency: Urgency
    status: str
    ticket_id: TicketId | None
    ticket_status: str | None
    delivery_id: DeliveryId | None
    delivery_status: str | None
    store_id: StoreId
    store_name: str
    pickup: Point | None
    dropoff: Point
    rider: Carrier | None
    received_at: datetime
    placed_at: datetime | None
    ready_by: datetime | None
    promised_by: datetime | None
    eta_at: datetime | None
    next_deadline: Deadline | None
    waits: list[Wait]
    risk: Risk
    stuck: Stuck | None
    owner: Owner | None

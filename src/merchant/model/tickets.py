from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.ids import OrderId, StoreId, TicketId
from orders.messages import ItemProblem
from orders.model import OrderLine, RiderComing


class TicketStatus(StrEnum):
    """The last step completed in the kitchen."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    PREPARING = "preparing"
    READY = "ready"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What can be done to a ticket."""

    ACCEPT = "accept"
    REJECT = "reject"
    EXPIRE = "expire"
    START = "start"
    MARK_READY = "mark_ready"
    HAND_OVER = "hand_over"
    WITHDRAW = "withdraw"


class Answer(StrEnum):
    """What a store answers; the first answer of each kind and content is kept for whoever repeats it."""

    ACCEPT = "accept"
    REJECT = "reject"
    START = "start"
    EXTEND = "extend"
    READY = "ready"
    CANCELLATION = "cancellation-answer"
    ITEMS = "items-answer"


class RejectReason(StrEnum):
    """Why a store does not cook an order."""

    CLOSING = "closing"
    TOO_BUSY = "too_busy"
    ITEM_OUT_OF_STOCK = "item_out_of_stock"
    PRICE = "price"
    ADDRESS = "address"
    OTHER = "other"


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """One order in one kitchen, as the tablet shows it. Nothing about the customer.

    `extended_minutes` is how much later than first said it will be ready, in all; `rider` is who comes for it, until
    the ticket ends; `rider_arrived_at` since when they wait at the counter. `cancellation_answer_by` is set while
    somebody waits for the store's word on cancelling, `items_disputed` while the rider's count does not agree.
    """

    id: TicketId
    order_id: OrderId
    store_id: StoreId
    short_number: int
    status: TicketStatus
    lines: list[OrderLine]
    offered_at: datetime
    accept_by: datetime
    is_window_extended: bool = False
    reminders_sent: int = 0
    prep_minutes: int | None = None
    ready_by: datetime | None = None
    extended_minutes: int = 0
    accepted_at: datetime | None = None
    preparing_at: datetime | None = None
    ready_at: datetime | None = None
    rider: RiderComing | None = None
    rider_arrived_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    cancellation_answer_by: datetime | None = None
    items_disputed: list[ItemProblem] = []


class TicketHome(msgspec.Struct, frozen=True, kw_only=True):
    """Whose ticket it is: all that may be read before the order is locked."""

    order_id: OrderId
    store_id: StoreId

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, OrderId, RiderId, StoreId, ZoneId


class DeliveryStatus(StrEnum):
    """The last step completed."""

    UNASSIGNED = "unassigned"
    OFFERED = "offered"
    ASSIGNED = "assigned"
    ARRIVED_AT_PICKUP = "arrived_at_pickup"
    PICKED_UP = "picked_up"
    ARRIVED_AT_DROPOFF = "arrived_at_dropoff"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What can be done to a delivery."""

    OFFER = "offer"
    CLOSE_ROUND = "close_round"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    ARRIVE_AT_PICKUP = "arrive_at_pickup"
    PICK_UP = "pick_up"
    ARRIVE_AT_DROPOFF = "arrive_at_dropoff"
    HAND_OVER = "hand_over"
    TURN_BACK = "turn_back"
    CONFIRM_RETURN = "confirm_return"
    FAIL = "fail"
    CANCEL = "cancel"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """The locked head of a delivery: what decisions need, no personal data.

    `wanted_at` is when the store accepted, from when on a rider is looked for. `implied` names the steps nobody
    reported. `assignment_no` grows with each rider.
    """

    id: DeliveryId
    order_id: OrderId
    city_id: CityId
    zone_id: ZoneId | None
    store_id: StoreId
    status: DeliveryStatus
    rider_id: RiderId | None
    assignment_no: int
    ladder_round: int
    pickup: Point
    dropoff: Point
    wanted_at: datetime | None
    ready_by: datetime | None
    assigned_at: datetime | None
    code_tries: int
    implied: list[str]
    end_reason: str | None


class StopAhead(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery in a rider's hands, as far as the order of the doors goes.

    `is_next_stop` is what its order was told last: that its drop-off is the rider's next.
    """

    delivery_id: DeliveryId
    order_id: OrderId
    status: DeliveryStatus
    is_next_stop: bool
    arrived_at_dropoff_at: datetime | None = None

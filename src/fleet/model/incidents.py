from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.geo import Point
from kernel.ids import CityId, DeliveryId, IncidentId, OrderId, ReportId, RiderId


class IncidentKind(StrEnum):
    """What happened on the way."""

    SOS = "sos"
    ACCIDENT = "accident"
    VEHICLE = "vehicle"
    TRAFFIC = "traffic"
    WEATHER = "weather"
    OTHER = "other"


class IncidentPlan(StrEnum):
    """What is to be done; `none` where nothing needs to be."""

    WAIT = "wait"
    OTHER_ROUTE = "other_route"
    HAND_OVER = "hand_over"
    RETURN = "return"
    REMAKE = "remake"
    NONE = "none"


class IncidentStatus(StrEnum):
    """Whether there is a plan."""

    OPEN = "open"
    RESOLVED = "resolved"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one incident: what, when, to whom, where, and what was done about it by whom."""

    id: IncidentId
    kind: IncidentKind
    is_urgent: bool
    status: IncidentStatus
    city_id: CityId
    order_id: OrderId
    delivery_id: DeliveryId
    rider_id: RiderId
    report_id: ReportId
    note: str
    place: Point | None
    delivery_status: str
    occurred_at: datetime
    reported_at: datetime
    plan: IncidentPlan | None = None
    plan_note: str | None = None
    resolved_by_id: str | None = None
    resolved_at: datetime | None = None


class IncidentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a rider's phone says of it."""

    report_id: ReportId
    occurred_at: datetime
    kind: IncidentKind
    note: str
    place: Point | None

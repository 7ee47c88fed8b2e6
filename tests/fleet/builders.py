"""Things of the fleet, valid by default; a test overrides only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fleet.model.deliveries import Delivery, DeliveryStatus
from fleet.model.offers import Offer, OfferedDelivery, OfferStatus
from fleet.model.reports import Report, ReportKind
from fleet.model.riders import Vehicle
from fleet.model.shifts import Rider, Shift, ShiftStatus
from fleet.policy.dispatch.facts import CityNow, DispatchRules, Task, Wanted, Working
from fleet.policy.offers import PayRules
from kernel.geo import Point, offset

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
ANA, BETO, CARLA = "rdr_ana", "rdr_beto", "rdr_carla"


def after(**duration: float) -> datetime:
    return NOON + timedelta(**duration)


def at(*, east_m: float = 0, north_m: float = 0) -> Point:
    return offset(SQUARE, east_m=east_m, north_m=north_m)


def an_offer(**but: Any) -> Offer:
    fields: dict[str, Any] = {
        "id": "off_1",
        "city_id": "cty_1",
        "rider_id": ANA,
        "status": OfferStatus.OPEN,
        "made_at": NOON,
        "expires_at": after(seconds=30),
        "answered_at": None,
        "because": None,
        "pickup_eta_at": None,
        "deliveries": [OfferedDelivery(delivery_id="dlv_1", order_id="ord_1")],
    }
    return Offer(**fields | but)


def a_delivery(**but: Any) -> Delivery:
    fields: dict[str, Any] = {
        "id": "dlv_1",
        "order_id": "ord_1",
        "city_id": "cty_1",
        "zone_id": None,
        "store_id": "sto_1",
        "status": DeliveryStatus.UNASSIGNED,
        "rider_id": None,
        "assignment_no": 0,
        "ladder_round": 1,
        "pickup": SQUARE,
        "dropoff": at(north_m=1000),
        "wanted_at": NOON,
        "ready_by": after(minutes=10),
        "assigned_at": None,
        "code_tries": 0,
        "implied": [],
        "end_reason": None,
    }
    return Delivery(**fields | but)


def a_rider(*, shift: Shift | str | None = "working", **but: Any) -> Rider:
    fields: dict[str, Any] = {
        "id": ANA,
        "city_id": "cty_1",
        "vehicle": Vehicle.MOTORCYCLE,
        "capacity": 3,
        "standing_version": 0,
        "shift": a_shift() if shift == "working" else shift,
    }
    return Rider(**fields | but)


def a_shift(**but: Any) -> Shift:
    fields: dict[str, Any] = {
        "id": "shf_1",
        "status": ShiftStatus.ON,
        "vehicle": Vehicle.MOTORCYCLE,
        "capacity": 3,
        "started_at": NOON,
        "planned_end_at": None,
        "misses_in_row": 0,
        "started_from": None,
    }
    return Shift(**fields | but)


def a_report(kind: ReportKind, **but: Any) -> Report:
    fields: dict[str, Any] = {"report_id": "r1", "kind": kind, "occurred_at": NOON}
    return Report(**fields | but)


# Dispatch: 5 m/s straight, no service, no time to answer, so that tests can count in their heads.
PLAIN = DispatchRules(
    motorcycle_mps=5.0, detour_bp=10_000, pickup_service_s=0, dropoff_service_s=0, answer_s=0, early_s=60
)


def wanted(delivery_id: str = "dlv_1", **but: Any) -> Wanted:
    fields: dict[str, Any] = {
        "delivery_id": delivery_id,
        "store_id": "sto_1",
        "pickup": SQUARE,
        "dropoff": at(north_m=1500),
        "opened_at": NOON,
        "ready_at": NOON,
    }
    return Wanted(**fields | but)


def working(rider_id: str = ANA, *, east_m: float = 0, **but: Any) -> Working:
    fields: dict[str, Any] = {
        "rider_id": rider_id,
        "vehicle": Vehicle.MOTORCYCLE,
        "capacity": 3,
        "here": at(east_m=east_m),
    }
    return Working(**fields | but)


def a_task(**but: Any) -> Task:
    fields: dict[str, Any] = {"pickup": SQUARE, "dropoff": at(north_m=1500), "ready_at": NOON}
    return Task(**fields | but)


def a_city(wants: list[Wanted], riders: list[Working], *, rules: DispatchRules = PLAIN) -> CityNow:
    return CityNow(now=NOON, wanted=wants, riders=riders, rules=rules, pay=PayRules(), currency="BRL")

"""An open order as the desk's statement finds it: preparing, its rider on the way; override what the test is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from support.model.facts import OpenOrder

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
REVIEW = timedelta(minutes=10)


def after(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def an_open_order(**changes: Any) -> OpenOrder:
    nothing = dict.fromkeys(OpenOrder.__struct_fields__)
    fields = nothing | {
        "order_id": f"ord_{1:026}", "short_number": 7, "seq": 9, "status": "accepted", "store_id": f"sto_{1:026}",
        "store_name": "Aurora", "received_at": NOON, "placed_at": NOON, "accepted_at": after(1), "ready_by": after(20),
        "dropoff_lat": -23.55, "dropoff_lon": -46.63, "ticket_id": f"tkt_{1:026}", "ticket_status": "accepted",
        "accept_by": after(5), "delivery_id": f"dlv_{1:026}", "delivery_status": "assigned", "rider_id": f"rdr_{1:026}",
        "rider_name": "Beto", "pickup_lat": -23.55, "pickup_lon": -46.63, "wanted_at": after(1), "ladder_round": 1,
        "pickup_eta_at": after(18), "assigned_at": after(4), "promised_by": after(45), "eta_at": after(35),
    }  # fmt: skip
    return OpenOrder(**(fields | changes))


def received(**changes: Any) -> OpenOrder:
    gone = dict.fromkeys(
        ("placed_at", "accepted_at", "ready_by", "ticket_id", "ticket_status", "accept_by", "delivery_id",
         "delivery_status", "rider_id", "rider_name", "wanted_at", "pickup_eta_at", "assigned_at", "promised_by",
         "eta_at")
    )  # fmt: skip
    return msgspec.structs.replace(an_open_order(status="received", **gone), **changes)


def placed(**changes: Any) -> OpenOrder:
    fields = {"status": "placed", "ticket_status": "offered", "delivery_status": "unassigned", "wanted_at": None,
              "accepted_at": None, "ready_by": None, "rider_id": None, "assigned_at": None,
              "pickup_eta_at": None}  # fmt: skip
    return an_open_order(**(fields | changes))


def searching(**changes: Any) -> OpenOrder:
    fields = {"delivery_status": "unassigned", "rider_id": None, "assigned_at": None, "pickup_eta_at": None,
              "alert_due_at": after(20), "nobody_due_at": after(30)}  # fmt: skip
    return an_open_order(**(fields | changes))


def on_the_road(**changes: Any) -> OpenOrder:
    fields = {"status": "picked_up", "ticket_status": "handed_over", "delivery_status": "picked_up",
              "arrived_at_pickup_at": after(18), "ready_at": after(19), "picked_up_at": after(20)}  # fmt: skip
    return an_open_order(**(fields | changes))

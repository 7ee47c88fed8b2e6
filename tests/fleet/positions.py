"""Positions of a rider as a trail has them: by seconds since noon and metres east and north of the square."""

from typing import Any

from tests.fleet.builders import NOON, at

from fleet.model.positions import Position, Source, to_ms
from fleet.model.truth import Fence, StopKind

NOON_MS = to_ms(NOON)


def a_position(at_s: float = 0, *, east_m: float = 0, north_m: float = 0, **but: Any) -> Position:
    place, at_ms = at(east_m=east_m, north_m=north_m), NOON_MS + round(at_s * 1000)
    fields: dict[str, Any] = {
        "device_at_ms": at_ms, "lat": place.lat, "lon": place.lon, "accuracy_m": 8.0, "speed_mps": None,
        "bearing_deg": None, "battery": None, "is_mock": False, "source": Source.APP, "skew_ms": 0,
        "received_at_ms": at_ms,
    }  # fmt: skip
    return Position(**fields | but)


def a_fence(*, east_m: float = 0, north_m: float = 0, since_s: float = 0, **but: Any) -> Fence:
    fields: dict[str, Any] = {
        "delivery_id": "dlv_1",
        "stop": StopKind.PICKUP,
        "place": at(east_m=east_m, north_m=north_m),
        "since_ms": NOON_MS + round(since_s * 1000),
    }
    return Fence(**fields | but)

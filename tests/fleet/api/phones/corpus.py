"""The uploads in `payloads/`, and what each must come to: the app, its pings, what was none, and the phone's state."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fleet.pings import NOON_MS

from fleet.api.phones.requests import PhoneRequest
from fleet.model.phones import Activity
from fleet.model.positions import Ping, Source

PAYLOADS = Path(__file__).parent / "payloads"
AT_MS = 1_773_500_370_000  # 2026-03-14, 14:59:30, half a minute before the tests' noon
LAT, LON = -23.5507, -46.6331
NAMES = sorted(path.name for path in PAYLOADS.iterdir() if path.suffix in {".json", ".txt"})


@dataclass(frozen=True)
class Comes:
    """What an upload comes to."""

    app: str
    pings: list[Ping] = field(default_factory=list)
    none: list[str] = field(default_factory=list)  # where
    state: dict[str, Any] = field(default_factory=dict)  # what is said beside the instant
    state_at_ms: int | None = None


def a_request(path: Path, received_at_ms: int = NOON_MS) -> PhoneRequest:
    """Return a file as the request it stands for."""
    raw = path.read_bytes()
    if path.suffix == ".json":
        return PhoneRequest(method="POST", body=raw, content_type="application/json", received_at_ms=received_at_ms)
    head, _, body = raw.partition(b"\n\n")
    line, *lines = head.decode().strip().splitlines()
    method, _, address = line.strip().rpartition(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    return PhoneRequest(
        method=method or "GET",
        query=urlsplit(address).query.encode(),
        headers=headers,
        body=body,
        content_type=headers.get("content-type", ""),
        received_at_ms=received_at_ms,
    )


def a_ping(source: Source, at_ms: int = AT_MS, lat: float = LAT, lon: float = LON, **told: Any) -> Ping:
    """Return a ping of an app that states no accuracy."""
    return Ping(**{"device_at_ms": at_ms, "lat": lat, "lon": lon, "accuracy_m": 50.0, "source": source, **told})


T, C, A, W, V, G = (
    Source.TRANSISTORSOFT,
    Source.TRACCAR,
    Source.OSMAND,
    Source.OWNTRACKS,
    Source.OVERLAND,
    Source.GPSLOGGER,
)
NEAR = {"lat": -23.5508, "lon": -46.6329}
FAR = {"lat": -23.5509, "lon": -46.6325}
MONTREAL = a_ping(T, 1_574_018_065_776, 45.519264, -73.616931, accuracy_m=15.2, battery=0.92, activity=Activity.STILL)
LATER = a_ping(T, 1_584_041_172_020, 45.5192402, -73.6169874, accuracy_m=15.9, battery=0.98, activity=Activity.STILL)
CHARGING = {"is_charging": True, "activity": Activity.STILL}

EXPECTED = {
    "gpslogger_get.txt": Comes(
        "gpslogger",
        [
            a_ping(
                G,
                AT_MS + 250,
                accuracy_m=6.5,
                speed_mps=8.0,
                bearing_deg=84.0,
                battery=0.64,
                activity=Activity.ON_BICYCLE,
            )
        ],
        state={"battery": 0.64, "activity": Activity.ON_BICYCLE},
    ),
    "gpslogger_mock_without_accuracy.txt": Comes("gpslogger", [a_ping(G, AT_MS + 250, speed_mps=10.0, is_mock=True)]),
    "gpslogger_plus_unescaped.txt": Comes("gpslogger", [a_ping(G, AT_MS + 250, 40.4168, -3.7038)]),
    "gpslogger_epoch_post_form.txt": Comes(
        "gpslogger",
        [a_ping(G, accuracy_m=12.0, speed_mps=0.0, battery=0.08)],
        state={"battery": 0.08, "is_charging": True},
    ),
    "gpslogger_post_lines.txt": Comes("gpslogger", [a_ping(G, accuracy_m=4.0, speed_mps=2.5)]),
    "gpslogger_day_alone.txt": Comes("osmand", none=["query"], state_at_ms=NOON_MS),
    "gpslogger_json_body.txt": Comes(
        "gpslogger", [a_ping(G, accuracy_m=4.0, speed_mps=2.5, battery=0.91)], state={"battery": 0.91}
    ),
    "osmand_app_live.txt": Comes(
        "osmand",
        [a_ping(A, AT_MS + 123, accuracy_m=7.5, speed_mps=8.25, bearing_deg=90.0, battery=0.64)],
        state={"battery": 0.64},
    ),
    "osmand_app_our_template.txt": Comes(
        "osmand",
        [a_ping(A, AT_MS + 123, accuracy_m=7.5, speed_mps=8.25, bearing_deg=90.0, battery=0.64)],
        state={"battery": 0.64},
    ),
    "osmand_knots_milliseconds_hdop.txt": Comes(
        "osmand",
        [a_ping(A, AT_MS + 123, accuracy_m=7.5, speed_mps=20 * 1852 / 3600, bearing_deg=359.9, battery=0.875)],
        state={"battery": 0.875, "is_charging": True},
    ),
    "osmand_keep_alive.txt": Comes("osmand", state={"battery": 0.41}, state_at_ms=AT_MS),
    "osmand_post_form.txt": Comes(
        "osmand",
        [a_ping(A, accuracy_m=9.0, speed_mps=10 * 1852 / 3600, bearing_deg=12.0, battery=0.55)],
        state={"battery": 0.55},
    ),
    "osmand_query_02_negative_no_id.txt": Comes("osmand", [a_ping(A, 1_377_177_267_000, 60.0, 30.0)]),
    "osmand_query_03_iso_timestamp.txt": Comes(
        "osmand", [a_ping(A, 1_453_920_947_000, 42.06288, -88.23412, accuracy_m=30.0, speed_mps=0.0)]
    ),
    "osmand_query_05_space_timestamp.txt": Comes(
        "osmand", [a_ping(A, 1_401_873_011_000, 49.60688, 6.15788, speed_mps=0.0)]
    ),
    "osmand_query_06_full.txt": Comes(
        "osmand", [a_ping(A, 1_377_177_267_000, 60.0, 30.0, speed_mps=0.0, bearing_deg=0.0)]
    ),
    "osmand_query_08_heading_deviceid_no_ts.txt": Comes(
        "osmand", [a_ping(A, NOON_MS, 60.0, 30.0, speed_mps=0.0, bearing_deg=0.0)]
    ),
    "osmand_query_10_location_param.txt": Comes("osmand", [a_ping(A, 1_377_177_267_000, 60.0, 30.0)]),
    "overland_batch_01_readme.json": Comes(
        "overland",
        [
            a_ping(
                V,
                1_443_711_600_000,
                37.3318,
                -122.030581,
                accuracy_m=30.0,
                speed_mps=4.0,
                battery=0.8,
                activity=Activity.IN_VEHICLE,
            )
        ],
        state={"battery": 0.8, "is_charging": True, "activity": Activity.IN_VEHICLE},
    ),
    "overland_query.txt": Comes("overland", [a_ping(V, accuracy_m=5.0, battery=0.8)], state={"battery": 0.8}),
    "overland_mixed_batch.json": Comes(
        "overland",
        [
            a_ping(V, **NEAR, speed_mps=4.0, activity=Activity.ON_FOOT),
            a_ping(V, AT_MS + 10_000, accuracy_m=8.0, battery=0.55),
            a_ping(V, AT_MS + 20_000, **FAR, accuracy_m=6.0),
        ],
        ["locations[4]"],
        state={"battery": 0.54, "is_charging": False, "activity": Activity.ON_FOOT},
        state_at_ms=AT_MS + 20_000,
    ),
    "owntracks_location_01_android_user_trigger.json": Comes(
        "owntracks",
        [a_ping(W, 1_551_874_878_000, 46.0681247, 11.1512805, accuracy_m=15.0, speed_mps=0.0, battery=0.46)],
        state={"battery": 0.46, "is_online": True},
    ),
    "owntracks_location_02_minimal.json": Comes("owntracks", [a_ping(W, 1_497_349_316_000, 48.85833, 2.29513)]),
    "owntracks_location_05_ios_topic_created_at.json": Comes(
        "owntracks", [a_ping(W, 1_736_161_169_000, 37.0, -122.0, accuracy_m=5.0)], state={"is_online": True}
    ),
    "owntracks_moving_charging.json": Comes(
        "owntracks",
        [a_ping(W, accuracy_m=12.0, speed_mps=10.0, bearing_deg=181.0, battery=0.09, activity=Activity.ON_BICYCLE)],
        state={"battery": 0.09, "is_charging": True, "is_online": True, "activity": Activity.ON_BICYCLE},
    ),
    "owntracks_lwt.json": Comes("owntracks", state={"is_app_closed": True}, state_at_ms=NOON_MS),
    "owntracks_waypoint.json": Comes("owntracks", state_at_ms=NOON_MS),
    "owntracks_transition.json": Comes("owntracks", state_at_ms=NOON_MS),
    "owntracks_empty.txt": Comes("owntracks", state_at_ms=NOON_MS),
    "traccar_json_01_still_android.json": Comes(
        "traccar",
        [
            a_ping(
                C,
                1_749_995_112_862,
                37.4219983,
                -122.084,
                accuracy_m=5.0,
                speed_mps=0.0,
                battery=1.0,
                activity=Activity.STILL,
            )
        ],
        state={"battery": 1.0, "is_charging": False, "activity": Activity.STILL},
    ),
    "traccar_json_03_mock_ios_minus1.json": Comes(
        "traccar",
        [a_ping(C, 1_746_763_890_579, 37.785834, -122.406417, accuracy_m=5.0, is_mock=True)],
        state={"is_charging": False},
    ),
    "traccar_json_batch.json": Comes(
        "traccar",
        [
            a_ping(C, accuracy_m=5.0, speed_mps=18.67, bearing_deg=63.0, battery=0.79, activity=Activity.IN_VEHICLE),
            a_ping(C, accuracy_m=5.0, battery=0.79),
        ],
        state={"battery": 0.79, "is_charging": False, "activity": Activity.IN_VEHICLE},
    ),
    "transistorsoft_single.json": Comes("transistorsoft", [MONTREAL], state={"battery": 0.92, **CHARGING}),
    "transistorsoft_with_params.json": Comes("transistorsoft", [LATER], state={"battery": 0.98, **CHARGING}),
    "transistorsoft_batch_root_location_array.json": Comes(
        "transistorsoft", [MONTREAL, LATER], state={"battery": 0.98, **CHARGING}
    ),
    "transistorsoft_locationtemplate_array.json": Comes("transistorsoft", none=["location"], state_at_ms=NOON_MS),
    "transistorsoft_root_itself.json": Comes(
        "transistorsoft",
        [
            a_ping(
                T,
                AT_MS + 500,
                accuracy_m=4.7,
                speed_mps=5.5,
                bearing_deg=12.5,
                battery=0.33,
                activity=Activity.ON_BICYCLE,
            )
        ],
        state={"battery": 0.33, "is_charging": False, "activity": Activity.ON_BICYCLE},
    ),
    "transistorsoft_renamed_batch_newest_first.json": Comes(
        "transistorsoft",
        [a_ping(T), a_ping(T, AT_MS + 20_000, **FAR, accuracy_m=5.0, is_mock=True)],
        ["location[1]", "location[2]", "location[4]"],
        state={"is_charging": False},
        state_at_ms=NOON_MS,
    ),
    "transistorsoft_providerchange.json": Comes(
        "transistorsoft",
        state={"battery": 0.5, "is_charging": True, "may_locate": False, "is_gps_on": False},
        state_at_ms=AT_MS,
    ),
    "transistorsoft_heartbeat.json": Comes(
        "transistorsoft",
        [a_ping(T, accuracy_m=15.0, speed_mps=0.0, bearing_deg=0.0, battery=0.5, activity=Activity.STILL)],
        state={"battery": 0.5, **CHARGING},
    ),
    "transistorsoft_template_object.json": Comes(
        "transistorsoft",
        [a_ping(T, accuracy_m=6.0, speed_mps=3.5, bearing_deg=10.0, battery=0.41, activity=Activity.IN_VEHICLE)],
        state={"battery": 0.41, "activity": Activity.IN_VEHICLE},
    ),
    "transistorsoft_template_array_with_time.json": Comes(
        "transistorsoft", [a_ping(T), a_ping(T, AT_MS + 10_000, **NEAR)], ["location[2]"], state_at_ms=NOON_MS
    ),
    "transistorsoft_strange_letters.txt": Comes("transistorsoft", [a_ping(T)]),
}

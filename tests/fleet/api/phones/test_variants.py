"""Spellings of one upload that apps, versions and settings make of it, and what must not be mixed up."""

from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from tests.fleet.api.phones.corpus import AT_MS, LAT, LON

from fleet.api.phones.heard import Heard
from fleet.api.phones.requests import PhoneRequest, take_apart
from fleet.api.phones.table import choose
from fleet.model.phones import Activity, PhoneState
from fleet.model.positions import Source

NOW_MS = AT_MS + 60_000
AT = "2026-03-14T14:59:30Z"
COORDS = {"latitude": LAT, "longitude": LON, "accuracy": 5}
LOCATION = {"timestamp": AT, "coords": COORDS}
POINT = {"type": "Point", "coordinates": [LON, LAT]}
SOURCE_OF = {
    "transistorsoft": Source.TRANSISTORSOFT,
    "overland": Source.OVERLAND,
    "gpslogger": Source.GPSLOGGER,
    "osmand": Source.OSMAND,
    "owntracks": Source.OWNTRACKS,
    "traccar": Source.TRACCAR,
}


def hear(document: Any = None, *, forced: str | None = None, **fields: Any) -> Heard:
    """Read a document, or else a query."""
    body = b"" if document is None else msgspec.json.encode(document)
    said = take_apart(PhoneRequest(method="POST", body=body, query=urlencode(fields).encode(), received_at_ms=NOW_MS))
    return choose(said, forced).read(said)


def only(heard: Heard):
    (ping,) = heard.pings
    return ping


@pytest.mark.parametrize(
    "document",
    [
        {"location": LOCATION},
        {"location": [LOCATION]},
        {"data": LOCATION, "user_id": 7},
        {"data": [LOCATION], "params": {"a": [1, 2]}},
        LOCATION | {"user_id": 7, "location_extra": "x"},
        [LOCATION],
        {"locations": [LOCATION]},
        {"home": {"lat": 1.5, "lng": 2.5}, "data": LOCATION},
        {"home": {"lat": 1.5, "lng": 2.5}, "data": [{"lat": LAT, "lng": LON, "timestamp": AT, "accuracy": 5}]},
        {"location": {"latitude": str(LAT), "longitude": str(LON), "timestamp": AT_MS, "accuracy": "5"}},
    ],
    ids=str,
)
def test_a_location_is_found_under_whatever_root_an_app_gives_it(document):
    ping = only(hear(document))

    assert (ping.device_at_ms, ping.lat, ping.lon, ping.accuracy_m) == (AT_MS, LAT, LON, 5)
    assert ping.source is Source.TRANSISTORSOFT


def test_a_template_s_array_without_a_time_is_no_ping_and_says_what_is_missing():
    heard = hear({"data": [LAT, LON, {"extra": 1}]})

    assert heard.pings == []
    assert "timestamp" in heard.unreadable[0].why
    assert heard.state == PhoneState(at_ms=NOW_MS)


@pytest.mark.parametrize("doing", ["walking", "running", "on_foot"])
def test_an_activity_has_our_names(doing):
    assert only(hear({"location": LOCATION | {"activity": {"type": doing}}})).activity is Activity.ON_FOOT


@pytest.mark.parametrize(
    ("provider", "state"),
    [
        ({"enabled": True, "gps": True, "network": False, "status": 3}, (True, True)),
        ({"enabled": True, "gps": False, "network": True, "status": 4}, (True, False)),
        ({"enabled": False, "gps": True, "status": 3}, (True, False)),
        ({"enabled": True, "gps": True, "status": 2}, (False, True)),
        ({"enabled": True, "gps": True, "status": 0}, (None, True)),
        ({"status": "?", "gps": 7}, (None, None)),
    ],
    ids=str,
)
def test_a_provider_change_tells_of_permission_and_gps_and_never_of_the_network(provider, state):
    heard = hear({"location": {"event": "providerchange", "provider": provider, "timestamp": AT}})

    assert heard.state is not None
    assert (heard.state.may_locate, heard.state.is_gps_on, heard.state.is_online) == (*state, None)
    assert (heard.pings, heard.unreadable) == ([], [])


def test_the_newest_of_each_thing_told_in_a_batch_counts():
    older = LOCATION | {"event": "providerchange", "provider": {"enabled": True, "gps": False, "status": 2}}
    newer = LOCATION | {"timestamp": "2026-03-14T14:59:40Z", "battery": {"level": 0.4, "is_charging": True}}

    heard = hear({"location": [newer, older | {"battery": {"level": 0.5, "is_charging": False}}]})

    assert heard.state == PhoneState(
        at_ms=AT_MS + 10_000, battery=0.4, is_charging=True, may_locate=False, is_gps_on=False
    )


def test_an_app_that_speaks_after_its_goodbye_is_there_again():
    goodbye = LOCATION | {"event": "terminate"}
    later = LOCATION | {"timestamp": "2026-03-14T14:59:40Z"}

    states = [hear({"location": batch}).state for batch in ([later, goodbye], [goodbye])]

    assert [state and state.is_app_closed for state in states] == [None, True]


@pytest.mark.parametrize(
    ("fields", "speed_mps"),
    [
        ({"speed": 10}, 5.1444),
        ({"speed": 10, "eta": 0}, 10),
        ({"speed": 10, "edfa": 5}, 10),
        ({"speed_mps": 10}, 10),
        ({"speed": -1}, None),
        ({"speed": "NaN"}, None),
    ],
    ids=str,
)
def test_a_query_s_speed_is_in_knots_unless_it_is_osmand_s_own(fields, speed_mps):
    ping = only(hear(lat=LAT, lon=LON, timestamp=AT, **fields))

    assert ping.speed_mps == (None if speed_mps is None else pytest.approx(speed_mps, abs=1e-4))
    assert ping.source is Source.OSMAND


@pytest.mark.parametrize(
    ("fields", "accuracy_m"),
    [
        ({"hdop": 2}, 10),
        ({"hdop": 0}, 50),
        ({"accuracy": 12, "hdop": 2}, 12),
        ({"hdop": 8, "eta": 1}, 8),
        ({"hacc": 9}, 9),
    ],
    ids=str,
)
def test_a_query_s_accuracy_comes_from_what_it_states(fields, accuracy_m):
    assert only(hear(lat=LAT, lon=LON, timestamp=AT, **fields)).accuracy_m == accuracy_m


@pytest.mark.parametrize(
    "fields",
    [
        {"lat": LAT},
        {"lat": "", "lon": LON},
        {"location": LAT},
        {"location": "1,2,3,4"},
        {"lat": 0, "lon": 0},
        {"lat": LAT, "lon": LON, "valid": "false"},
        {"lat": LAT, "lon": LON, "timestamp": "{2}"},
    ],
    ids=str,
)
def test_a_query_that_names_no_sound_place_or_time_is_no_ping(fields):
    heard = hear(id="1", **fields)

    assert heard.pings == []
    assert len(heard.unreadable) == 1


def test_a_query_without_a_time_is_of_now():
    assert only(hear(id="1", lat=LAT, lon=LON)).device_at_ms == NOW_MS


@pytest.mark.parametrize(
    ("motion", "doing"),
    [
        (["driving", "stationary"], Activity.IN_VEHICLE),
        (["stationary"], Activity.STILL),
        (["cycling"], Activity.ON_BICYCLE),
        ([], None),
        ("walking", Activity.ON_FOOT),
        (7, None),
        ([None, {}], None),
    ],
    ids=str,
)
def test_of_overland_s_motions_the_fastest_counts(motion, doing):
    feature = {"type": "Feature", "geometry": POINT, "properties": {"timestamp": AT, "motion": motion}}

    assert only(hear({"locations": [feature]})).activity is doing


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {},
        {"type": "Point", "coordinates": []},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "Point", "coordinates": ["x", "y"]},
        {"type": "Point", "coordinates": {"lat": 1}},
        7,
    ],
    ids=str,
)
def test_a_feature_that_is_no_point_tells_of_the_phone_alone(geometry):
    about = {"timestamp": AT, "battery_level": 0.5, "battery_state": "full"}

    heard = hear({"locations": [{"type": "Feature", "geometry": geometry, "properties": about}]})

    assert heard.pings == []
    assert heard.state == PhoneState(at_ms=AT_MS, battery=0.5, is_charging=True)


def test_overland_s_address_and_body_together_are_one_ping_each():
    feature = {"type": "Feature", "geometry": POINT, "properties": {"timestamp": AT}}

    heard = hear({"locations": [feature]}, ts=AT, lat=LAT, lon=LON, bat=0.5)

    assert [ping.device_at_ms for ping in heard.pings] == [AT_MS, AT_MS]


def test_an_app_that_will_terminate_says_goodbye():
    about = {"timestamp": AT, "action": "will_terminate"}

    heard = hear({"locations": [{"type": "Feature", "geometry": POINT, "properties": about}]})

    assert (heard.pings, heard.state) == ([], PhoneState(at_ms=AT_MS, is_app_closed=True))


@pytest.mark.parametrize("fault", [{"lat": None}, {"lon": "x"}, {"tst": None}, {"tst": 0}, {"lat": 91}], ids=str)
def test_an_owntracks_location_without_place_or_time_is_no_ping(fault):
    heard = hear({"_type": "location", "lat": LAT, "lon": LON, "tst": AT_MS // 1000} | fault)

    assert heard.pings == []
    assert len(heard.unreadable) == 1


@pytest.mark.parametrize(
    "kind", ["waypoint", "transition", "card", "cmd", "waypoints", "status", "steps", "beacon", 7, None]
)
def test_only_a_location_is_where_the_phone_is(kind):
    heard = hear({"_type": kind, "lat": LAT, "lon": LON, "tst": AT_MS // 1000})

    assert (heard.pings, heard.unreadable) == ([], [])


def test_an_encrypted_message_among_others_spoils_none():
    heard = hear([{"_type": "encrypted"}, {"_type": "location", "lat": LAT, "lon": LON, "tst": AT_MS // 1000}])

    assert (only(heard).lat, heard.unreadable[0].why) == (LAT, "encrypted")


@pytest.mark.parametrize(
    ("fields", "speed_mps"), [({"spd": 10}, 10), ({"spd_kph": 36}, 10), ({"spd": 10, "spd_kph": 99}, 10)], ids=str
)
def test_gpslogger_s_speed_is_in_metres_a_second_unless_it_is_in_kilometres_an_hour(fields, speed_mps):
    ping = only(hear(lat=LAT, lon=LON, time=AT, **fields))

    assert (ping.speed_mps, ping.source) == (pytest.approx(speed_mps), Source.GPSLOGGER)


@pytest.mark.parametrize(
    "fields",
    [
        {"time": AT},
        {"timestamp": AT_MS // 1000},
        {"timeoff": "2026-03-14T11:59:30-03:00"},
        {"timeoffset": AT},
        {"time": AT, "timestamp": 1, "starttimestamp": 1},
        {"timestamp": AT_MS},
    ],
    ids=str,
)
def test_gpslogger_s_time_is_whichever_its_template_has(fields):
    assert only(hear(lat=LAT, lon=LON, prov="gps", **fields)).device_at_ms == AT_MS


@pytest.mark.parametrize("fields", [{"prov": "MOCK"}, {"prov": "mock"}, {"prov": "gps", "mock": "true"}], ids=str)
def test_a_made_up_position_is_marked_and_not_dropped(fields):
    assert only(hear(lat=LAT, lon=LON, time=AT, **fields)).is_mock


@pytest.mark.parametrize("app", SOURCE_OF)
def test_a_forced_app_is_read_as_that_app(app):
    if app in {"osmand", "gpslogger"}:
        heard = hear(forced=app, lat=LAT, lon=LON, timestamp=AT_MS)
    else:
        feature = {"type": "Feature", "geometry": POINT, "properties": {"timestamp": AT}}
        message = {"_type": "location", "lat": LAT, "lon": LON, "tst": AT_MS // 1000}
        heard = hear(
            {"overland": {"locations": [feature]}, "owntracks": message}.get(app, {"location": LOCATION}), forced=app
        )

    assert only(heard).source is SOURCE_OF[app]


def test_osmand_and_traccar_are_one_protocol_in_two_spellings():
    assert only(hear({"location": LOCATION, "device_id": "1"}, forced="osmand")).source is Source.TRACCAR
    assert only(hear(forced="traccar", id=1, lat=LAT, lon=LON, timestamp=AT)).source is Source.OSMAND

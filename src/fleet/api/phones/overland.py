"""Overland: GeoJSON features in batches, or names in the address. It sends again until it reads `{"result":"ok"}`.

Of a feature with an `action` (a visit, the app's own doings) the place is that of some time before, under the time of
now; it tells of the phone alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fleet.api.phones import transistorsoft, values
from fleet.api.phones.heard import Heard, Told, gather, told
from fleet.api.phones.requests import Said
from fleet.model.phones import Activity, PhoneState
from fleet.model.positions import Ping, Source

TEMPLATE: Final = "ts=%TS&lat=%LAT&lon=%LON&acc=%ACC&spd=%SPD&bat=%BAT&alt=%ALT"
LIST: Final = "locations"
_CHARGING: Final[Mapping[object, bool]] = {"charging": True, "full": True, "unplugged": False}
_CLOSING: Final = "will_terminate"
_STILL_LAST: Final = (Activity.IN_VEHICLE, Activity.ON_BICYCLE, Activity.ON_FOOT, Activity.STILL)


def recognises(said: Said) -> bool:
    """Tell whether there is a batch, or what the address' names stand for."""
    batch = said.root.get(LIST)
    is_batch = isinstance(batch, list) and not any(map(transistorsoft.is_location, batch))  # it may have this root too
    return is_batch or (said.document is None and "ts" in said.fields and "lat" in said.fields)


def read(said: Said) -> Heard:
    """Return what was heard; the same position in address and batch is the same ping twice."""

    def read_one(item: Any) -> Told:
        if not isinstance(item, dict):
            return Told(why_none="no feature")
        if "ts" in item and "lat" in item:
            return _query(item, said.received_at_ms)
        return _feature(item, said.received_at_ms)

    return gather(_items(said), read_one)


def _items(said: Said) -> Iterator[tuple[str, Any]]:
    locations = said.root.get(LIST)
    for index, one in enumerate(locations if isinstance(locations, list) else ()):
        yield f"{LIST}[{index}]", one
    if isinstance(current := said.root.get("current"), dict):  # newer than a long batch
        yield "current", current
    if isinstance(trip := said.root.get("trip"), dict) and isinstance(trip.get("current_location"), dict):
        yield "trip", trip["current_location"]
    if "ts" in said.fields and "lat" in said.fields:
        yield "query", said.fields


def _feature(item: Mapping[str, Any], received_at_ms: int) -> Told:
    about = item.get("properties")
    about = about if isinstance(about, dict) else {}
    level, doing = values.share(about.get("battery_level")), _activity(about.get("motion"))
    when, battery_state = about.get("timestamp"), about.get("battery_state")

    def ping() -> Ping | None:
        lat, lon = _lat_lon(item.get("geometry"))
        if (lat is None and lon is None) or about.get("action") is not None or about.get("type") == "trip":
            return None
        place = values.place(lat, lon)
        return Ping(
            device_at_ms=values.instant_ms(when),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=values.accuracy_m(about.get("horizontal_accuracy")),
            speed_mps=values.speed_mps(about.get("speed")),
            bearing_deg=values.bearing_deg(about.get("course")),
            battery=level,
            is_mock=values.flag(about.get("mock")) or False,
            source=Source.OVERLAND,
            activity=doing,
        )

    def state(at_ms: int) -> PhoneState:
        return PhoneState(
            at_ms=at_ms,
            battery=level,
            is_charging=_CHARGING.get(battery_state) if isinstance(battery_state, str) else None,
            is_app_closed=True if about.get("action") == _CLOSING else None,
            activity=doing,
        )

    return told(ping, state, else_at_ms=values.instant_or(when, received_at_ms))


def _query(fields: Mapping[str, str], received_at_ms: int) -> Told:
    level = values.share(fields.get("bat"))

    def ping() -> Ping:
        place = values.place(fields.get("lat"), fields.get("lon"))
        return Ping(
            device_at_ms=values.instant_ms(fields.get("ts")),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=values.accuracy_m(fields.get("acc")),
            speed_mps=values.speed_mps(fields.get("spd")),
            battery=level,
            source=Source.OVERLAND,
        )

    at_ms = values.instant_or(fields.get("ts"), received_at_ms)
    return told(ping, lambda at_ms: PhoneState(at_ms=at_ms, battery=level), else_at_ms=at_ms)


def _lat_lon(geometry: Any) -> tuple[Any, Any]:
    """Return latitude and longitude of a point, which GeoJSON turns round; None and None where there is no geometry."""
    if not isinstance(geometry, dict):
        return None, None
    coordinates = geometry.get("coordinates")
    if geometry.get("type", "Point") != "Point" or not isinstance(coordinates, list) or len(coordinates) <= 1:
        return "", ""
    return coordinates[1], coordinates[0]


def _activity(motions: Any) -> Activity | None:
    named = motions if isinstance(motions, list) else [motions]
    known = {values.activity(name) for name in named}
    return next((one for one in _STILL_LAST if one in known), None)  # a phone that lies in a moving car is both

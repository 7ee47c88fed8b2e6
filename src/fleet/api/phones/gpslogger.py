"""GPSLogger's custom address: a GET or POST from a template, whose names are those of the app's `%` words or like them.

It sends a point again where an answer got lost, and points of long ago when it is back in the network.
"""

from collections.abc import Mapping
from typing import Final

from fleet.api.phones import values
from fleet.api.phones.heard import Heard, Told, gather, told
from fleet.api.phones.requests import Said
from fleet.model.phones import PhoneState
from fleet.model.positions import Ping, Source

TEMPLATE: Final = (
    "lat=%LAT&lon=%LON&time=%TIME&acc=%ACC&spd=%SPD&dir=%DIR&prov=%PROV&batt=%BATT&ischarging=%ISCHARGING&act=%ACT"
)
_OF_GPSLOGGER: Final = frozenset(
    {
        "prov",
        "spd",
        "spd_kph",
        "dir",
        "timeoff",
        "timeoffset",
        "starttimestamp",
        "aid",
        "androidid",
        "act",
        "ischarging",
    }
)
_OF_ITS_JSON: Final = frozenset({"prov", "spd", "spd_kph", "timeoff", "timeoffset", "starttimestamp"})
# A `date` is a day alone: no time, but neither is it now.
_TIMES: Final = (
    "time",
    "timestamp",
    "timeoff",
    "timeoffset",
    "timestampmillis",
    "epoch",
    "date_time",
    "datetime",
    "date",
)
_MOCK: Final = "mock"


def recognises(said: Said) -> bool:
    """Tell whether a query, form or flat document has names that only this app's words suggest."""
    fields = _fields(said)
    marks = _OF_GPSLOGGER if said.document is None else _OF_ITS_JSON
    return not marks.isdisjoint(fields) and "lat" in fields


def read(said: Said) -> Heard:
    """Return what was heard. A template without a time means now, as everywhere in a query."""
    return gather([("query", _fields(said))], lambda fields: _read(fields, said.received_at_ms))


def _fields(said: Said) -> Mapping[str, str]:
    """Return what the template says, which may have been written as JSON into a body."""
    flat = {name.lower(): str(one) for name, one in said.root.items() if isinstance(one, str | int | float)}
    return {**said.fields, **flat}


def _read(fields: Mapping[str, str], received_at_ms: int) -> Told:
    level = values.percent(_first(fields, "battery", "batt", "bat"))
    doing = values.activity(_first(fields, "activity", "act"))
    when = _first(fields, *_TIMES) or received_at_ms

    def ping() -> Ping | None:
        lat, lon = _first(fields, "lat", "latitude"), _first(fields, "lon", "lng", "longitude")
        if lat is None and lon is None:
            return None
        place = values.place(lat, lon)
        return Ping(
            device_at_ms=values.instant_ms(when),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=_accuracy_m(fields),
            speed_mps=_speed_mps(fields),
            bearing_deg=values.bearing_deg(_first(fields, "dir", "bearing", "heading")),
            battery=level,
            is_mock=_is_mock(fields),
            source=Source.GPSLOGGER,
            activity=doing,
        )

    def state(at_ms: int) -> PhoneState:
        is_charging = values.flag(_first(fields, "ischarging", "is_charging", "charging"))
        return PhoneState(at_ms=at_ms, battery=level, is_charging=is_charging, activity=doing)

    return told(ping, state, else_at_ms=values.instant_or(when, received_at_ms))


def _accuracy_m(fields: Mapping[str, str]) -> float:
    return values.accuracy_m(_first(fields, "acc", "accuracy"), values.hdop_accuracy_m(_first(fields, "hdop")))


def _speed_mps(fields: Mapping[str, str]) -> float | None:
    if (plain := _first(fields, "spd", "speed", "speed_mps")) is not None:
        return values.speed_mps(plain)
    return values.speed_mps(_first(fields, "spd_kph", "speed_kph"), unit_mps=values.MPS_PER_KMH)


def _is_mock(fields: Mapping[str, str]) -> bool:
    return (_first(fields, "prov", "provider") or "").lower() == _MOCK or values.flag(_first(fields, "mock")) is True


def _first(fields: Mapping[str, str], *names: str) -> str | None:
    return next((fields[name] for name in names if fields.get(name)), None)

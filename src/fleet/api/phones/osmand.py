"""The query that OsmAnd, older Traccar Clients and many trackers send, as a GET's query or a POST's form.

The protocol's speed is in knots and its HDOP a dilution. OsmAnd's own `{5}` is in m/s and its `{3}` the accuracy in
metres, so the address that we hand out calls them `speed_mps` and `accuracy`; the app's other names tell it too.
"""

from collections.abc import Mapping
from typing import Final

from fleet.api.phones import values
from fleet.api.phones.heard import Heard, Told, gather, told
from fleet.api.phones.requests import Said
from fleet.model.phones import PhoneState
from fleet.model.positions import Ping, Source

# What {n} are, the app says in its settings.
TEMPLATE: Final = "lat={0}&lon={1}&timestamp={2}&accuracy={3}&altitude={4}&speed_mps={5}&bearing={6}&batt={11}"
IDS: Final = ("id", "deviceid", "device_id")
_OF_OSMAND_APP: Final = frozenset({"eta", "etfa", "eda", "edfa"})  # only OsmAnd knows when its user arrives
_KEEPS_ALIVE: Final = frozenset(
    {*IDS, "timestamp", "batt", "battery", "charge", "cell", "wifi", "valid", "alarm", "event"}
)
_PLACES: Final = frozenset({"lat", "lon", "latitude", "longitude", "lng", "location"})


def recognises(said: Said) -> bool:
    """Tell whether there is a place, or what comes without one to say that the phone is there."""
    return said.document is None and not (_PLACES | _KEEPS_ALIVE).isdisjoint(said.fields)


def read(said: Said) -> Heard:
    """Return what was heard. Without a time it is of now, without a place the phone is merely there."""
    return gather([("query", said.fields)], lambda fields: _read(fields, said.received_at_ms))


def _read(fields: Mapping[str, str], received_at_ms: int) -> Told:
    level = values.percent(_first(fields, "batt", "battery", "bat", "batterylevel"))
    doing = values.activity(_first(fields, "activity"))
    when = _first(fields, "timestamp", "time", "date") or received_at_ms

    def ping() -> Ping | None:
        lat, lon = _lat_lon(fields)
        if lat is None and lon is None:
            return None
        if values.flag(_first(fields, "valid")) is False:
            raise values.NoPing("the phone says that its position is not valid")
        place = values.place(lat, lon)
        return Ping(
            device_at_ms=values.instant_ms(when),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=_accuracy_m(fields),
            speed_mps=_speed_mps(fields),
            bearing_deg=values.bearing_deg(_first(fields, "bearing", "heading", "course")),
            battery=level,
            is_mock=values.flag(_first(fields, "mock")) or False,
            source=Source.OSMAND,
            activity=doing,
        )

    def state(at_ms: int) -> PhoneState:
        is_charging = values.flag(_first(fields, "charge", "charging", "is_charging"))
        return PhoneState(at_ms=at_ms, battery=level, is_charging=is_charging, activity=doing)

    return told(ping, state, else_at_ms=values.instant_or(when, received_at_ms))


def _lat_lon(fields: Mapping[str, str]) -> tuple[str | None, str | None]:
    lat, lon = _first(fields, "lat", "latitude"), _first(fields, "lon", "longitude", "lng")
    if lat is None and lon is None and (both := _first(fields, "location")) is not None:
        parts = both.split(",")
        return (parts[0], parts[1]) if len(parts) == 2 else (both, None)  # noqa: PLR2004  latitude and longitude
    return lat, lon


def _accuracy_m(fields: Mapping[str, str]) -> float:
    stated, hdop = (_first(fields, name) for name in ("accuracy", "hdop"))
    diluted = hdop if _is_osmand_app(fields) else values.hdop_accuracy_m(hdop)
    return values.accuracy_m(stated, _first(fields, "acc"), _first(fields, "hacc"), diluted)


def _speed_mps(fields: Mapping[str, str]) -> float | None:
    if (plain := _first(fields, "speed_mps")) is not None:
        return values.speed_mps(plain)
    unit_mps = 1.0 if _is_osmand_app(fields) else values.MPS_PER_KNOT
    return values.speed_mps(_first(fields, "speed"), unit_mps=unit_mps)


def _is_osmand_app(fields: Mapping[str, str]) -> bool:
    return not _OF_OSMAND_APP.isdisjoint(fields)


def _first(fields: Mapping[str, str], *names: str) -> str | None:
    return next((fields[name] for name in names if fields.get(name)), None)

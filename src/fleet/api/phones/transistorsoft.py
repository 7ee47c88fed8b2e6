"""Transistorsoft's background-geolocation, inside whatever app: React Native, Flutter, Capacitor, Cordova, native.

One location or many, under `location`, under a name of the app's own (`httpRootProperty`), or as the root itself, with
the app's `params` beside it; each as the library writes it, or from a `locationTemplate`: an object or an array.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fleet.api.phones import values
from fleet.api.phones.heard import Heard, Told, gather, told
from fleet.api.phones.requests import Said
from fleet.model.phones import PhoneState
from fleet.model.positions import Ping, Source

ROOT: Final = "location"
_LATS: Final = ("latitude", "lat")
_LONS: Final = ("longitude", "lon", "lng", "long")
_TIMES: Final = ("timestamp", "time", "recorded_at")
_MAY_LOCATE: Final[Mapping[object, bool]] = {1: False, 2: False, 3: True, 4: True}  # restricted, denied, always, in use
_CLOSING: Final = "terminate"
_ARRAYS_PLACE: Final = 2
_NO_TIME_OF_ARRAY: Final = "a place without a time: let the template say <%= timestamp %> too"


def recognises(said: Said) -> bool:
    """Tell whether there is something like a location in the document, wherever."""
    return _root(said.document) is not None


def read(said: Said) -> Heard:
    """Return what was heard."""
    return read_locations(said, Source.TRANSISTORSOFT)


def read_locations(said: Said, source: Source) -> Heard:
    """Return what was heard from whichever app has this library in it."""

    def read_one(item: Any) -> Told:
        if isinstance(item, list):
            return _array(item, source, said.received_at_ms)
        if isinstance(item, dict):
            return _object(item, source, said.received_at_ms)
        return Told(why_none="neither an object nor an array")

    return gather(_items(_root(said.document)), read_one)


def _root(document: Any) -> Any:
    """Return the location or locations of a document; None where there are none."""
    if is_location(document):
        return document
    if isinstance(document, list):
        return document if any(is_location(one) for one in document) else None
    if not isinstance(document, dict):
        return None
    if ROOT in document and isinstance(document[ROOT], dict | list):
        return document[ROOT]
    others = [value for value in document.values() if _root_of_its_own(value)]
    # What an app adds may have a place in it too, but seldom a time beside it.
    return next((one for one in others if not _is_bare(one)), others[0] if others else None)


def _root_of_its_own(value: Any) -> bool:
    return is_location(value) or (isinstance(value, list) and any(is_location(one) for one in value))


def is_location(value: Any) -> bool:
    """Tell whether this is one location, or event, as the library or a template writes it."""
    if isinstance(value, dict):
        is_event = "event" in value and isinstance(value.get("provider"), dict)
        return isinstance(value.get("coords"), dict) or is_event or _first(value, _LATS) is not None
    return _is_array(value)


def _is_array(value: Any) -> bool:
    is_long_enough = isinstance(value, list) and len(value) >= _ARRAYS_PLACE
    return is_long_enough and all(values.number(one) is not None for one in value[:_ARRAYS_PLACE])


def _is_bare(value: Any) -> bool:
    return isinstance(value, dict) and "coords" not in value and _first(value, _TIMES) is None


def _items(root: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(root, list) and not _is_array(root):
        yield from ((f"{ROOT}[{index}]", one) for index, one in enumerate(root))
    elif root is not None:
        yield ROOT, root


def _object(item: Mapping[str, Any], source: Source, received_at_ms: int) -> Told:
    coords = item["coords"] if isinstance(item.get("coords"), dict) else item
    when = _first(item, _TIMES)
    level, is_charging = _battery(item)
    doing = _activity(item)

    def ping() -> Ping | None:
        if _first(coords, _LATS) is None and _first(coords, _LONS) is None and "event" in item:
            return None  # an event that tells of the phone alone
        place = values.place(_first(coords, _LATS), _first(coords, _LONS))
        return Ping(
            device_at_ms=values.instant_ms(when),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=values.accuracy_m(coords.get("accuracy")),
            speed_mps=values.speed_mps(coords.get("speed")),
            bearing_deg=values.bearing_deg(_first(coords, ("heading", "bearing"))),
            battery=level,
            is_mock=values.flag(item.get("mock")) or values.flag(coords.get("mock")) or False,
            source=source,
            activity=doing,
        )

    def state(at_ms: int) -> PhoneState:
        return PhoneState(
            at_ms=at_ms, battery=level, is_charging=is_charging, activity=doing, **_provider(item.get("provider")),
            is_app_closed=True if item.get("event") == _CLOSING else None,
        )  # fmt: skip

    return told(ping, state, else_at_ms=values.instant_or(when, received_at_ms))


def _array(item: list[Any], source: Source, received_at_ms: int) -> Told:
    """Read `[lat, lon, …]`: of the rest only a time says what it is, and without one it is no ping.

    The library keeps what it could not send: a place of an hour ago must not count as of now.
    """

    def ping() -> Ping:
        if not _is_array(item):
            raise values.NoPing("an array that does not begin with latitude and longitude")
        place = values.place(item[0], item[1])
        times = [one for one in item[_ARRAYS_PLACE:] if _is_time(one)]
        if not times:
            raise values.NoPing(_NO_TIME_OF_ARRAY)
        return Ping(
            device_at_ms=values.instant_ms(times[0]),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=values.ASSUMED_ACCURACY_M,
            source=source,
        )

    return told(ping, lambda at_ms: PhoneState(at_ms=at_ms), else_at_ms=received_at_ms)


def _is_time(value: Any) -> bool:
    is_text = isinstance(value, str) and values.number(value) is None
    least_ms = 1e12  # 2001; a smaller number may be anything: an altitude, an odometer
    return values.instant_or(value, 0) > 0 and (is_text or (values.number(value) or 0) >= least_ms)


def _battery(item: Mapping[str, Any]) -> tuple[float | None, bool | None]:
    battery = item.get("battery")
    if not isinstance(battery, dict):
        battery = {"level": _first(item, ("battery", "battery_level")), "is_charging": item.get("is_charging")}
    level = values.share(battery.get("level"))
    # The documents of templates speak of percent where the library writes shares: what is no share can be nothing else.
    return values.percent(battery.get("level")) if level is None else level, values.flag(battery.get("is_charging"))


def _activity(item: Mapping[str, Any]) -> Any:
    doing = item.get("activity")
    return values.activity(doing.get("type") if isinstance(doing, dict) else doing)


def _provider(provider: Any) -> dict[str, bool | None]:
    if not isinstance(provider, dict):
        return {}
    is_enabled, has_gps = values.flag(provider.get("enabled")), values.flag(provider.get("gps"))
    status = values.number(provider.get("status"))
    # `network` says whether masts and wireless networks give positions, not whether the phone is online.
    return {"may_locate": _MAY_LOCATE.get(status), "is_gps_on": False if is_enabled is False else has_gps}


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)

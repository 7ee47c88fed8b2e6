"""OwnTracks in HTTP mode: one message for each POST, told apart by its `_type`. Only a `location` says where it is.

An empty body is legal: the app asks for what there is for it, and gets `[]` as always.
"""

from collections.abc import Mapping
from typing import Any, Final

from fleet.api.phones import values
from fleet.api.phones.heard import Heard, Told, gather, told
from fleet.api.phones.requests import Said
from fleet.errors import PhoneEncrypted
from fleet.model.phones import Activity, PhoneState
from fleet.model.positions import Ping, Source

TYPE: Final = "_type"
_HEADERS: Final = ("x-limit-u", "x-limit-d")
_CHARGING: Final[Mapping[object, bool]] = {1: False, 2: True, 3: True}  # unplugged, charging, full; 0 is unknown
_ONLINE: Final[Mapping[object, bool]] = {"w": True, "m": True, "o": False}


def recognises(said: Said) -> bool:
    """Tell whether it is a message, several, or the app's headers around nothing."""
    one = said.document[0] if isinstance(said.document, list) and said.document else said.document
    is_message = isinstance(one, dict) and TYPE in one
    has_headers = any(name in said.headers for name in _HEADERS)
    is_nothing = (said.is_empty and said.method == "POST") or (said.document in ([], {}) and has_headers)
    return is_message or is_nothing


def read(said: Said) -> Heard:
    """Return what was heard; raises `PhoneEncrypted` for what we have no key to."""
    messages = said.document if isinstance(said.document, list) else [said.document]
    if messages and all(isinstance(one, dict) and one.get(TYPE) == "encrypted" for one in messages):
        raise PhoneEncrypted
    items = [("message", one) for one in messages if one not in (None, {})]
    if not items:
        return Heard(state=PhoneState(at_ms=said.received_at_ms))
    return gather(items, lambda item: _read(item, said.received_at_ms))


def _read(item: Any, received_at_ms: int) -> Told:
    if not isinstance(item, dict):
        return Told(why_none="no message")
    match item.get(TYPE):
        case "location":
            return _location(item, received_at_ms)
        case "lwt":
            # Its `tst` is when the app connected, and not when it went away.
            return Told(state=PhoneState(at_ms=received_at_ms, is_app_closed=True))
        case "encrypted":
            return Told(why_none="encrypted")
        case _:
            return Told(state=PhoneState(at_ms=received_at_ms))


def _location(item: Mapping[str, Any], received_at_ms: int) -> Told:
    level, doing = values.percent(item.get("batt")), _activity(item.get("motionactivities"))

    def ping() -> Ping:
        place = values.place(item.get("lat"), item.get("lon"))
        return Ping(
            device_at_ms=values.instant_ms(item.get("tst")),
            lat=place.lat,
            lon=place.lon,
            accuracy_m=values.accuracy_m(item.get("acc")),
            speed_mps=values.speed_mps(item.get("vel"), unit_mps=values.MPS_PER_KMH),
            bearing_deg=values.bearing_deg(item.get("cog")),
            battery=level,
            is_mock=values.flag(item.get("mock")) or False,
            source=Source.OWNTRACKS,
            activity=doing,
        )

    def state(at_ms: int) -> PhoneState:
        conn = item.get("conn")
        return PhoneState(
            at_ms=at_ms,
            battery=level,
            is_charging=_CHARGING.get(values.number(item.get("bs"))),
            is_online=_ONLINE.get(conn) if isinstance(conn, str) else None,
            activity=doing,
        )

    return told(ping, state, else_at_ms=values.instant_or(item.get("tst"), received_at_ms))


def _activity(named: Any) -> Activity | None:
    names = named if isinstance(named, list) else [named]
    return next((doing for name in names if (doing := values.activity(name))), None)

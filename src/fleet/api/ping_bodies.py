"""Pings as our own apps send them, over HTTP and the rider's socket. Each is read alone: a bad one spoils no other."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from fleet.model.positions import Judged, Ping, Source, Verdict, to_ms
from kernel.errors import InvalidField
from kernel.geo import Lat, Lon

MAX_PINGS: Final = 500
_LAST_MS: Final = 253_402_300_799_999  # the end of the year 9999, as far as datetime counts
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
_MISSING: Final = re.compile(r"^Object missing required field `(\w+)`")

DeviceAt = Annotated[int, msgspec.Meta(ge=0, le=_LAST_MS)] | Annotated[datetime, msgspec.Meta(tz=True)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e7)]


class PingBody(msgspec.Struct, frozen=True, kw_only=True):
    """One ping: `device_at` in RFC 3339 or in milliseconds since 1970; it tells pings of one rider apart."""

    device_at: DeviceAt
    lat: Lat
    lon: Lon
    accuracy_m: NotNegative
    speed_mps: NotNegative | None = None
    bearing_deg: Annotated[float, msgspec.Meta(ge=0, le=360)] | None = None
    battery: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    is_mock: bool = False
    source: Source = Source.APP


class PingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a ping, in the order they were sent; `device_at` as it was sent, if it could be read."""

    device_at: int | datetime | None
    verdict: Verdict
    reason: str | None = None
    field: str | None = None  # of an invalid ping


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent: pings with the `device_at` they came with, or the answer to what is none."""

    read: Sequence[tuple[int | datetime, Ping] | PingAnswer]

    @property
    def pings(self) -> list[Ping]:
        """The readable ones."""
        return [one[1] for one in self.read if isinstance(one, tuple)]

    def answers(self, judged: Sequence[Judged]) -> list[PingAnswer]:
        """Return an answer for each that was sent, given the verdicts on the readable ones."""
        verdicts = iter(judged)
        return [one if isinstance(one, PingAnswer) else _answer(one[0], next(verdicts)) for one in self.read]


class _Envelope(msgspec.Struct, frozen=True):
    positions: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _DeviceAtOnly(msgspec.Struct, frozen=True):
    device_at: DeviceAt


_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ping: Final = msgspec.json.Decoder(PingBody).decode
_device_at: Final = msgspec.json.Decoder(_DeviceAtOnly).decode


def read_upload(body: bytes | msgspec.Raw) -> Upload:
    """Read one ping or `{"positions": […]}`; raises `InvalidField` if it is neither, ValueError if it is not JSON."""
    try:
        envelope = _envelope(body)
        one_by_one = [body] if envelope.positions is msgspec.UNSET else _list(envelope.positions)
    except msgspec.ValidationError as error:
        raise InvalidField("positions", f"one ping or a list of pings: {error}") from error
    except (*_UNREADABLE, RecursionError) as error:
        raise ValueError("not JSON, or nested too deeply") from error
    if len(one_by_one) > MAX_PINGS:
        raise InvalidField("positions", f"at most {MAX_PINGS} at once")
    return Upload(read=[_read(raw) for raw in one_by_one])


def _read(raw: bytes | msgspec.Raw) -> tuple[int | datetime, Ping] | PingAnswer:
    try:
        body = _ping(raw)
    except _UNREADABLE as error:
        return _invalid(raw, str(error))
    at = body.device_at
    at_ms = to_ms(at) if isinstance(at, datetime) else at
    if at_ms < 0:
        return PingAnswer(device_at=at, verdict=Verdict.INVALID, reason="before 1970", field="device_at")
    return at, Ping(
        device_at_ms=at_ms,
        lat=body.lat,
        lon=body.lon,
        accuracy_m=body.accuracy_m,
        speed_mps=body.speed_mps,
        bearing_deg=body.bearing_deg,
        battery=body.battery,
        is_mock=body.is_mock,
        source=body.source,
    )


def _invalid(raw: bytes | msgspec.Raw, message: str) -> PingAnswer:
    where, missing = _WHERE.search(message), _MISSING.match(message)
    field = where[1] if where else missing[1] if missing else None
    try:
        device_at: int | datetime | None = _device_at(raw).device_at
    except _UNREADABLE:
        device_at = None
    return PingAnswer(device_at=device_at, verdict=Verdict.INVALID, reason=_WHERE.sub("", message), field=field)


def _answer(device_at: int | datetime, judged: Judged) -> PingAnswer:
    return PingAnswer(device_at=device_at, verdict=judged.verdict, reason=judged.reason)

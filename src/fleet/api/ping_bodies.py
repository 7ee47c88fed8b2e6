"""Pings as our own apps send them, over HTTP and the rider's socket. Each is read alone: a bad one spoils no other."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Final

import msgspec

from fleet.model.phones import Activity
from fleet.model.positions import LAST_MS, Judged, NotNegative, Ping, Source, Verdict, to_ms
from kernel.errors import InvalidField
from kernel.geo import Lat, Lon

MAX_PINGS: Final = 500
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
_MISSING: Final = re.compile(r"^Object missing required field `(\w+)`")

DeviceAt = Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)] | Annotated[datetime, msgspec.Meta(tz=True)]


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
    activity: Activity | None = None


class PingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a ping, in the order they were sent; `device_at` as it was sent, if it could be read."""

    device_at: int | datetime | None
    verdict: Verdict
    reason: str | None = None
    field: str | None = None  # of an invalid ping


class Upload:
    """What was sent: readable pings, and where there was more to say an answer for each that was not.

    `raw` are the pings as they came, as a JSON array, where each is readable and known by its milliseconds.
    """

    __slots__ = ("_read", "pings", "raw")

    def __init__(
        self, pings: Sequence[Ping], *, raw: bytes | None = None, read: Sequence[int | datetime | PingAnswer] = ()
    ) -> None:
        self.pings, self.raw, self._read = pings, raw, read

    def answers(self, judged: Sequence[Judged]) -> list[PingAnswer]:
        """Return an answer for each that was sent, given the verdicts on the readable ones."""
        if self.raw is not None:
            return [_answer(one.device_at_ms, one) for one in judged]
        verdicts = iter(judged)
        return [one if isinstance(one, PingAnswer) else _answer(one, next(verdicts)) for one in self._read]

    def encode_answers(self, judged: Sequence[Judged] | None) -> bytes:
        """Return the answers as JSON; None are verdicts that are all `accepted`."""
        if judged is None and self.raw is not None:
            return _all_accepted(len(self.pings)) % tuple([ping.device_at_ms for ping in self.pings])
        if judged is None:
            judged = [Judged(ping.device_at_ms, Verdict.ACCEPTED) for ping in self.pings]
        return _encode(self.answers(judged))

    def __len__(self) -> int:
        return len(self.pings) if self.raw is not None else len(self._read)


@cache
def _all_accepted(count: int) -> bytes:
    accepted = _encode(PingAnswer(device_at=0, verdict=Verdict.ACCEPTED)).replace(b":0,", b":%d,")
    return b"[" + b",".join([accepted] * count) + b"]"


class _Envelope(msgspec.Struct, frozen=True):
    positions: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _DeviceAtOnly(msgspec.Struct, frozen=True):
    device_at: DeviceAt


class _Many(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    positions: Annotated[list[Ping], msgspec.Meta(max_length=MAX_PINGS)]


_POSITIONS: Final = b'"positions"'
_encode: Final = msgspec.json.Encoder().encode
_one: Final = msgspec.json.Decoder(Ping).decode
_many: Final = msgspec.json.Decoder(_Many).decode
_envelope: Final = msgspec.json.Decoder(_Envelope).decode
_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_ping: Final = msgspec.json.Decoder(PingBody).decode
_device_at: Final = msgspec.json.Decoder(_DeviceAtOnly).decode


def read_upload(body: bytes | msgspec.Raw) -> Upload:
    """Read one ping or `{"positions": […]}`; raises `InvalidField` if it is neither, ValueError if it is not JSON."""
    upload = _read_at_once(bytes(body))
    return _read_one_by_one(body) if upload is None else upload


def _read_at_once(body: bytes) -> Upload | None:
    """Read an upload in which nothing is odd; None for any other."""
    try:
        if _POSITIONS not in body:
            return Upload([_one(body)], raw=b"[%b]" % body)
        if body.count(_POSITIONS) > 1 or b"\\" in body:
            return None
        # The one member of the object, so that the first bracket of all opens its list, and the last one closes it.
        return Upload(_many(body).positions, raw=body[body.index(b"[") : body.rindex(b"]") + 1])
    except (*_UNREADABLE, RecursionError):
        return None


def _read_one_by_one(body: bytes | msgspec.Raw) -> Upload:
    try:
        envelope = _envelope(body)
        one_by_one = [body] if envelope.positions is msgspec.UNSET else _list(envelope.positions)
    except msgspec.ValidationError as error:
        raise InvalidField("positions", f"one ping or a list of pings: {error}") from error
    except (*_UNREADABLE, RecursionError) as error:
        raise ValueError("not JSON, or nested too deeply") from error
    if len(one_by_one) > MAX_PINGS:
        raise InvalidField("positions", f"at most {MAX_PINGS} at once")
    read = [_read(raw) for raw in one_by_one]
    pings = [one[1] for one in read if isinstance(one, tuple)]
    return Upload(pings, read=[one[0] if isinstance(one, tuple) else one for one in read])


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
        activity=body.activity,
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

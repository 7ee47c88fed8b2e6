"""The AsyncAPI document: what goes over the feeds' sockets, both ways, derived from the Structs that are sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

import msgspec

from fleet.api.feed import RiderNow
from fleet.api.ping_bodies import MAX_PINGS, PingBody
from fleet.api.sayings import REPORTS, AcceptOffer, DeclineOffer, OfferAck, PositionsAck, ReportAck
from infra.live.centrifuge.codes import Refused
from infra.live.centrifuge.protocol import (
    Command,
    Connected,
    Empty,
    Publication,
    Push,
    Refreshed,
    Reply,
    Subscribed,
    Unsubscribed,
)
from infra.live.frames import (
    ErrorFrame,
    EventFrame,
    HeartbeatFrame,
    Hidden,
    PositionFrame,
    PositionsFrame,
    ResumedFrame,
    SnapshotFrame,
)
from infra.problems import Problem
from kernel.actors import Role
from kernel.events import Cause, Event
from merchant.api.sayings import Saying, TicketAck
from merchant.queries import OpenTickets
from support.api.feed import CityChanged, CityNow, RiderAt, RiderRow
from tracking.messages import PositionView
from tracking.queries import TrackingView

Json = dict[str, Any]
_FRAMES: Final = (SnapshotFrame, ResumedFrame, EventFrame, PositionFrame, PositionsFrame, HeartbeatFrame, ErrorFrame)
_TOLD: Final = (
    Hidden, Problem, RiderNow, OpenTickets, CityNow, CityChanged, TrackingView, PositionView, RiderAt, RiderRow,
    PingBody,
)  # fmt: skip
_CENTRIFUGE: Final = "centrifuge"
_REPLIES: Final = (Reply, Refused, Push, Publication, Unsubscribed, Connected, Subscribed, Refreshed, Empty)
_SAY: Final = "say_"  # before the names of what comes in
_REF: Final = "#/components/schemas/{name}"
_TIME: Final[Json] = {"type": "string", "format": "date-time"}
_ACKS: Final = (PositionsAck, OfferAck, ReportAck, TicketAck)
_SAID_BY_TABLETS: Final[tuple[type[Any], ...]] = get_args(Saying)
_ANSWERS: Final = (AcceptOffer, DeclineOffer)
_DESCRIPTION: Final = (
    "A feed begins with a snapshot, or with `resumed` where the address says `after` and `epoch` and nothing is "
    "missing behind them; then come all events, numbered without a gap. Positions are the latest, and may be missing. "
    "Close codes 4000-4499, 1006, 1011 and 1012 mean: connect again and resume; 4500-4999: don't."
)


class _Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of feed."""

    name: str
    address: str
    about: str
    body: type[Any]
    events: Sequence[Json]
    position: type[Any] | None = None
    row: type[Any] | None = None
    query: Mapping[str, Json] = {}
    acks: Sequence[type[Any]] = ()
    said: Mapping[str, Json] = {}


class _Book:
    """The schemas of all types, by the names that the document refers to them with."""

    def __init__(self, kinds: Sequence[type[Any]]) -> None:
        refs, self.schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
        self._refs = dict(zip(kinds, refs, strict=True))

    def ref(self, kind: type[Any]) -> Json:
        """Return a reference to a type."""
        return self._refs[kind]

    def own(self, kind: type[Any], **members: Json) -> Json:
        """Return a type's schema with some of its members said more exactly."""
        schema = self.schemas[self._refs[kind]["$ref"].rpartition("/")[2]]
        return {**schema, "properties": {**schema["properties"], **members}}

    def close(self, kind: type[Any]) -> None:
        """Let a type have no members but its own."""
        self.schemas[self._refs[kind]["$ref"].rpartition("/")[2]]["additionalProperties"] = False

    def enter(self, name: str, schema: Json) -> Json:
        """Add a schema, and return a reference to it."""
        self.schemas[name] = schema
        return {"$ref": _REF.format(name=name)}


def asyncapi(events: Mapping[str, type[Event]]) -> Json:
    """Return the document, given the house's events by their tags."""
    events = dict(sorted(events.items()))
    reports = dict.fromkeys(body for _, body in REPORTS.values())
    book = _Book(
        [*_FRAMES, *_TOLD, *_REPLIES, Command, *_ACKS, *_SAID_BY_TABLETS, *_ANSWERS, *reports, *events.values()]
    )
    feeds = [_order(book, events), _store(book, events), _rider(book, events), _city(book)]
    channels = {feed.name: _channel(book, feed) for feed in feeds} | {_CENTRIFUGE: _centrifuge(book)}
    inlined = _names(book, [*_FRAMES, *events.values()])
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "Recado's feeds", "version": "1", "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {name: one for told in channels for name, one in _operations(told, channels[told]).items()},
        "components": {"schemas": {name: one for name, one in sorted(book.schemas.items()) if name not in inlined}},
    }


def _order(book: _Book, events: Mapping[str, type[Event]]) -> _Feed:
    """Of each fact so much as the role may see, and the stage that it brings the order to."""
    about = {"occurred_at": _TIME, "recorded_at": _TIME, "stage": {"$ref": _REF.format(name="Stage")}}
    mine = {tag: kind for tag, kind in events.items() if "order_id" in kind.__struct_fields__}
    return _Feed(
        name="order",
        address="/v1/orders/{order_id}/feed",
        about="One order's way, as the caller's role may see it.",
        body=TrackingView,
        position=PositionView,
        events=[_told(book, f"shown.{tag}", kind, about, ["occurred_at", "recorded_at"]) for tag, kind in mine.items()],
    )


def _store(book: _Book, events: Mapping[str, type[Event]]) -> _Feed:
    return _Feed(
        name="store",
        address="/v1/stores/{store_id}/feed",
        about="A store's tickets, and all that concerns them.",
        body=OpenTickets,
        events=_told_to(book, events, "store"),
        acks=[TicketAck],
        said={str(kind.__struct_config__.tag): book.ref(kind) for kind in _SAID_BY_TABLETS},
    )


def _rider(book: _Book, events: Mapping[str, type[Event]]) -> _Feed:
    return _Feed(
        name="rider",
        address="/v1/rider/feed",
        about="A rider's own day.",
        body=RiderNow,
        events=_told_to(book, events, "rider"),
        acks=[PositionsAck, OfferAck, ReportAck],
        said=_said_by_phones(book),
    )


def _city(book: _Book) -> _Feed:
    return _Feed(
        name="city",
        address="/v1/operations/feed",
        about="What changed in a city, for the desk.",
        body=CityNow,
        position=RiderAt,
        row=RiderRow,
        query={"positions": {"enum": ["each", "rows"], "default": "each"}},
        events=[book.ref(CityChanged)],
    )


def _told_to(book: _Book, events: Mapping[str, type[Event]], whose: str) -> list[Json]:
    """Return the facts that a store or rider is told whole, with how each came about."""
    about = {"occurred_at": _TIME, "cause": {"enum": sorted(Cause)}, "actor_role": {"enum": sorted(Role)}}
    mine = {tag: kind for tag, kind in events.items() if any(whose in name for name in kind.__struct_fields__)}
    return [_told(book, f"told.{tag}", kind, about, sorted(about)) for tag, kind in mine.items()]


def _told(book: _Book, name: str, kind: type[Event], about: Json, required: list[str]) -> Json:
    members = {**book.own(kind)["properties"], "type": {"const": kind.event_type()}, **about}
    schema = {"type": "object", "properties": members, "required": ["type", *required], "additionalProperties": False}
    return book.enter(name, schema)


def _channel(book: _Book, feed: _Feed) -> Json:
    names = [part[1:-1] for part in feed.address.split("/") if part.startswith("{")]
    messages = {name: {"name": name, "payload": payload} for name, payload in _sent(book, feed).items()}
    messages |= {f"{_SAY}{name}": {"name": f"{_SAY}{name}", "payload": payload} for name, payload in feed.said.items()}
    query = {"after": {"type": "integer", "minimum": 0}, "epoch": {"type": "string", "maxLength": 64}, **feed.query}
    return {
        "address": feed.address,
        "description": feed.about,
        "parameters": {name: {"description": "A prefixed id."} for name in names},
        "messages": messages,
        "bindings": {"ws": {"query": {"type": "object", "properties": query}}},
    }


def _centrifuge(book: _Book) -> Json:
    """Return the channel of those who speak the Centrifuge protocol; a message holds one of these, or several lines."""
    for kind in _REPLIES:
        book.close(kind)
    payloads = {"reply": book.ref(Reply), f"{_SAY}command": book.ref(Command)}
    return {
        "address": "/v1/connection/websocket",
        "description": "Any feed as a channel `<role>:<feed id>` of the Centrifuge client protocol 2, as JSON.",
        "messages": {name: {"name": name, "payload": payload} for name, payload in payloads.items()},
    }


def _operations(name: str, channel: Json) -> Json:
    here = f"#/channels/{name}"
    refs = {message: {"$ref": f"{here}/messages/{message}"} for message in channel["messages"]}
    told = [ref for message, ref in refs.items() if not message.startswith(_SAY)]
    said = [ref for message, ref in refs.items() if message.startswith(_SAY)]
    operations = {f"tell_{name}": {"action": "send", "channel": {"$ref": here}, "messages": told}}
    if said:
        operations[f"hear_{name}"] = {"action": "receive", "channel": {"$ref": here}, "messages": said}
    return operations


def _sent(book: _Book, feed: _Feed) -> dict[str, Json]:
    frames = {
        "snapshot": book.own(SnapshotFrame, body=book.ref(feed.body)),
        "resumed": book.own(ResumedFrame),
        "event": book.own(EventFrame, event={"oneOf": [*feed.events, book.ref(Hidden)]}),
        "heartbeat": book.own(HeartbeatFrame),
        "error": book.own(ErrorFrame, problem=book.ref(Problem)),
    }
    if feed.position is not None:
        frames["position"] = book.own(PositionFrame, position=book.ref(feed.position))
    if feed.row is not None:
        rows = {"type": "array", "items": book.ref(feed.row)}
        frames["positions"] = book.own(PositionsFrame, positions=rows)
    if feed.acks:
        frames["ack"] = {"anyOf": [book.ref(kind) for kind in feed.acks]}
    return frames


def _said_by_phones(book: _Book) -> dict[str, Json]:
    number, text = {"type": "integer", "minimum": 0}, {"type": "string"}
    many = {"type": "array", "items": book.ref(PingBody), "maxItems": MAX_PINGS}
    said: dict[str, Json] = {
        "position": {"allOf": [book.ref(PingBody), {"properties": {"n": number}}]},
        "positions": {"type": "object", "properties": {"n": number, "positions": many}, "required": ["positions"]},
        **{str(kind.__struct_config__.tag): book.ref(kind) for kind in _ANSWERS},
    }
    for name, (_, kind) in REPORTS.items():
        does = _does(name, {"n": number, "delivery_id": text})
        own = book.own(kind)
        members, required = {**own["properties"], **does["properties"]}, [*own["required"], *does["required"]]
        said[name] = {"type": "object", "properties": members, "required": required, "additionalProperties": False}
    return said


def _does(name: str, members: Json) -> Json:
    return {"type": "object", "properties": {"do": {"const": name}, **members}, "required": ["do", *members]}


def _names(book: _Book, kinds: Sequence[type[Any]]) -> set[str]:
    return {book.ref(kind)["$ref"].rpartition("/")[2] for kind in kinds}

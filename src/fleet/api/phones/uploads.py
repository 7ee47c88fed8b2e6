"""One address for all apps. What is stored is answered with success, and so is what never can be: nobody resends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import islice
from typing import Any, Final, TypeAlias

import structlog
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath
from prometheus_client import Counter

from accounts.errors import PhoneNotFound
from accounts.model import PhoneLink
from accounts.phones import Phones
from fleet.api.phones.heard import Heard
from fleet.api.phones.names import NamedBy, PhoneName, names_of
from fleet.api.phones.requests import PhoneRequest, Said, take_apart
from fleet.api.phones.setups import PATH
from fleet.api.phones.table import NAMED, Adapter, choose
from fleet.api.ping_bodies import MAX_PINGS
from fleet.commands.phone_notes import PhoneNotes
from fleet.commands.positions import Receiver
from fleet.errors import PhoneNotUnderstood
from fleet.model.positions import Judged, Verdict, to_ms
from infra.clock import DomainClock
from kernel.ids import RiderId

log: Final = structlog.get_logger()
# 6,000 positions as Transistorsoft writes them: a batch without a limit after ten hours without a network.
MAX_BYTES: Final = 4 * 1024 * 1024
_PATHS: Final = [PATH, f"{PATH}/{{token:str}}", f"{PATH}/{{token:str}}/{{app:str}}"]

HEARD: Final = Counter("recado_phone_pings_total", "Pings of stock apps, by what became of them.", ["app", "verdict"])
MOST_OF_NOBODY: Final = 256 * 1024  # read to find out who sends, where neither address nor header says it
NAMES_TRIED: Final = 4
_Address: TypeAlias = tuple[str, str]
_ANYTHING: Final = {"application/json": OpenAPIMediaType(schema=Schema())}


@dataclass
class AnyBody(Operation):
    """Describes a body of whatever kind: each app has its own, and the adapters know them."""

    def __post_init__(self) -> None:
        """Say that there may be one."""
        self.request_body = RequestBody(required=False, content=_ANYTHING)


@get(_PATHS, status_code=200)
async def hear_query(
    request: Request[Any, Any, Any],
    phones: NamedDependency[Phones],
    receiver_for_anybody: NamedDependency[Receiver],
    phone_notes: NamedDependency[PhoneNotes],
    clock: NamedDependency[DomainClock],
    token: FromPath[str] = "",
    app: FromPath[str] = "",
) -> Response[bytes]:
    """Take a position that an app on a rider's phone wrote into the address. Safe to repeat."""
    named = _address(token, app)
    return await _hear(request, named, phones, receiver_for_anybody, phone_notes, now=await clock.now())


@post(_PATHS, status_code=200, operation_class=AnyBody, request_max_body_size=MAX_BYTES)
async def hear_body(
    request: Request[Any, Any, Any],
    phones: NamedDependency[Phones],
    receiver_for_anybody: NamedDependency[Receiver],
    phone_notes: NamedDependency[PhoneNotes],
    clock: NamedDependency[DomainClock],
    token: FromPath[str] = "",
    app: FromPath[str] = "",
) -> Response[bytes]:
    """Take what an app on a rider's phone sends, as JSON or a form of its own, once it is stored. Safe to repeat."""
    named = _address(token, app)
    return await _hear(request, named, phones, receiver_for_anybody, phone_notes, now=await clock.now())


ROUTES: Final = [hear_query, hear_body]


async def _hear(
    request: Request[Any, Any, Any],
    address: _Address,
    phones: Phones,
    receiver: Receiver,
    notes: PhoneNotes,
    *,
    now: datetime,
) -> Response[bytes]:
    token, app = address
    link = await phones.find(token) if token else None  # before anything of a stranger's is read
    said = await _said(request, is_known=link is not None, now=now)
    if link is None:
        link = await _named(names_of(said), phones)
    adapter = _adapter(said, app)
    try:
        heard = adapter.read(said)
    except ValueError as error:
        raise ClientException(str(error)) from error
    judged = await _hand_over(receiver, notes, link.rider_id, heard, now=now)
    if judged:
        phones.note_sent(link)
    _count(adapter, link, heard, judged)
    return Response(adapter.answer, media_type="application/json", headers={"Cache-Control": "no-store"})


async def _hand_over(
    receiver: Receiver, notes: PhoneNotes, rider_id: RiderId, heard: Heard, *, now: datetime
) -> list[Judged]:
    """Give the house what was heard: positions, and what the phone said of itself."""
    judged: list[Judged] = []
    for start in range(0, len(heard.pings), MAX_PINGS):
        judged += await receiver.ingest(rider_id, heard.pings[start : start + MAX_PINGS], now=now)
    if heard.state is not None:
        await notes.note(rider_id, heard.state)
    return judged


def _address(token: str, app: str) -> _Address:
    """Return the token and the app's name that stand in the address; where there is one word, it may be either."""
    return ("", token) if token in NAMED and not app else (token, app)


async def _said(request: Request[Any, Any, Any], *, is_known: bool, now: datetime) -> Said:
    body = await request.body()
    if not is_known and len(body) > MOST_OF_NOBODY:
        raise ClientException("Put the token into the address.", status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    sent = PhoneRequest(
        method=request.method,
        query=request.scope["query_string"],
        headers=dict(request.headers),
        body=body,
        content_type=request.headers.get("content-type", ""),
        received_at_ms=to_ms(now),
    )
    try:
        return take_apart(sent)
    except ValueError as error:
        raise ClientException("The body is neither JSON nor a form.") from error


async def _named(names: Iterable[PhoneName], phones: Phones) -> PhoneLink:
    """Return the link of the first name that is one; whoever names none sent a request that is not whole."""
    tried = list(islice(names, NAMES_TRIED))
    for name in tried:
        try:
            return await phones.find(name.token)
        except PhoneNotFound:
            continue
    if all(name.named_by is NamedBy.FIELD for name in tried):  # as Traccar answers a query
        raise ClientException("id: is missing, or unknown here.")
    raise PhoneNotFound


def _adapter(said: Said, app: str) -> Adapter:
    if app and app not in NAMED:
        raise PhoneNotUnderstood
    return choose(said, app or None)


def _count(adapter: Adapter, link: PhoneLink, heard: Heard, judged: list[Judged]) -> None:
    for one in judged:
        HEARD.labels(adapter.name, one.verdict).inc()
    if heard.unreadable:
        HEARD.labels(adapter.name, Verdict.INVALID).inc(len(heard.unreadable))
        reasons = sorted({one.why for one in heard.unreadable})
        log.info("phones.unreadable", app=adapter.name, phone_id=link.id, count=len(heard.unreadable), reasons=reasons)

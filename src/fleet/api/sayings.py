"""What a phone may say over its feed instead of calling: positions, answers to offers, reports of a delivery."""

from collections import deque
from collections.abc import Awaitable, Sequence
from typing import Annotated, Any, Final

import msgspec

from accounts.model import Caller
from fleet.api.deliveries import Reason
from fleet.api.ping_bodies import MAX_PINGS, PingAnswer, Upload, read_upload
from fleet.api.reports import Desk, Failure, HandOver, ItemCheck, Step, TurnBack
from fleet.commands import offers
from fleet.commands.positions import Receiver
from fleet.commands.reports import ReportAnswer
from fleet.model.positions import Ping
from fleet.model.reports import ReportKind
from fleet.queries import deliveries as queries
from fleet.queries.deliveries import OfferView
from infra.clock import DomainClock
from infra.db import Begin
from infra.live.view import FrameNotUnderstood
from kernel.ids import DeliveryId, OfferId, RiderId
from kernel.text import GIVEN_ID

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class PositionsAck(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """Every frame of positions up to this number is stored. `n` is the frame's own number, or how many there were.

    The verdicts are on all pings since the last acknowledgement, in the order they came.
    """

    n: int
    verdicts: list[PingAnswer]


class OfferAck(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """The answer to an offer is written: the offer as it is now."""

    n: int
    offer: OfferView


class ReportAck(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """The report is written, and whether it applied."""

    n: int
    report: ReportAnswer


class _NumberedPing(Ping, frozen=True):
    n: Number | None = None


class _Spoken(msgspec.Struct, frozen=True):
    n: Number | None = None
    do: str | None = None


class AcceptOffer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="accept_offer"
):
    """Take the route."""

    n: Number
    offer_id: Annotated[OfferId, GIVEN_ID]


class DeclineOffer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="decline_offer"
):
    """Say no, which costs nothing."""

    n: Number
    offer_id: Annotated[OfferId, GIVEN_ID]
    reason: Reason


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    n: Number
    delivery_id: Annotated[DeliveryId, GIVEN_ID]


REPORTS: Final[dict[str, tuple[ReportKind, type[Any]]]] = {
    "arrive_at_pickup": (ReportKind.ARRIVE_AT_PICKUP, Step),
    "check_items": (ReportKind.CHECK_ITEMS, ItemCheck),
    "pick_up": (ReportKind.PICK_UP, Step),
    "arrive_at_dropoff": (ReportKind.ARRIVE_AT_DROPOFF, Step),
    "deliver": (ReportKind.DELIVER, HandOver),
    "turn_back": (ReportKind.TURN_BACK, TurnBack),
    "fail": (ReportKind.FAIL, Failure),
}
_ODD: Final = (b'"do"', b'"positions"')
_ping: Final = msgspec.json.Decoder(_NumberedPing).decode
_ANSWERS: Final = ("accept_offer", "decline_offer")
_OF_THE_FRAME: Final = ("n", "do", "delivery_id")


class PhoneTaker:
    """Reads the frames of one socket, one after the other: what is acknowledged covers everything before it."""

    def __init__(self, caller: Caller, receiver: Receiver, begin: Begin, clock: DomainClock) -> None:
        self._caller, self._receiver, self._begin, self._clock = caller, receiver, begin, clock
        self._rider_id = RiderId(caller.id)
        self._count = 0

    async def take(self, raw: bytes) -> PositionsAck | OfferAck | ReportAck:
        """Do what the frame says, in a transaction of its own, and say so; without `do` it holds positions."""
        spoken = msgspec.json.decode(raw, type=_Spoken)
        if spoken.do is None:
            return await self._take_positions(raw, spoken.n)
        if spoken.do in _ANSWERS:
            return await self._answer_offer(raw)
        if spoken.do in REPORTS:
            return await self._file(raw, *REPORTS[spoken.do])
        raise FrameNotUnderstood(f"Nobody here knows what {spoken.do!r} is to do.", known=sorted([*_ANSWERS, *REPORTS]))

    def take_together(self, waiting: deque[bytes]) -> tuple[bytes, Awaitable[PositionsAck]] | None:
        """Take all frames from the front in which nothing is odd, one ping in each: one acknowledgement covers them."""
        pings: list[_NumberedPing] = []
        raws: list[bytes] = []
        while waiting and len(pings) < MAX_PINGS and (ping := _find_ping(waiting[0])) is not None:
            pings.append(ping)
            raws.append(waiting.popleft())
        return (raws[-1], self._take_all(pings, raws)) if pings else None

    async def _take_all(self, pings: Sequence[_NumberedPing], raws: Sequence[bytes]) -> PositionsAck:
        now, raw = await self._clock.now(), b"[%b]" % b",".join(raws)
        judged = await self._receiver.take(self._rider_id, pings, now=now, raw=raw)
        self._count += len(pings)
        verdicts: Any = msgspec.Raw(Upload(pings, raw=raw).encode_answers(judged))  # written as it is
        number = pings[-1].n
        return PositionsAck(n=self._count if number is None else number, verdicts=verdicts)

    async def _take_positions(self, raw: bytes, number: int | None) -> PositionsAck:
        try:
            upload = read_upload(raw)
        except ValueError as error:
            raise FrameNotUnderstood(str(error)) from error
        judged = await self._receiver.ingest(self._rider_id, upload.pings, now=await self._clock.now())
        self._count += 1
        return PositionsAck(n=self._count if number is None else number, verdicts=list(upload.answers(judged)))

    async def _answer_offer(self, raw: bytes) -> OfferAck:
        said = msgspec.json.decode(raw, type=AcceptOffer | DeclineOffer)
        rider_id, act = self._rider_id, self._caller.act(await self._clock.now())
        async with self._begin() as tx:
            if isinstance(said, DeclineOffer):
                await offers.decline_offer(tx, said.offer_id, rider_id=rider_id, reason=said.reason, act=act)
            else:
                await offers.accept_offer(tx, said.offer_id, rider_id=rider_id, act=act)
            return OfferAck(n=said.n, offer=await queries.get_offer(tx, said.offer_id))

    async def _file(self, raw: bytes, kind: ReportKind, body: type[Any]) -> ReportAck:
        frame = msgspec.json.decode(raw, type=_Report)
        said = {name: value for name, value in msgspec.json.decode(raw).items() if name not in _OF_THE_FRAME}
        desk = Desk(self._begin, await self._clock.now(), self._caller)
        return ReportAck(n=frame.n, report=await desk.file(frame.delivery_id, kind, msgspec.convert(said, body)))


def _find_ping(raw: bytes) -> _NumberedPing | None:
    if any(word in raw for word in _ODD):
        return None
    try:
        return _ping(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None

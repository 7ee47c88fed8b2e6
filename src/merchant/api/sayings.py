"""What a tablet may say over its feed instead of calling: each is answered with its number, once it is written."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from accounts.model import Caller
from infra.clock import DomainClock
from infra.db import Begin, Tx
from infra.live.view import Receive
from kernel.ids import TicketId
from kernel.text import GIVEN_ID
from merchant import commands
from merchant.api.tickets import Accept, CancellationAnswer, Extend, ItemsAnswer, Reject
from merchant.model.tickets import Ticket

GivenTicket = Annotated[TicketId, GIVEN_ID]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class SaysAccept(Accept, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="accept"):
    """Accept an order."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.accept(tx, self.ticket_id, prep_minutes=self.prep_minutes, by=by, now=now)


class SaysReject(Reject, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="reject"):
    """Reject an order."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.reject(tx, self.ticket_id, reason=self.reason, item_ids=self.item_ids, by=by, now=now)


class SaysStart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="start"):
    """Say that the kitchen began."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.start(tx, self.ticket_id, by=by, now=now)


class SaysExtend(Extend, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="extend"):
    """Say that it takes longer."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.extend(
            tx, self.ticket_id, extended_minutes=self.minutes, reason=self.reason, by=by, now=now
        )


class SaysReady(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="ready"):
    """Say that the food waits for its rider."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.ready(tx, self.ticket_id, by=by, now=now)


class AnswersCancellation(
    CancellationAnswer, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="answer_cancellation"
):
    """Answer whether an order may be cancelled."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.answer_cancellation(tx, self.ticket_id, agree=self.agree, by=by, now=now)


class AnswersItems(
    ItemsAnswer, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="answer_items"
):
    """Answer the rider's count of the items."""

    n: Number
    ticket_id: GivenTicket

    async def do(self, tx: Tx, *, by: Caller, now: datetime) -> Ticket:
        """Do it."""
        return await commands.answer_items(
            tx, self.ticket_id, resolution=self.resolution, note=self.note, by=by, now=now
        )


class TicketAck(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ack"):
    """It is written: the ticket as it is now."""

    n: int
    ticket: Ticket


Saying = SaysAccept | SaysReject | SaysStart | SaysExtend | SaysReady | AnswersCancellation | AnswersItems
_decode: Final = msgspec.json.Decoder(Saying).decode


def taker(begin: Begin, clock: DomainClock, *, by: Caller) -> Receive:
    """Return what reads a tablet's frames: each saying is one transaction, safe to repeat as its call is."""

    async def take(raw: bytes) -> TicketAck:
        saying: Saying = _decode(raw)
        now = await clock.now()
        async with begin() as tx:
            return TicketAck(n=saying.n, ticket=await saying.do(tx, by=by, now=now))

    return take

"""Decisions about money and cancelling: facts in, answer or refusal out."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kernel.actors import Role
from kernel.ids import OrderId
from kernel.money import Money, total
from orders.errors import CancellationLapsed, RefundTooLarge, TooLateToCancel
from orders.model import Cancellation, EntryKind, EntryStatus, Order, OrderStatus, PaymentEntry

ANSWER_WITHIN: Final = timedelta(minutes=2)  # domain contract, cancelling: the store is asked for two minutes
QUOTE_VALID: Final = timedelta(minutes=2)
COMPLAINT_WINDOW: Final = timedelta(hours=24)  # domain contract, lifecycles: completed when nobody complained for a day


_STANDS_ON: Final = {
    EntryKind.CAPTURE: EntryKind.AUTHORISE,
    EntryKind.VOID: EntryKind.AUTHORISE,
    EntryKind.REFUND: EntryKind.CAPTURE,
}


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Where the money of one order is, counting what is asked for as if done: nothing is promised twice."""

    held: Money
    captured: Money
    refunded: Money

    @property
    def refundable(self) -> Money:
        """What can still go back."""
        return self.captured - self.refunded


class Outcome(StrEnum):
    """What answering the quote with yes does."""

    AT_ONCE = "at_once"
    STORE_IS_ASKED = "store_is_asked"
    NOT_POSSIBLE = "not_possible"


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What cancelling now would mean. Executing names the version; an older one is answered with the new quote."""

    order_id: OrderId
    stage: OrderStatus
    outcome: Outcome
    fee_minor: int
    refund_minor: int
    currency: str
    paid_by: str
    why: str
    valid_until: datetime
    version: str


def balance(entries: Iterable[PaymentEntry], *, currency: str) -> Balance:
    """Add up a ledger; refused movements never happened."""
    live = [entry for entry in entries if entry.status is not EntryStatus.REFUSED]

    def moved(kind: EntryKind) -> Money:
        return total((entry.amount for entry in live if entry.kind is kind), currency=currency)

    captured = moved(EntryKind.CAPTURE)
    is_open = any(entry.kind is EntryKind.AUTHORISE for entry in live) and not any(
        entry.kind in {EntryKind.CAPTURE, EntryKind.VOID} for entry in live
    )
    return Balance(
        held=moved(EntryKind.AUTHORISE) if is_open else Money(0, currency),
        captured=captured,
        refunded=moved(EntryKind.REFUND),
    )


def must_wait(kind: EntryKind, entries: Iterable[PaymentEntry]) -> bool:
    """Tell whether a movement stands on one the provider has not answered: no refund of what may never be taken."""
    return any(entry.kind is _STANDS_ON.get(kind) and entry.status is EntryStatus.REQUESTED for entry in entries)


def list_waiting(settled: PaymentEntry, entries: Iterable[PaymentEntry]) -> list[PaymentEntry]:
    """Return what waited for this movement and can be asked of the provider now."""
    asked = (entry for entry in entries if entry.status is EntryStatus.REQUESTED)
    return [entry for entry in asked if _STANDS_ON.get(entry.kind) is settled.kind]


def list_falling(refused: PaymentEntry, entries: Sequence[PaymentEntry]) -> list[PaymentEntry]:
    """Return what can never happen because this was refused, and what stands on that in turn."""
    falling = list_waiting(refused, entries)
    return falling + [further for entry in falling for further in list_falling(entry, entries)]


def check_refund(order_id: OrderId, ledger: Balance, amount: Money) -> None:
    """Refuse a refund that would pay back more than was taken."""
    if amount > ledger.refundable:
        raise RefundTooLarge(
            order_id,
            captured_minor=ledger.captured.amount_minor,
            refunded_minor=ledger.refunded.amount_minor,
            asked_minor=amount.amount_minor,
        )


def quote_cancellation(order: Order, entries: Sequence[PaymentEntry], *, by: Role, now: datetime) -> Quote:
    """Say what cancelling would mean for this caller at this moment; changes nothing.

    Until the store accepted it is done at once; accepted and not started, the store is asked; afterwards only an
    operator can, with a reason. Everything captured or held goes back in these stages.
    """
    outcome = _outcome(order, by)
    ledger = balance(entries, currency=order.total.currency)
    refund = ledger.refundable + ledger.held if outcome is not Outcome.NOT_POSSIBLE else Money(0, order.total.currency)
    return Quote(
        order_id=order.id,
        stage=order.status,
        outcome=outcome,
        fee_minor=0,
        refund_minor=refund.amount_minor,
        currency=order.total.currency,
        paid_by="nobody",
        why=_WHY[outcome],
        valid_until=now + QUOTE_VALID,
        version=_version(order, outcome, refund),
    )


def check_executable(order: Order, quote: Quote) -> None:
    """Refuse what the quote says is not possible."""
    if quote.outcome is Outcome.NOT_POSSIBLE:
        raise TooLateToCancel(order.id, status=order.status)


def check_answer(asked: Cancellation, *, now: datetime) -> None:
    """Refuse an answer at or after its deadline; the deadline's own consequence stands."""
    if asked.answer_by is not None and now >= asked.answer_by:
        raise CancellationLapsed(asked.order_id, answer_by=asked.answer_by)


_WHY: Final = {
    Outcome.AT_ONCE: "Nothing was cooked yet: cancelled at once, free of charge.",
    Outcome.STORE_IS_ASKED: "The store accepted: it is asked, and answers within two minutes.",
    Outcome.NOT_POSSIBLE: "The food is being made or on its way; the operations desk can help.",
}
_BEFORE_ACCEPTED: Final = {OrderStatus.RECEIVED, OrderStatus.HELD_FOR_REVIEW, OrderStatus.PLACED}
_IN_THE_KITCHEN: Final = {OrderStatus.ACCEPTED, OrderStatus.PREPARING, OrderStatus.READY}


def _outcome(order: Order, by: Role) -> Outcome:
    if order.status in _BEFORE_ACCEPTED or (by is Role.OPERATOR and order.status in _IN_THE_KITCHEN):
        return Outcome.AT_ONCE
    if order.status is OrderStatus.ACCEPTED:
        return Outcome.STORE_IS_ASKED
    return Outcome.NOT_POSSIBLE


def _version(order: Order, outcome: Outcome, refund: Money) -> str:
    facts = f"{order.id} {order.status} {outcome} {refund.amount_minor}"
    return hashlib.sha256(facts.encode()).hexdigest()[:16]

"""The completeness check: every problem at once, so that the desk mends an order in one go."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from intake.errors import AnotherMustConfirm, ConfirmationNotOpen
from intake.model import EntryStatus, LineRequest, ManualEntry, OrderRequest, Surroundings
from kernel.ids import OrderId
from kernel.quantities import AmountMinor, SecondsAtLeastOne
from orders.model import OrderStatus, PaymentMethod, Problem

# What a person at the desk cannot wave through, because nothing could be cooked or carried.
BLOCKING: Final = frozenset({"item_unknown", "dropoff_outside"})


class FeeRules(msgspec.Struct, frozen=True, kw_only=True):
    """What delivering costs the customer, in minor units of the city's currency."""

    delivery_fee_minor: AmountMinor = 0


class ManualEntryRules(msgspec.Struct, frozen=True, kw_only=True):
    """Whether what an operator types in is read again before it is placed, by whom, and how long that may take."""

    needs_confirmation: bool = True  # domain contract, intake: a second confirmation before it is placed
    by_another: bool = False  # where the city asks for it
    confirm_within_s: SecondsAtLeastOne = 300  # then it is stuck; as long as a store of our own channel may take
    expire_after_s: SecondsAtLeastOne = 1800  # whoever ordered by phone half an hour ago has eaten elsewhere

    def entry(self, order_id: OrderId, *, by_id: str, now: datetime) -> ManualEntry:
        """Return an order's entry with its clocks."""
        confirm_by = now + timedelta(seconds=self.confirm_within_s)
        return ManualEntry(
            order_id=order_id,
            status=EntryStatus.AWAITED,
            typed_by_id=by_id,
            is_another_needed=self.by_another,
            confirm_by=confirm_by,
            expires_at=max(confirm_by, now + timedelta(seconds=self.expire_after_s)),
        )


class ReviewRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long an order may be held before it counts as stuck."""

    review_within_s: SecondsAtLeastOne = 600  # domain contract, cases: a first response within 10 min


def check_confirmation(entry: ManualEntry | None, order_id: OrderId, *, status: str, by_id: str) -> ManualEntry:
    """Refuse to answer for an order that waits for no confirmation, or for another operator's."""
    if entry is None or entry.status is not EntryStatus.AWAITED or status != OrderStatus.RECEIVED:
        raise ConfirmationNotOpen(
            order_id,
            status=status,
            answer=entry.status if entry else None,
            answered_by_id=entry.answered_by_id if entry else None,
        )
    check_reader(entry, by_id=by_id)
    return entry


def check_reader(entry: ManualEntry, *, by_id: str) -> None:
    """Refuse whoever typed the order in, where another has to read it."""
    if entry.is_another_needed and entry.typed_by_id == by_id:
        raise AnotherMustConfirm(entry.order_id)


def find_problems(request: OrderRequest, facts: Surroundings) -> list[Problem]:
    """Return everything that keeps this order from being placed; empty when it is complete."""
    return [*_line_problems(request.lines, facts), *_order_problems(request, facts)]


def _order_problems(request: OrderRequest, facts: Surroundings) -> Iterator[Problem]:
    if not facts.store_is_open:
        yield Problem(code="store_closed", detail="The store is closed or paused.")
    if not facts.dropoff_is_served:
        yield Problem(code="dropoff_outside", detail="The address lies outside every zone.")
    if not facts.phone_is_valid:
        yield Problem(code="phone_missing", detail="The phone number is missing or cannot be dialled.")
    if request.total_minor is not None and request.total_minor != facts.total_minor:
        detail = f"The customer was shown {request.total_minor}, the lines add up to {facts.total_minor}."
        yield Problem(code="total_mismatch", detail=detail)
    if request.payment.method is PaymentMethod.CARD and request.payment.token is None:
        yield Problem(code="payment_token_missing", detail="A card payment needs the provider's token.")
    change = request.payment.change_for_minor
    if change is not None and change < facts.total_minor:
        yield Problem(code="change_too_small", detail=f"Change for {change} does not cover {facts.total_minor}.")


def _line_problems(lines: list[LineRequest], facts: Surroundings) -> Iterator[Problem]:
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.item_id] = wanted.get(line.item_id, 0) + line.quantity
    for item_id in dict.fromkeys(line.item_id for line in lines):
        item = facts.menu.get(item_id)
        if item is None:
            yield Problem(code="item_unknown", detail="The store's menu has no such item.", item_id=item_id)
        elif not item.is_available or (item.stock_count is not None and item.stock_count < wanted[item_id]):
            yield Problem(code="item_out_of_stock", detail=f"{item.name} is out of stock.", item_id=item_id)

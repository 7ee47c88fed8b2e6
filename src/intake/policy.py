"""The completeness check: every problem at once, so that the desk mends an order in one go."""

from collections.abc import Iterator
from typing import Final

import msgspec

from intake.model import LineRequest, OrderRequest, Surroundings
from kernel.quantities import AmountMinor
from orders.model import PaymentMethod, Problem

# What a person at the desk cannot wave through, because nothing could be cooked or carried.
BLOCKING: Final = frozenset({"item_unknown", "dropoff_outside"})


class FeeRules(msgspec.Struct, frozen=True, kw_only=True):
    """What delivering costs the customer, in minor units of the city's currency."""

    delivery_fee_minor: AmountMinor = 0


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

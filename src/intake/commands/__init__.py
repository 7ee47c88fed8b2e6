"""Receiving, reading again, and placing: each one transaction."""

from intake.commands.confirming import confirm_order, expire_unconfirmed
from intake.commands.placing import (
    Around,
    payment_refused,
    payment_settled,
    place_order,
    quote_order,
    receive_order,
    review_order,
)

__all__ = [
    "Around",
    "confirm_order",
    "expire_unconfirmed",
    "payment_refused",
    "payment_settled",
    "place_order",
    "quote_order",
    "receive_order",
    "review_order",
]

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Self

import msgspec

# ISO 4217 minor units as in CLDR; every other currency we know of in the region has two.
MINOR_DIGITS: Final = {"CLP": 0, "PYG": 0, "BRL": 2, "MXN": 2, "COP": 2, "ARS": 2, "PEN": 2, "UYU": 2, "BOB": 2,
                       "CRC": 2, "DOP": 2, "GTQ": 2, "USD": 2, "EUR": 2}  # fmt: skip
BASIS: Final = 10_000


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met; that is a bug, never a refusal."""


class Money(msgspec.Struct, frozen=True, order=True):
    """An amount in minor units (centavos; whole pesos in CLP and PYG) with its ISO 4217 currency."""

    amount_minor: int
    currency: str

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.amount_minor - other.amount_minor, self.currency)

    def __mul__(self, quantity: int) -> Self:
        return type(self)(self.amount_minor * quantity, self.currency)

    def share(self, share_bp: int) -> Self:
        """Return this share of the amount in basis points, rounded once, half to even."""
        return type(self)(round_minor(Decimal(self.amount_minor) * share_bp / BASIS), self.currency)

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} do not mix")


def round_minor(amount_minor: Decimal) -> int:
    """Round to whole minor units, half to even. The one rounding of the house: apply it once, last."""
    return int(amount_minor.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def total(amounts: Iterable[Money], *, currency: str) -> Money:
    """Add up amounts; the currency is needed because there may be none."""
    return sum(amounts, start=Money(0, currency))

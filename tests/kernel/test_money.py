from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import CurrencyMismatch, Money, round_minor, total

AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)


def test_amounts_of_one_currency_add_up():
    lines = [Money(1250, "BRL"), Money(800, "BRL") * 2]

    assert total(lines, currency="BRL") == Money(2850, "BRL")


def test_nothing_adds_up_to_nothing():
    assert total([], currency="CLP") == Money(0, "CLP")


def test_pesos_and_reais_do_not_mix():
    with pytest.raises(CurrencyMismatch):
        Money(1, "BRL") + Money(1, "CLP")
    with pytest.raises(CurrencyMismatch):
        Money(1, "BRL") - Money(1, "CLP")


@pytest.mark.parametrize(("amount", "rounded"), [("2.5", 2), ("3.5", 4), ("-2.5", -2), ("2.51", 3)])
def test_halves_go_to_the_even_side(amount: str, rounded: int):
    assert round_minor(Decimal(amount)) == rounded


def test_a_share_is_rounded_once():
    assert Money(999, "BRL").share(3333) == Money(333, "BRL")


@given(AMOUNTS, AMOUNTS)
def test_what_is_added_can_be_taken_away(first: int, second: int):
    assert Money(first, "BRL") + Money(second, "BRL") - Money(second, "BRL") == Money(first, "BRL")

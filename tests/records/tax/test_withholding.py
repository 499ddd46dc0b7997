"""What is withheld of a Bauleistung: to the cent, and together with the rest always the whole."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laufzettel.money import Money
from laufzettel.records.tax.withholding import due_on, withheld

FIFTEEN = D(15)
AMOUNTS = st.integers(min_value=1, max_value=10**12).map(Money.from_cents)
VAT = st.sampled_from([None, D(19), D(7), D(16)])


def test_scene_s3_is_right_to_the_cent() -> None:
    found = withheld(Money.parse("26939.06"), None, FIFTEEN)

    assert found is not None
    assert found.amount == Money.parse("4040.86")
    assert Money.parse("26939.06") - found.amount == Money.parse("22898.20")


@pytest.mark.parametrize(
    ("payable", "tax"), [("0.03", None), ("0.04", "0.01"), ("0.10", "0.02"), ("3.10", "0.47")]
)
def test_half_cents_are_rounded_up_and_less_is_nothing(payable: str, tax: str | None) -> None:
    found = withheld(Money.parse(payable), None, FIFTEEN)

    assert (found and found.amount) == (tax and Money.parse(tax))


def test_with_skonto_the_tax_is_that_of_what_is_really_paid() -> None:
    found = withheld(Money.parse("24871.00"), Money.parse("746.13"), FIFTEEN)

    assert found is not None
    assert found.tax(in_time=False) == Money.parse("3730.65")
    assert found.tax(in_time=True) == Money.parse("24124.87").percent(FIFTEEN)
    assert found.tax(in_time=True) == Money.parse("3618.73")


@given(payable=AMOUNTS, share=st.integers(min_value=1, max_value=999), vat=VAT)
def test_both_positions_are_together_the_amount_with_and_without_skonto(
    payable: Money, share: int, vat: D | None
) -> None:
    less = payable.percent(D(share) / 10)
    discount = less if 0 < less.cents < payable.cents else None
    found = withheld(payable, discount, FIFTEEN, vat)
    if found is None:
        return
    late, early = found.tax(in_time=False), found.tax(in_time=True)
    rest = payable - late

    assert 0 < late.cents < payable.cents
    assert late.cents + rest.cents == payable.cents
    if discount is not None:
        paid = payable - discount
        to_payee = rest - (discount - (found.discount or Money.from_cents(0)))
        assert 0 <= early.cents <= late.cents
        assert early.cents + to_payee.cents == paid.cents
        assert 0 <= (found.discount or Money.from_cents(0)).cents <= discount.cents


@given(payable=AMOUNTS)
def test_the_tax_is_never_more_than_half_a_cent_away_from_fifteen_per_cent(payable: Money) -> None:
    found = withheld(payable, None, FIFTEEN)
    tax = found.amount.amount if found else D(0)

    assert abs(tax - payable.amount * D("0.15")) <= D("0.005")


@given(day=st.dates(min_value=date(2002, 1, 1), max_value=date(2099, 11, 30)))
def test_it_is_due_on_the_tenth_of_the_next_month_or_the_next_working_day(day: date) -> None:
    due = due_on(day)

    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == 1
    assert 10 <= due.day <= 14
    assert due.weekday() < 5

"""Skonto in euros."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from laufzettel.einvoice.invoice import Invoice, Totals
from laufzettel.einvoice.payment_terms import parse_terms
from laufzettel.money import Money
from laufzettel.records import skonto
from laufzettel.records.deadline import Discount

ISSUED = date(2026, 11, 20)
THREE_PER_CENT = "#SKONTO#TAGE=14#PROZENT=3.00#"


def invoice(terms: str, *, payable: str | None, issued_on: date | None = ISSUED) -> Invoice:
    return Invoice(
        number="1",
        issue_date=issued_on,
        type_code="380",
        currency="EUR",
        payment_terms=parse_terms(terms),
        totals=Totals(payable=None if payable is None else Decimal(payable)),
    )


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("#SKONTO#TAGE=14#PROZENT=3.00#", [("2026-12-04", "746.13")]),
        ("#SKONTO#TAGE=14#PROZENT=3.00#BASISBETRAG=20000.00#", [("2026-12-04", "600.00")]),
        (
            "#SKONTO#TAGE=21#PROZENT=1.50#\n#SKONTO#TAGE=14#PROZENT=3.00#",
            [("2026-12-04", "746.13"), ("2026-12-11", "373.07")],  # 373,065 half up
        ),
        ("3 % bei Zahlung in 14 Tagen", []),
        ("#SKONTO#TAGE=14#PROZENT=0.00#", []),
        ("#SKONTO#TAGE=14#PROZENT=100.00#", []),
        ("#SKONTO#TAGE=14#PROZENT=3.00#BASISBETRAG=-5.00#", []),
    ],
)
def test_the_terms_become_last_days_and_euros(terms: str, expected: list[tuple[str, str]]) -> None:
    found = skonto.discounts(invoice(terms, payable="24871.00"))

    assert [(one.until.isoformat(), str(one.amount.amount)) for one in found] == expected


def test_without_a_date_or_an_amount_there_is_no_skonto() -> None:
    assert skonto.discounts(invoice(THREE_PER_CENT, payable="1.00", issued_on=None)) == ()
    assert skonto.discounts(invoice(THREE_PER_CENT, payable=None)) == ()


def test_a_date_at_the_end_of_all_calendars_is_no_skonto() -> None:
    late = invoice(THREE_PER_CENT, payable="100.00", issued_on=date.max)

    assert skonto.discounts(late) == ()


def test_what_the_record_keeps_comes_back_unchanged() -> None:
    steps = (Discount(until=date(2026, 12, 4), amount=Money.parse("746.13")),)

    assert skonto.from_json(skonto.to_json(steps), "EUR") == steps
    assert skonto.from_json(None, "EUR") == ()

"""What a Skonto is worth: exact to the cent, and never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from laufzettel.einvoice.invoice import Invoice, Totals
from laufzettel.einvoice.payment_terms import parse_terms
from laufzettel.einvoice.skonto import offers
from laufzettel.records.skonto import discounts


def invoice(terms: str, payable: str | None, issued: date | None = date(2026, 11, 2)) -> Invoice:
    return Invoice(
        number="1",
        issue_date=issued,
        type_code="380",
        currency="EUR",
        payment_terms=parse_terms(terms),
        totals=Totals(payable=None if payable is None else Decimal(payable)),
    )


@pytest.mark.parametrize(
    ("payable", "terms", "last_day", "discount", "to_pay"),
    [
        ("18432.60", "#SKONTO#TAGE=14#PROZENT=3.00#", date(2026, 11, 16), "552.98", "17879.62"),
        ("24871.00", "#SKONTO#TAGE=7#PROZENT=3.00#", date(2026, 11, 9), "746.13", "24124.87"),
        ("100.00", "#SKONTO#TAGE=0#PROZENT=2.25#", date(2026, 11, 2), "2.25", "97.75"),
        ("0.50", "#SKONTO#TAGE=1#PROZENT=3.00#", date(2026, 11, 3), "0.02", "0.48"),  # 0.015
        ("0.49", "#SKONTO#TAGE=1#PROZENT=3.00#", date(2026, 11, 3), "0.01", "0.48"),  # 0.0147
        (
            "1190.00",
            "#SKONTO#TAGE=60#PROZENT=2.00#BASISBETRAG=1000.00#",
            date(2027, 1, 1),
            "20.00",
            "1170.00",
        ),
        ("50.00", "#SKONTO#TAGE=14#PROZENT=100.00#", date(2026, 11, 16), "50.00", "0.00"),
        ("50.00", "#SKONTO#TAGE=14#PROZENT=0.00#", date(2026, 11, 16), "0.00", "50.00"),
    ],
)
def test_a_skonto_is_exact_to_the_cent(
    payable: str, terms: str, last_day: date, discount: str, to_pay: str
) -> None:
    (offer,) = offers(invoice(terms, payable))

    assert offer.last_day == last_day
    assert str(offer.discount) == discount
    assert str(offer.to_pay) == to_pay


def test_several_tiers_come_with_the_shortest_first() -> None:
    terms = (
        "#SKONTO#TAGE=30#PROZENT=1.00#\n#SKONTO#TAGE=7#PROZENT=3.00#\n#SKONTO#TAGE=14#PROZENT=2.00#"
    )

    found = [(offer.days, str(offer.to_pay)) for offer in offers(invoice(terms, "1000.00"))]

    assert found == [(7, "970.00"), (14, "980.00"), (30, "990.00")]


@pytest.mark.parametrize(
    ("payable", "terms"),
    [
        (None, "#SKONTO#TAGE=14#PROZENT=3.00#"),
        ("0.00", "#SKONTO#TAGE=14#PROZENT=3.00#"),
        ("-59.50", "#SKONTO#TAGE=14#PROZENT=3.00#"),
        ("100.00", "#SKONTO#TAGE=14#PROZENT=3.00#BASISBETRAG=-100.00#"),
        ("100.00", "#SKONTO#TAGE=14#PROZENT=50.00#BASISBETRAG=201.00#"),  # more than is due
    ],
)
def test_what_cannot_be_deducted_has_no_amount(payable: str | None, terms: str) -> None:
    (offer,) = offers(invoice(terms, payable))

    assert (offer.discount, offer.to_pay) == (None, None)


def test_a_credit_note_has_nothing_to_deduct_skonto_from() -> None:
    """Its amount due is positive as well, but the seller owes it."""
    credit = replace(invoice("#SKONTO#TAGE=14#PROZENT=3.00#", "100.00"), type_code="381")

    (offer,) = offers(credit)

    assert (offer.discount, offer.to_pay) == (None, None)
    assert discounts(credit) == ()


@pytest.mark.parametrize("issued", [None, date(9999, 12, 31)])
def test_without_a_usable_date_there_is_no_last_day(issued: date | None) -> None:
    (offer,) = offers(invoice("#SKONTO#TAGE=14#PROZENT=3.00#", "100.00", issued))

    assert offer.last_day is None
    assert str(offer.to_pay) == "97.00"

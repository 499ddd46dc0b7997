"""Skonto that a ZUGFeRD invoice of the profile EXTENDED grants in elements of its own."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from laufzettel.einvoice.payment_terms import Skonto
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Verdict
from laufzettel.einvoice.skonto import offers
from laufzettel.einvoice.validator import Validator

EXTENDED = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended"


def extended(samples: dict[str, Path], *discounts: str, text: str = "") -> bytes:
    """Return the good CII invoice of 02.11.2026 with these terms instead of its own."""
    xml = samples["gut_cii.xml"].read_text("utf-8")
    xml = re.sub(r"urn:cen\.eu:en16931:2017#compliant[^<]*", EXTENDED, xml, count=1)
    description = f"<ram:Description>{text}</ram:Description>" if text else ""
    granted = [
        f"<ram:ApplicableTradePaymentDiscountTerms>{one}</ram:ApplicableTradePaymentDiscountTerms>"
        for one in discounts
    ]
    granted[0] = description + granted[0]
    terms = "".join(
        f"<ram:SpecifiedTradePaymentTerms>{one}</ram:SpecifiedTradePaymentTerms>" for one in granted
    )
    due = (
        '<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">'
        "20261202</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>"
    )
    own = r"<ram:SpecifiedTradePaymentTerms>.*</ram:SpecifiedTradePaymentTerms>"
    return re.sub(own, lambda _: terms + due, xml, count=1, flags=re.DOTALL).encode()


def discount(
    period: str, percent: str, *, unit: str = "DAY", begin: str = "", base: str = ""
) -> str:
    basis = '<ram:BasisDateTime><udt:DateTimeString format="102">{}</udt:DateTimeString></ram:BasisDateTime>'
    return (
        (basis.format(begin) if begin else "")
        + f'<ram:BasisPeriodMeasure unitCode="{unit}">{period}</ram:BasisPeriodMeasure>'
        + (f"<ram:BasisAmount>{base}</ram:BasisAmount>" if base else "")
        + f"<ram:CalculationPercent>{percent}</ram:CalculationPercent>"
    )


def test_such_an_invoice_is_accepted_and_its_skonto_is_computed(
    validator: Validator, samples: dict[str, Path]
) -> None:
    xml = extended(samples, discount("14", "2.00"), discount("7", "3.0", base="10000.00"))

    assert validator.validate(xml).verdict is Verdict.ACCEPTED
    read = read_invoice(xml)
    assert [(one.last_day, str(one.discount)) for one in offers(read)] == [
        (date(2026, 11, 9), "300.00"),
        (date(2026, 11, 16), "368.65"),
    ]
    assert read.due_date == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("given", "days"),
    [
        (discount("2", "2", unit="WEE"), 14),
        (discount("14", "2", begin="20261102"), 14),
        (discount("10", "2", begin="20261109"), 17),  # counted from the delivery
    ],
)
def test_the_period_counts_from_its_own_day(
    samples: dict[str, Path], given: str, days: int
) -> None:
    terms = read_invoice(extended(samples, given)).payment_terms

    assert terms.skonto == (Skonto(days=days, percent=Decimal(2)),)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (discount("1", "2", unit="MON"), "Skonto 2 % in 1 MON"),
        (discount("2.5", "2"), "Skonto 2 % in 2.5 DAY"),
        (discount("14", "200"), "Skonto 200 % in 14 DAY"),
        (discount("999999999999", "2", begin="20261102"), "Skonto 2 % in 999999999999 DAY"),
        (discount("1", "2", begin="20261001"), "Skonto 2 % in 1 DAY"),  # over before the invoice
        ("<ram:ActualDiscountAmount>20.00</ram:ActualDiscountAmount>", "Skonto 20.00"),
    ],
)
def test_what_cannot_be_said_exactly_is_told_and_not_computed(
    samples: dict[str, Path], given: str, told: str
) -> None:
    terms = read_invoice(extended(samples, given)).payment_terms

    assert (terms.skonto, terms.unclear) == ((), (told,))


def test_what_text_and_elements_say_alike_is_one_skonto(samples: dict[str, Path]) -> None:
    lines = "#SKONTO#TAGE=14#PROZENT=2.00#\n"
    words = "2 % Skonto binnen 14 Tagen"

    both = read_invoice(extended(samples, discount("14", "2.0"), text=lines)).payment_terms
    sentence = read_invoice(extended(samples, discount("14", "2.0"), text=words)).payment_terms

    assert both.skonto == (Skonto(days=14, percent=Decimal("2.00")),)
    assert (len(sentence.skonto), sentence.in_words) == (1, ())


def test_the_due_day_is_not_the_one_of_a_skonto(samples: dict[str, Path]) -> None:
    """Some programs give each of the terms its own day."""
    xml = extended(samples, discount("14", "2.00")).decode()
    own = (
        '</ram:Description><ram:DueDateDateTime><udt:DateTimeString format="102">20261116'
        "</udt:DateTimeString></ram:DueDateDateTime>"
    )
    xml = xml.replace(
        "<ram:ApplicableTradePaymentDiscountTerms>",
        f"<ram:Description>Skonto{own}<ram:ApplicableTradePaymentDiscountTerms>",
        1,
    )

    assert read_invoice(xml.encode()).due_date == date(2026, 12, 2)

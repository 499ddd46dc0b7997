"""The short codes that lists show of an invoice."""

from __future__ import annotations

import pytest

from laufzettel.einvoice.invoice import Address, DirectDebit, Invoice, Party, PaymentMeans
from laufzettel.einvoice.report import Finding, Report, Severity, Verdict
from laufzettel.records import remarks


def invoice(**terms: object) -> Invoice:
    """Return an ordinary invoice of a German seller with these terms."""
    seller = Party(name="Bergmann", vat_id="DE1", address=Address(country="DE"))
    plain = {"number": "1", "issue_date": None, "type_code": "380", "currency": "EUR"}
    return Invoice(**{**plain, "seller": seller, **terms})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, ""),
        ({"payee": Party(name="BERGMANN")}, ""),
        ({"payee": Party(name="Factoring Bank")}, "payee_differs"),
        ({"payment_means": (PaymentMeans(code="59"),)}, "direct_debit"),
        ({"payment_means": (PaymentMeans(code="58"),)}, ""),
        ({"direct_debit": DirectDebit(mandate="M-1")}, "direct_debit"),
        ({"type_code": "381"}, "credit_note"),
        ({"type_code": "326"}, "interim"),
        ({"type_code": "877"}, ""),  # the Schlussrechnung is no Abschlag
        ({"seller": Party(name="B.V.", vat_id="NL1", address=Address(country="NL"))}, "foreign"),
        ({"seller": Party(name="Ltd", vat_id="IE1")}, "foreign"),
        ({"seller": Party(name="Verein")}, ""),
    ],
)
def test_the_file_says_what_is_special_about_it(terms: dict[str, object], expected: str) -> None:
    assert remarks.of_file(invoice(**terms), Report(verdict=Verdict.ACCEPTED)) == expected


def test_only_what_a_person_should_look_at_counts_as_finding() -> None:
    def finding(severity: Severity) -> Finding:
        return Finding(id="X", severity=severity, text_de="…")

    report = Report(
        verdict=Verdict.ACCEPTED,
        findings=(
            finding(Severity.WARNING),
            finding(Severity.INFORMATION),
            finding(Severity.WARNING),
        ),
    )

    assert remarks.of_file(invoice(type_code="381"), report) == "finding=2,credit_note"


def test_the_codes_stand_in_the_order_of_their_weight_and_each_once() -> None:
    codes = ["confidential", "finding=3", "duplicate", "finding=3", "bank_changed"]

    assert remarks.join(codes) == "duplicate,bank_changed,finding=3,confidential"


def test_all_codes_together_fit_their_column() -> None:
    codes = [remarks.finding(9999) if one == "finding" else one.value for one in remarks.Remark]

    assert len(remarks.join(codes)) <= 200

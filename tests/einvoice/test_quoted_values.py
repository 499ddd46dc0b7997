"""A finding of an official rule carries what this invoice says, and reads as a letter."""

from __future__ import annotations

from pathlib import Path

from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.report import Finding
from laufzettel.einvoice.supplier_text import supplier_text
from laufzettel.einvoice.validator import Validator


def findings(validator: Validator, xml: str | bytes) -> dict[str, Finding]:
    data = xml.encode() if isinstance(xml, str) else xml
    return {str(one.id): one for one in examine(data, validator).report.findings}


def test_a_broken_sum_is_shown_with_its_parts(
    validator: Validator, samples: dict[str, Path]
) -> None:
    found = findings(validator, samples["fehlerhaft.xml"].read_bytes())

    assert found["BR-CO-14"].values == (
        "Umsatzsteuer (BT-110): 67,86 €",
        "Steuer (BT-117): 55,86 €",
        (
            "Der Gesamtbetrag der Umsatzsteuer stimmt nicht: richtig sind 55,86 €, angegeben sind "
            "67,86 €."
        ),
    )
    assert found["BR-DE-15"].values == ("Leitweg-ID (BT-10): nicht angegeben",)


def test_a_finding_in_a_position_names_it(validator: Validator, samples: dict[str, Path]) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    second = xml.replace('unitCode="C62"', 'unitCode="QQQ"')
    assert second != xml

    found = findings(validator, second)["BR-CL-23"]

    assert found.location.startswith("/Invoice/InvoiceLine[2]/")
    assert found.values[0] == "Position 2: Ordner breit, grau"


def test_the_text_for_the_supplier_says_field_rule_value_and_what_to_do(
    validator: Validator, samples: dict[str, Path]
) -> None:
    report = examine(samples["fehlerhaft.xml"].read_bytes(), validator).report

    text = supplier_text(report) or ""

    assert (
        "- Die Leitweg-ID (Buyer Reference) fehlt. [Feld BT-10, Regel BR-DE-15] Sie müssen die "
        "Leitweg-ID eintragen, die Sie mit dem Auftrag erhalten haben, und die Rechnung neu "
        "senden.\n  Leitweg-ID (BT-10): nicht angegeben"
    ) in text
    assert "Der Lieferant" not in text


def test_what_is_accepted_needs_no_letter(validator: Validator, samples: dict[str, Path]) -> None:
    assert supplier_text(examine(samples["gut.xml"].read_bytes(), validator).report) is None

"""Laufzettel's own layers: what they find, with the numbers of the invoice, and what they let be."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from laufzettel.einvoice.checks import Occasion, own_findings
from laufzettel.einvoice.checks.all import beside
from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.invoice import (
    Account,
    Address,
    AllowanceCharge,
    Delivery,
    Invoice,
    Line,
    Party,
    PaymentMeans,
    Period,
    PrecedingInvoice,
    Totals,
    Vat,
)
from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.payment_terms import parse_terms
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Finding, Own, Severity
from laufzettel.einvoice.validator import Validator

D = Decimal
ADDRESS = Address(line_1="Weg 1", city="Musterstadt", post_code="50000", country="DE")
LINE = Line(
    id="1",
    name="Kanaldeckel",
    quantity=D(3),
    unit="C62",
    net_price=D("12.00"),
    net=D("36.00"),
    vat_category="S",
    vat_rate=D(19),
)
GOOD = Invoice(
    number="RE-1",
    issue_date=date(2026, 11, 2),
    due_date=date(2026, 12, 2),
    type_code="380",
    currency="EUR",
    buyer_reference="04011000-1234512345-06",
    order_ref="B-7",
    seller=Party(name="Bau GmbH", vat_id="DE136695976", address=ADDRESS),
    buyer=Party(name="Stadt Musterstadt", address=ADDRESS),
    delivery=Delivery(date=date(2026, 10, 30)),
    payment_means=(PaymentMeans(code="58", account=Account(iban="DE89370400440532013000")),),
    lines=(LINE,),
    vat_breakdown=(Vat(taxable=D("36.00"), tax=D("6.84"), category="S", rate=D(19)),),
    totals=Totals(
        lines=D("36.00"), net=D("36.00"), vat=D("6.84"), gross=D("42.84"), payable=D("42.84")
    ),
)
RECEIVED = Occasion(
    received_on=date(2026, 11, 4), recipients=frozenset({"04011000"}), tells_orders=True
)


def texts(invoice: Invoice, occasion: Occasion = RECEIVED) -> dict[str, str]:
    return {str(found.id): found.text_de for found in own_findings(invoice, occasion)}


def test_a_sound_invoice_has_no_finding() -> None:
    assert own_findings(GOOD, RECEIVED) == ()


def test_who_was_told_no_number_of_the_order_need_not_name_one() -> None:
    """Else each invoice would carry the same hint."""
    untold = replace(RECEIVED, tells_orders=False)

    assert own_findings(replace(GOOD, order_ref=""), untold) == ()


@pytest.mark.parametrize(
    ("change", "rule", "text"),
    [
        (
            {"lines": (replace(LINE, net=D("35.00")),)},
            "LZ-RECHNEN-POSITION",
            (
                "Der Nettobetrag der Position 1 stimmt nicht: 3 × 12 € = 36,00 €, angegeben sind "
                "35,00 €."
            ),
        ),
        (
            {
                "lines": (
                    replace(
                        LINE,
                        quantity=D("2500"),
                        base_quantity=D(1000),
                        allowances_charges=(AllowanceCharge(is_charge=False, amount=D("1.00")),),
                        net=D("30.00"),
                    ),
                )
            },
            "LZ-RECHNEN-POSITION",
            (
                "Der Nettobetrag der Position 1 stimmt nicht: 2.500 × 12 € je 1.000 - 1,00 € = "
                "29,00 €, angegeben sind 30,00 €."
            ),
        ),
        (
            {"totals": replace(GOOD.totals, gross=D("43.00"), payable=D("43.00"))},
            "LZ-RECHNEN-SUMME",
            (
                "Der Gesamtbetrag mit Umsatzsteuer stimmt nicht: 36,00 € + 6,84 € = 42,84 €, "
                "angegeben sind 43,00 €."
            ),
        ),
        (
            {"totals": replace(GOOD.totals, payable=D("40.00"), prepaid=D("2.00"))},
            "LZ-RECHNEN-SUMME",
            "Der Zahlbetrag stimmt nicht: 42,84 € - 2,00 € = 40,84 €, angegeben sind 40,00 €.",
        ),
        (
            {"vat_breakdown": (Vat(taxable=D("36.00"), tax=D("7.20"), category="S", rate=D(19)),)},
            "LZ-RECHNEN-STEUER",
            (
                "Die Umsatzsteuer zum Satz 19 % stimmt nicht: 19 % von 36,00 € sind 6,84 €, "
                "angegeben sind 7,20 €."
            ),
        ),
        (
            {"vat_breakdown": (Vat(taxable=D("30.00"), tax=D("5.70"), category="S", rate=D(19)),)},
            "LZ-RECHNEN-STEUERBASIS",
            (
                "Der Betrag, auf den 19 % Umsatzsteuer berechnet sind, stimmt nicht: richtig "
                "sind 36,00 €, angegeben sind 30,00 €."
            ),
        ),
        (
            {
                "allowances_charges": (
                    AllowanceCharge(
                        is_charge=False, amount=D("5.00"), base=D("36.00"), percent=D(10)
                    ),
                )
            },
            "LZ-RECHNEN-NACHLASS",
            (
                "Ein Nachlass der Rechnung stimmt nicht: 10 % von 36,00 € sind 3,60 €, angegeben "
                "sind 5,00 €."
            ),
        ),
        (
            {
                "payment_means": (
                    PaymentMeans(code="58", account=Account(iban="DE89370400440532013001")),
                )
            },
            "LZ-IBAN",
            "„DE89 3704 0044 0532 0130 01“ ist keine richtige IBAN: die Prüfziffern sind falsch.",
        ),
        (
            {"payment_means": (PaymentMeans(code="58", account=Account(iban="1234567")),)},
            "LZ-IBAN",
            "„1234 567“ ist keine richtige IBAN: die Form ist falsch.",
        ),
        (
            {
                "payment_means": (
                    PaymentMeans(
                        code="58", account=Account(iban="DE89370400440532013000", bic="BNPAFRPP")
                    ),
                )
            },
            "LZ-BIC",
            (
                "Der BIC BNPAFRPP gehört zu einer Bank in FR, das Konto DE89 3704 0044 0532 0130 00 "
                "liegt in DE."
            ),
        ),
        (
            {"seller": replace(GOOD.seller, vat_id="DE136695977")},
            "LZ-UST-ID",
            (
                "Die Umsatzsteuer-ID „DE136695977“ des Lieferanten ist nicht richtig (Form oder "
                "Prüfziffer)."
            ),
        ),
        (
            {"seller": replace(GOOD.seller, vat_id="", tax_number="123/456/789")},
            "LZ-STEUERNUMMER",
            "„123/456/789“ hat nicht die Form einer deutschen Steuernummer (10 bis 13 Ziffern).",
        ),
        (
            {"issue_date": date(2026, 11, 6)},
            "LZ-DATUM-ZUKUNFT",
            "Das Rechnungsdatum 06.11.2026 liegt nach dem Eingang am 04.11.2026.",
        ),
        (
            {"issue_date": date(2025, 11, 3)},
            "LZ-DATUM-ALT",
            "Die Rechnung vom 03.11.2025 ist beim Eingang am 04.11.2026 366 Tage alt.",
        ),
        (
            {"due_date": date(2026, 11, 1)},
            "LZ-FAELLIG-VOR-RECHNUNG",
            "Die Rechnung ist am 01.11.2026 fällig, aber erst am 02.11.2026 ausgestellt.",
        ),
        (
            {"period": Period(start=date(2026, 10, 31), end=date(2026, 10, 1))},
            "LZ-ZEITRAUM",
            ("Der Abrechnungszeitraum endet am 01.10.2026, bevor er am 31.10.2026 beginnt."),
        ),
        (
            {
                "preceding_invoices": (
                    PrecedingInvoice(number="RE-0", issue_date=date(2026, 11, 3)),
                )
            },
            "LZ-ZEITRAUM",
            (
                "Die vorausgegangene Rechnung RE-0 ist vom 03.11.2026, also später als diese vom "
                "02.11.2026."
            ),
        ),
        (
            {"buyer_reference": "04011000-1234512345-07"},
            "LZ-LEITWEG",
            "„04011000-1234512345-07“ ist keine richtige Leitweg-ID (Form oder Prüfziffern).",
        ),
        (
            {"buyer_reference": "053820072072-31001-73"},
            "LZ-LEITWEG-FREMD",
            "Die Leitweg-ID 053820072072-31001-73 ist keine der unseren (04011000).",
        ),
        (
            {"payment_terms": parse_terms("#SKONTO#TAGE=14#PROZENT=3#")},
            "LZ-SKONTO",
            "Die Zeile „#SKONTO#TAGE=14#PROZENT=3#“ sieht nach Skonto aus, ist aber nicht lesbar.",
        ),
        (
            {"payment_terms": parse_terms("Zahlbar in 30 Tagen.\n3% Skonto bis 16.11.2026")},
            "LZ-SKONTO",
            (
                "„3% Skonto bis 16.11.2026“ gewährt Skonto nur in Worten: Der Betrag ist nicht "
                "berechnet, und keine Frist wird überwacht."
            ),
        ),
        (
            {"payment_terms": parse_terms("#SKONTO#TAGE=40#PROZENT=3.00#")},
            "LZ-SKONTO-FRIST",
            (
                "Skonto 3 % binnen 40 Tagen läuft bis 12.12.2026, länger als die Zahlungsfrist bis "
                "02.12.2026."
            ),
        ),
        (
            {"payment_terms": parse_terms("#SKONTO#TAGE=14#PROZENT=3.00#BASISBETRAG=50.00#")},
            "LZ-SKONTO-BASIS",
            ("Skonto 3 % binnen 14 Tagen rechnet mit 50,00 €, zu zahlen sind aber nur 42,84 €."),
        ),
        (
            {"seller": replace(GOOD.seller, address=None)},
            "LZ-ANSCHRIFT",
            (
                "Von Name und Anschrift des Lieferanten fehlt: Ort, Straße oder Postfach "
                "(§ 14 Abs. 4 Nr. 1 UStG)."
            ),
        ),
        (
            {"seller": replace(GOOD.seller, vat_id="")},
            "LZ-STEUERNUMMER-FEHLT",
            "Der Lieferant nennt weder Umsatzsteuer-ID noch Steuernummer (§ 14 Abs. 4 Nr. 2 UStG).",
        ),
        (
            {"delivery": None},
            "LZ-LEISTUNGSZEIT",
            "Die Rechnung sagt nicht, wann geliefert oder geleistet wurde (§ 14 Abs. 4 Nr. 6 UStG).",
        ),
        (
            {"lines": (replace(LINE, name="Artikel"),)},
            "LZ-LEISTUNG",
            (
                "Bei der Position 1 steht nicht, was geliefert oder geleistet wurde "
                "(§ 14 Abs. 4 Nr. 5 UStG)."
            ),
        ),
        (
            {"payment_means": (PaymentMeans(code="30"),)},
            "LZ-BANKVERBINDUNG-FEHLT",
            "Die Rechnung soll überwiesen werden, nennt aber kein Konto (§ 4 ERechVO NRW).",
        ),
        (
            {"order_ref": ""},
            "LZ-AUFTRAG-FEHLT",
            "Die Rechnung nennt weder Auftrag noch Vertrag noch Projekt.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("LZ-") else "",
)
def test_a_fault_is_found_with_the_values_of_the_invoice(
    change: dict[str, Any], rule: str, text: str
) -> None:
    assert texts(replace(GOOD, **change))[rule] == text


def test_no_own_layer_rejects_by_itself_and_each_says_what_to_do() -> None:
    broken = replace(
        GOOD,
        buyer_reference="x",
        order_ref="",
        seller=Party(vat_id="DE1"),
        due_date=date(2020, 1, 1),
        lines=(replace(LINE, net=D(1), name=""),),
        payment_means=(PaymentMeans(code="58", account=Account(iban="DE00", bic="X")),),
    )

    found = own_findings(broken, RECEIVED, pdf_text="ganz anderes")

    assert len(found) >= 12
    assert {f.severity for f in found} == {Severity.WARNING, Severity.INFORMATION}
    assert [f.id for f in found if not f.remedy_de.endswith(".")] == []
    assert {layer_of(f.id) for f in found} >= {Layer.BANK, Layer.LAW, Layer.DATES, Layer.PICTURE}


def test_a_tax_rounded_position_by_position_is_no_fault() -> None:
    lines = tuple(
        replace(LINE, id=str(n), quantity=D(1), net_price=D("0.33"), net=D("0.33"))
        for n in range(10)
    )
    rounded = Vat(taxable=D("3.30"), tax=D("0.60"), category="S", rate=D(19))  # 10 x 0.06, not 0.63

    assert "LZ-RECHNEN-STEUER" not in texts(replace(GOOD, lines=lines, vat_breakdown=(rounded,)))


def test_a_price_for_another_unit_than_the_quantity_is_left_to_people() -> None:
    line = replace(LINE, unit="KGM", base_unit="TNE", base_quantity=D(1), net=D("0.04"))

    assert "LZ-RECHNEN-POSITION" not in texts(replace(GOOD, lines=(line,)))


def test_the_largest_numbers_that_are_read_can_be_multiplied() -> None:
    huge = D("999999999999999.999999999999999999")
    line = replace(LINE, quantity=huge, net_price=huge)
    vat = Vat(taxable=D("999999999999999.99"), tax=D("0"), category="S", rate=huge)

    found = texts(replace(GOOD, lines=(line,), vat_breakdown=(vat,)))

    assert {"LZ-RECHNEN-POSITION", "LZ-RECHNEN-STEUER"} <= set(found)


def test_without_a_day_of_receipt_nothing_is_late_or_early() -> None:
    assert texts(replace(GOOD, issue_date=date(2099, 1, 1), due_date=None), Occasion()) == {}


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("Rechnung RE-1 über 42,84 EUR auf DE89 3704 0044 0532 0130 00", {}),
        ("Rechnung RE-1 über 42.84 EUR", {}),
        (
            "Rechnung RE-2 über 42,84 EUR",
            {"BT-1": "Die Rechnungsnummer RE-1 der Daten steht nicht im PDF-Bild."},
        ),
        (
            "Rechnung RE-1 über 142,84 EUR",
            {"BT-115": "Der Betrag 42,84 € der Daten steht nicht im PDF-Bild."},
        ),
        (
            "Rechnung RE-1 über 42,84 EUR auf IBAN DE02120300000000202051",
            {
                "BT-84": (
                    "Das PDF-Bild nennt das Konto DE02 1203 0000 0000 2020 51, die Daten nennen "
                    "DE89 3704 0044 0532 0130 00."
                )
            },
        ),
    ],
)
def test_a_picture_that_says_something_else_than_the_data_is_found(
    shown: str, found: dict[str, str]
) -> None:
    differing = [f for f in own_findings(GOOD, RECEIVED, shown) if f.id == Own.PDF_DIFFERS]

    assert {finding.term: finding.text_de for finding in differing} == found


@pytest.mark.parametrize(
    "footer",
    [
        "USt-IdNr. DE136695976 IBAN DE02 1203 0000 0000 2020 51 BIC BYLADEM1001",
        "Kunde KD12 3456 IBAN DE02 1203 0000 0000 2020 51",
        "IBAN DE02\u00a01203\u00a00000\u00a00000\u00a02020\u00a051",
        "IBAN DE02 1203 0000 0000\n2020 51",
        "IBANDE02120300000000202051",
        "IBAN: DE 02 1203 0000 0000 2020 51",
    ],
)
def test_another_account_of_the_picture_is_found_however_it_is_printed(footer: str) -> None:
    shown = f"Rechnung RE-1 über 42,84 EUR\n{footer}"

    assert [f.term for f in own_findings(GOOD, RECEIVED, shown) if f.id == Own.PDF_DIFFERS] == [
        "BT-84"
    ]


def test_a_text_full_of_beginnings_of_accounts_takes_no_time() -> None:
    began = time.monotonic()

    own_findings(GOOD, RECEIVED, "DE89 " * 100_000)

    assert time.monotonic() - began < 5


def test_a_picture_without_text_is_not_called_equal() -> None:
    assert [(f.id, f.severity) for f in own_findings(GOOD, RECEIVED, " ")] == [
        ("LZ-PDF-OHNE-TEXT", Severity.INFORMATION)
    ]


def test_what_an_official_rule_says_is_not_said_twice_but_gets_its_numbers(
    validator: Validator, samples: dict[str, Path]
) -> None:
    xml = samples["fehlerhaft.xml"].read_bytes()
    report = validator.validate(xml)

    both = beside(report.findings, own_findings(read_invoice(xml)))

    assert [finding.id for finding in both][:2] == ["BR-CO-14", "BR-DE-15"]
    assert "LZ-RECHNEN-SUMME" not in [f.id for f in both if f.term == "BT-110"]
    assert both[0].values[0] == (
        "Der Gesamtbetrag der Umsatzsteuer stimmt nicht: richtig sind 55,86 €, angegeben sind "
        "67,86 €."
    )
    assert both[0].values[0].startswith("Der Gesamtbetrag der Umsatzsteuer stimmt nicht: ")


def test_an_official_finding_of_another_rule_takes_nothing_over() -> None:
    official = explain("BR-05", Severity.FATAL, location="/", original="[BR-05]-x")
    own = Finding(id=Own.TOTALS, severity=Severity.WARNING, text_de="Falsch.", twins=("BR-CO-10",))

    assert beside((official,), (own,)) == (official, own)


def test_the_official_invoices_are_computed_without_a_finding(shared_dir: Path) -> None:
    suite = shared_dir / "data" / "xrechnung-testsuite"
    invoices = [read_invoice(file.read_bytes()) for file in sorted(suite.rglob("*.xml"))]

    wrong = [
        (invoice.number, found.text_de)
        for invoice in invoices
        for found in own_findings(invoice)
        if layer_of(found.id) is Layer.ARITHMETIC
    ]

    assert (len(invoices), wrong) == (60, [])

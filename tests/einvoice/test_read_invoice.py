"""One invoice comes out of UBL and CII, exactly as the file says it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from laufzettel.einvoice.attachments import contents
from laufzettel.einvoice.invoice import (
    Account,
    Address,
    Attachment,
    Contact,
    Identifier,
    Note,
    PaymentMeans,
    PrecedingInvoice,
    Vat,
)
from laufzettel.einvoice.node import InvoiceReadError
from laufzettel.einvoice.payment_terms import Skonto, parse_terms
from laufzettel.einvoice.read import read_invoice
from laufzettel.money import Money
from laufzettel.safe_xml import parse

CASES = "data/xrechnung-testsuite/src/test"


def test_the_head_of_an_invoice_is_read(samples: dict[str, Path]) -> None:
    invoice = read_invoice(samples["gut.xml"].read_bytes())

    assert invoice.number == "TB-2026-1187"
    assert invoice.issue_date == date(2026, 11, 2)
    assert invoice.due_date == date(2026, 12, 2)
    assert invoice.type_code == "380"
    assert invoice.buyer_reference == "059990000000-21000-70"
    assert (invoice.order_ref, invoice.contract_ref) == ("4500012873", "RV-2025-066")
    assert invoice.notes == (
        Note(text="Baumaßnahme Gehweg Schulstraße, 2. Bauabschnitt. Aufmaß siehe Anlage."),
    )


def test_sums_are_exact_decimals(samples: dict[str, Path]) -> None:
    invoice = read_invoice(samples["gut.xml"].read_bytes())

    assert invoice.gross == invoice.payable == Money.parse("18432.60")
    assert invoice.totals.net == Decimal("15489.58")
    assert invoice.vat_breakdown == (
        Vat(taxable=Decimal("15489.58"), tax=Decimal("2943.02"), category="S", rate=Decimal(19)),
    )
    assert [line.net for line in invoice.lines] == [
        Decimal("393.98"),
        Decimal("4250.00"),
        Decimal("8875.00"),
        Decimal("1970.60"),
    ]


def test_seller_buyer_and_account_are_read(samples: dict[str, Path]) -> None:
    invoice = read_invoice(samples["gut.xml"].read_bytes())

    assert invoice.seller.name == "Tiefbau Bergmann & Söhne GmbH"
    assert invoice.seller.vat_id == "DE123456788"
    assert invoice.seller.address == Address(
        line_1="Am Steinbruch 4", city="Beispielhausen", post_code="59998", country="DE"
    )
    assert invoice.seller.contact == Contact(
        name="Jutta Bergmann", phone="02999 45670", email="rechnung@tiefbau-bergmann.example"
    )
    assert invoice.buyer.electronic_address == Identifier(
        value="059990000000-21000-70", scheme="0204"
    )
    assert invoice.payment_means == (
        PaymentMeans(
            code="58",
            account=Account(iban="DE89370400440532013000", name="Tiefbau Bergmann & Söhne GmbH"),
        ),
    )
    assert invoice.remittance_texts == ("TB-2026-1187",)


def test_skonto_lines_are_read_in_the_order_of_their_days(samples: dict[str, Path]) -> None:
    terms = read_invoice(samples["gut.xml"].read_bytes()).payment_terms

    assert terms.skonto == (
        Skonto(days=14, percent=Decimal("3.00")),
        Skonto(days=21, percent=Decimal("1.50")),
    )
    assert terms.unclear == ()
    assert terms.text.endswith("Zahlbar bis 02.12.2026 ohne Abzug.")


def test_an_attachment_is_measured_and_its_bytes_are_kept_apart(samples: dict[str, Path]) -> None:
    xml = samples["gut.xml"].read_bytes()

    (attachment,) = read_invoice(xml).attachments

    content = "Position;Länge m;Breite m;Fläche m2\n1;125,00;2,50;312,50\n".encode()
    assert attachment == Attachment(
        reference="aufmass_schulstrasse.csv",
        description="Aufmaß",
        name="aufmass_schulstrasse.csv",
        mime="text/csv",
        size=59,
        sha256=attachment.sha256,
    )
    assert contents(parse(xml)) == {attachment.sha256: content}


def test_a_credit_note_names_the_invoice_it_corrects(samples: dict[str, Path]) -> None:
    invoice = read_invoice(samples["gutschrift.xml"].read_bytes())

    assert invoice.is_credit_note
    assert invoice.preceding_invoices == (PrecedingInvoice(number="RE-26-4711"),)
    assert invoice.due_date == date(2026, 11, 30)
    assert invoice.lines[0].quantity == Decimal(25)


def test_twins_in_two_syntaxes_are_one_invoice(samples: dict[str, Path]) -> None:
    ubl = read_invoice(samples["gut.xml"].read_bytes())
    cii = read_invoice(samples["gut_cii.xml"].read_bytes())

    assert ubl == cii


def test_an_invoice_that_breaks_rules_is_read_all_the_same(samples: dict[str, Path]) -> None:
    invoice = read_invoice(samples["fehlerhaft.xml"].read_bytes())

    assert invoice.buyer_reference == ""
    assert invoice.totals.vat == Decimal("67.86")


def test_every_official_sample_is_read(shared_dir: Path) -> None:
    files = sorted((shared_dir / CASES).rglob("*.xml"))

    invoices = [read_invoice(file.read_bytes()) for file in files]

    assert len(invoices) == 60
    assert all(
        invoice.number
        and invoice.issue_date
        and invoice.lines
        and invoice.totals.payable is not None
        for invoice in invoices
    )


#: What differs between the official twins differs in the files themselves.
TWINS = [
    "business-cases/standard/01.04a-INVOICE",
    "business-cases/standard/01.06a-INVOICE",
    "business-cases/standard/01.07a-INVOICE",
    "business-cases/standard/01.17a-INVOICE",
    "business-cases/standard/02.06a-INVOICE",
    "business-cases/standard/03.05a-INVOICE",
    "technical-cases/cius/01.06_minimal_test",
]


@pytest.mark.parametrize("name", TWINS)
def test_official_twins_are_one_invoice(shared_dir: Path, name: str) -> None:
    folder = shared_dir / CASES

    ubl = read_invoice((folder / f"{name}_ubl.xml").read_bytes())
    cii = read_invoice((folder / f"{name}_uncefact.xml").read_bytes())

    assert ubl == cii


def test_all_accounts_of_an_official_sample_are_found(shared_dir: Path) -> None:
    file = shared_dir / CASES / "technical-cases/cius/01.01_comprehensive_test_ubl.xml"

    invoice = read_invoice(file.read_bytes())

    assert invoice.ibans == ("DE79000000001234567890", "DE16000000002345678901")
    assert invoice.payee is not None and invoice.payee.name == "[Payee name]"
    assert invoice.totals.vat_in_tax_currency == Decimal("2048.44")


def test_direct_debit_of_an_official_sample_is_read(shared_dir: Path) -> None:
    file = shared_dir / CASES / "technical-cases/cius/01.04_comprehensive_test_uncefact.xml"

    debit = read_invoice(file.read_bytes()).direct_debit

    assert debit is not None
    assert debit.mandate == "[Mandate Reference Identifier]"
    assert debit.creditor_id == "[Bank assigned creditor identifier]"
    assert debit.debited_account == "DE79000000001234567890"


def test_sub_lines_name_the_line_they_belong_to(shared_dir: Path) -> None:
    file = shared_dir / CASES / "business-cases/extension/04.01a-INVOICE_ubl.xml"

    lines = read_invoice(file.read_bytes()).lines

    assert {line.parent_id for line in lines if line.parent_id} <= {line.id for line in lines}
    assert any(line.parent_id for line in lines)


@pytest.mark.parametrize(
    "value",
    [
        *("1e5", "NaN", "Infinity", "+119.00", "0x77", " 119.00", "119.00 ", "1_000.00", "119,00"),
        *("１１９.00", "١١٩.00", "119.001", "9" * 16, "", "."),
    ],
)
def test_an_amount_that_is_not_plain_digits_is_refused(
    samples: dict[str, Path], value: str
) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    changed = xml.replace(
        '<cbc:PayableAmount currencyID="EUR">349.86', f'<cbc:PayableAmount currencyID="EUR">{value}'
    )

    with pytest.raises(
        InvoiceReadError, match=r"Das Feld PayableAmount .* erwartet wird eine Zahl"
    ):
        read_invoice(changed.encode())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<cbc:IssueDate>2026-11-09", "<cbc:IssueDate>2026-02-30", "IssueDate .* kein Datum"),
        ("<cbc:IssueDate>2026-11-09", "<cbc:IssueDate>09.11.2026", "IssueDate .* kein Datum"),
        ("<cbc:ID>RE-26-4711", "<cbc:ID><b/>RE-26-4711", "weitere Elemente"),
        ("<cbc:ID>RE-26-4711", f"<cbc:ID>{'R' * 201}", "länger als 200 Zeichen"),
        (
            '<cbc:PayableAmount currencyID="EUR">',
            '<cbc:PayableAmount currencyID="USD">',
            "PayableAmount .* ist in „USD“ angegeben, die Rechnung lautet aber auf „EUR“",
        ),
    ],
    ids=["no such day", "german date", "element in value", "endless number", "two currencies"],
)
def test_a_value_that_is_not_clear_is_refused(
    samples: dict[str, Path], old: str, new: str, message: str
) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    assert old in xml

    with pytest.raises(InvoiceReadError, match=message):
        read_invoice(xml.replace(old, new).encode())


def test_a_broken_attachment_is_refused(samples: dict[str, Path]) -> None:
    xml = samples["gut.xml"].read_text("utf-8").replace('csv">', 'csv">!!')

    with pytest.raises(InvoiceReadError, match="kein gültiges Base64"):
        read_invoice(xml.encode())


@pytest.mark.parametrize(
    "line",
    [
        "#SKONTO#TAGE=14#PROZENT=3#",
        "#skonto#TAGE=14#PROZENT=3.00#",
        "#SKONTO#TAGE=14#PROZENT=3,00#",
        "#SKONTO#TAGE=14#PROZENT=101.00#",
        "#SKONTO#TAGE=99999#PROZENT=3.00#",
        "#VERZUG#TAGE=14#",
    ],
)
def test_a_skonto_line_of_another_form_is_never_a_discount(line: str) -> None:
    terms = parse_terms(f"{line}\nZahlbar in 30 Tagen.")

    assert terms.skonto == ()
    assert terms.unclear == (line,)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("2 % Skonto bei Zahlung binnen 14 Tagen", ("2 % Skonto bei Zahlung binnen 14 Tagen",)),
        (
            "Zahlung: 8 Tage abzgl. 2,0% SKONTO, 30 Tage netto",
            ("Zahlung: 8 Tage abzgl. 2,0% SKONTO, 30 Tage netto",),
        ),
        ("Bei Zahlung bis 5.12. 3 v.H. Skonto", ("Bei Zahlung bis 5.12. 3 v.H. Skonto",)),
        ("Zahlbar in 30 Tagen ohne Abzug von Skonto (0 %)", ()),
        ("Skonto wird nicht gewährt; Verzugszins 9 %", ()),
        ("Kein Skonto, 19 % USt", ()),
        ("Zahlbar in 30 Tagen, Verzugszinsen 9 %", ()),
        ("#SKONTO#TAGE=14#PROZENT=2.00#\n2 % Skonto bei Zahlung binnen 14 Tagen", ()),
    ],
)
def test_a_skonto_in_words_is_noticed_and_never_computed(text: str, lines: tuple[str, ...]) -> None:
    """Where a line of the form of BR-DE-18 stands beside it, that one says the same."""
    terms = parse_terms(text)

    assert terms.in_words == lines
    assert len(terms.skonto) == text.count("#SKONTO#")

"""Capturing a PDF without data: the PDF beside the form, proposals with their places, two persons."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from html import escape

import pypdf
import pytest
import sqlalchemy as sa
from PIL import Image
from tests.einvoice.scans import giro, paper, scan
from tests.web.conftest import Town, blank_pdf, text_pdf
from tests.web.test_task_page import CERTIFY, sign, the_task

from laufzettel import compose
from laufzettel.connectors.ocr.tesseract import Tesseract
from laufzettel.records.tables import invoice, invoice_text

LINES = (
    "Malerbetrieb Öztürk, Farbgasse 2, Musterstadt, USt-IdNr. DE136695976",
    "Rechnungs-Nr. 2026-77",
    "Rechnungsdatum: 27.11.2026",
    "Gesamtbetrag brutto 761,60 EUR",
    "Zahlbar bis 27.12.2026 auf DE02 1203 0000 0000 2020 51",
)
TYPED = {
    "decision": "erfassen",
    "supplier_name": "Malerbetrieb Öztürk",
    "supplier_vat_id": "DE136695976",
    "invoice_number": "2026-77",
    "issued_on": "2026-11-27",
    "due_date": "2026-12-27",
    "gross_amount": "761,60",
    "currency": "EUR",
    "payee_iban": "DE02120300000000202051",
    "buyer_reference": "053820072072-BAU-73",
    "is_compared": "on",
}

NO_BUILDING = {
    "tax_building": "nein",
    "tax_choice": "anders",
    "tax_note": "wie in der Rechnung",
    "tax_0": "19",
    "tax_1": "Lieferant",
    "tax_2": "0 %",
}


def scan_with_text(sheet: Image.Image, text: str) -> bytes:
    """Return a scan whose text layer a machine has written behind the picture."""
    writer, target = pypdf.PdfWriter(), io.BytesIO()
    page = writer.add_page(pypdf.PdfReader(io.BytesIO(scan(sheet))).pages[0])
    page.merge_page(pypdf.PdfReader(io.BytesIO(text_pdf(text))).pages[0], over=False)
    writer.write(target)
    return target.getvalue()


@pytest.fixture
def case_id(musterstadt: Town) -> str:
    return musterstadt.receive(text_pdf(*LINES), name="maler.pdf")


def test_the_form_shows_what_the_text_names_and_where(musterstadt: Town, case_id: str) -> None:
    task = the_task(musterstadt, case_id)
    page = musterstadt.browser("kranz").get(f"/aufgaben/{task.id}")

    assert task.element == "capture"
    for value in ("2026-77", "2026-11-27", "761,60", "DE02120300000000202051", "2026-12-27"):
        assert f'value="{value}"' in page.text, value
    assert 'name="supplier_country"' in page.text and 'value="DE"' in page.text
    assert "nicht geprüft" in page.text and "formal in Ordnung" not in page.text
    assert "Vorschlag: Textebene, „Rechnungs-Nr. 2026-77“" in page.text
    assert "Vorschläge und woher sie kommen" not in page.text, "each stands at its field"
    assert 'value="Malerbetrieb' not in page.text, "a name proves itself by nothing"


def test_the_pages_lie_beside_the_form_as_pictures(musterstadt: Town, case_id: str) -> None:
    browser = musterstadt.browser("kranz")
    page = browser.get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text
    (address,) = re.findall(r'<img src="([^"]+/original/1\.png)"', page)

    shown = browser.get(address)

    assert (shown.status_code, shown.content_type) == (200, "image/png")


def test_what_was_captured_goes_the_ordinary_way(musterstadt: Town, case_id: str) -> None:
    sign(musterstadt, musterstadt.browser("kranz"), case_id, **TYPED)
    task = the_task(musterstadt, case_id)

    assert task.remarks == ("unchecked",), "no rule has seen it, and whoever certifies knows"
    assert (task.element, str(task.amount), task.party) == (
        "certify",
        "761.60",
        "Malerbetrieb Öztürk",
    )
    with musterstadt.app.db.read() as connection:
        texts = connection.execute(sa.select(*invoice_text.c["part", "packed"])).all()
    captured = dict(tuple(row) for row in texts)
    assert "2026-77" in captured[""] and "Farbgasse" in captured["PDF"], "found by either"
    sign(musterstadt, musterstadt.browser("yilmaz"), case_id, **CERTIFY, **NO_BUILDING)
    sign(musterstadt, musterstadt.browser("brandt"), case_id, decision="anordnen", note="")
    with musterstadt.app.db.read() as connection:
        row = connection.execute(sa.select(invoice)).one()
    assert (row.stage, row.number, row.payee_iban) == (
        "ordered",
        "2026-77",
        "DE02120300000000202051",
    )


def test_a_wrong_iban_comes_back_with_what_was_typed(musterstadt: Town, case_id: str) -> None:
    wrong = TYPED | {"payee_iban": "DE02120300000000202052"}
    sign(musterstadt, musterstadt.browser("kranz"), case_id, **wrong)
    task = the_task(musterstadt, case_id)

    page = musterstadt.browser("kranz").get(f"/aufgaben/{task.id}").text

    assert task.element == "capture"
    assert "Die Prüfziffern der IBAN stimmen nicht." in page
    assert 'value="DE02120300000000202052"' in page


def test_an_earlier_invoice_of_the_same_account_names_the_supplier(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    musterstadt.receive(samples("gut.xml"))
    with musterstadt.app.db.read() as connection:
        first = connection.execute(sa.select(invoice)).one()
    case_id = musterstadt.receive(text_pdf(f"IBAN {first.payee_iban}"), name="neu.pdf")

    page = musterstadt.browser("kranz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text

    assert f'value="{escape(first.supplier_name)}"' in page
    assert f"dieselbe IBAN wie Rechnung {first.receipt_no}" in page


def test_without_any_text_the_form_is_empty_and_still_there(musterstadt: Town) -> None:
    case_id = musterstadt.receive(blank_pdf(), name="scan.pdf")

    page = musterstadt.browser("kranz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text

    assert "Rechnung erfassen" in page
    assert "Vorschläge und woher sie kommen" not in page


def test_the_code_on_scanned_paper_fills_the_form_for_a_person_to_confirm(
    musterstadt: Town,
) -> None:
    case_id = musterstadt.receive(scan(paper("Rechnung", codes=[giro()])), name="scan.pdf")

    page = musterstadt.browser("kranz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text

    for value in ("Malerbetrieb Öztürk", "2026-77", "761,60", "DE89370400440532013000"):
        assert f'value="{value}"' in page, value
    assert "Vorschlag: EPC-QR-Code auf Seite 1, Prüfziffer stimmt" in page
    assert "BIC im QR-Code: COBADEFFXXX" in page
    assert (
        'id="is_compared" name="is_compared"' in page
        and "checked" not in page.split('id="is_compared"')[1].split(">")[0]
    ), "a person confirms"


def test_an_account_in_a_code_is_held_against_the_records_of_the_house(
    musterstadt: Town, samples: Callable[[str], bytes]
) -> None:
    """An IBAN from a code is an IBAN from the invoice: nobody vouches for it."""
    musterstadt.receive(samples("gut.xml"))
    with musterstadt.app.db.read() as connection:
        first = connection.execute(sa.select(invoice)).one()
    other = giro().replace(b"DE89370400440532013000", b"DE02120300000000202051")
    sheet = paper(f"USt-IdNr. {first.supplier_vat_id}", codes=[other])
    data = scan_with_text(sheet, f"USt-IdNr. {first.supplier_vat_id}")
    case_id = musterstadt.receive(data, name="neu.pdf")

    page = musterstadt.browser("kranz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text

    assert f'value="{escape(first.supplier_name)}"' in page
    assert "Der EPC-QR-Code nennt als Empfänger „Malerbetrieb Öztürk“." in page
    assert f"Die IBAN ist eine andere als in der Rechnung {first.receipt_no}" in page


def test_a_malformed_code_is_a_note_and_stops_nothing(musterstadt: Town) -> None:
    broken = giro().replace(b"EUR761.6", b"EUR761,6")
    case_id = musterstadt.receive(scan(paper("Rechnung", codes=[broken])), name="scan.pdf")

    page = musterstadt.browser("kranz").get(f"/aufgaben/{the_task(musterstadt, case_id).id}").text

    assert "EPC-QR-Code auf Seite 1 ist nicht gültig: „EUR761,6“ ist kein Betrag in Euro." in page
    assert 'value="DE89370400440532013000"' not in page


@pytest.fixture
def ocr_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator has turned text recognition on; asked for before the town is built."""
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract fehlt: apt-get install -y tesseract-ocr tesseract-ocr-deu")
    monkeypatch.setattr(compose, "open_ocr", lambda settings: Tesseract())


@pytest.fixture
def ocr_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, without the tool."""
    monkeypatch.setattr(compose, "open_ocr", lambda settings: Tesseract(program="gibt-es-nicht"))


def shown_to_kranz(there: Town, data: bytes) -> str:
    """Return the task page of a scan that came in."""
    case_id = there.receive(data, name="scan.pdf")
    return there.browser("kranz").get(f"/aufgaben/{the_task(there, case_id).id}").text


def test_text_recognition_proposes_with_less_confidence(ocr_on: None, musterstadt: Town) -> None:
    sheet = paper("Rechnungs-Nr. 2026-77", "Rechnungsdatum: 27.11.2026", "Gesamtbetrag 761,60 EUR")

    page = shown_to_kranz(musterstadt, scan(paper(), sheet))

    assert 'value="2026-77"' in page and 'value="761,60"' in page and 'value="2026-11-27"' in page
    assert "Vorschlag: Texterkennung (weniger sicher), „Rechnungs-Nr. 2026-77“" in page


def test_a_missing_tool_is_named_on_the_page_and_stops_nothing(
    ocr_missing: None, musterstadt: Town
) -> None:
    page = shown_to_kranz(musterstadt, scan(paper("Rechnung", codes=[giro()])))

    assert "Die Seiten sind Bilder, und gelesen hat sie niemand: Das Programm" in page
    assert 'value="DE89370400440532013000"' in page, "the code is read all the same"


def test_a_pdf_with_text_is_not_read_by_recognition(ocr_missing: None, musterstadt: Town) -> None:
    assert "gelesen hat sie niemand" not in shown_to_kranz(musterstadt, text_pdf(*LINES))

"""The text of an invoice and its files, as far as a word may be looked for in it."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from laufzettel import safe_xml
from laufzettel.einvoice.fulltext import TEXT_MAX, of_original, text_of, texts
from laufzettel.einvoice.invoice import Invoice, Line, Note
from laufzettel.einvoice.read import read_invoice


def pdf_saying(*pages: str) -> bytes:
    """Return a PDF whose pages say something in its text layer."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for text in pages:
        page = writer.add_blank_page(width=595, height=842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def with_file(samples: dict[str, Path], name: str, data: bytes) -> bytes:
    """Return the good invoice with another file inside, in place of its own."""
    import base64
    import re

    xml = samples["gut.xml"].read_bytes().replace(b"aufmass_schulstrasse.csv", name.encode())
    return re.sub(
        rb"(<cbc:EmbeddedDocumentBinaryObject[^>]*>)[^<]*", rb"\1" + base64.b64encode(data), xml
    )


def test_supplier_lines_notes_and_numbers_are_there_and_codes_are_not() -> None:
    invoice = Invoice(
        number="R-1",
        issue_date=None,
        type_code="380",
        currency="EUR",
        notes=(Note(text="Wie  vereinbart"),),
        lines=(Line(id="1", name="Kies", description="frei Haus", unit="TNE"),),
    )

    assert text_of(invoice) == "R-1 · Wie vereinbart · 1 · Kies · frei Haus"


def test_a_file_of_plain_text_is_a_part_of_its_own(samples: dict[str, Path]) -> None:
    data = samples["gut.xml"].read_bytes()

    found = texts(read_invoice(data), data, data)

    assert list(found) == ["", "aufmass_schulstrasse.csv"]
    assert "Baumaßnahme Gehweg Schulstraße" in found[""]
    assert found["aufmass_schulstrasse.csv"].startswith("Position;Länge m")


def test_a_file_is_read_as_it_was_received(samples: dict[str, Path]) -> None:
    data = samples["gut.xml"].read_bytes()

    assert of_original(data) == texts(read_invoice(data), data, data)
    assert of_original(pdf_saying("Nur auf Papier")) == {"PDF": "Nur auf Papier"}
    assert of_original(b"Guten Tag") == of_original(b"<!DOCTYPE a><a/>") == {}


def test_the_text_layer_of_an_attached_pdf_is_read(samples: dict[str, Path]) -> None:
    data = with_file(samples, "plan.pdf", pdf_saying("Gaubenblech", "Seite zwei"))

    found = texts(read_invoice(data), data, data)

    assert found["plan.pdf"].split() == ["Gaubenblech", "Seite", "zwei"]


def test_a_pdf_is_a_part_beside_its_data_and_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = pdf_saying("Nur auf Papier")

    assert texts(None, None, original) == {"PDF": "Nur auf Papier"}
    monkeypatch.setattr("laufzettel.einvoice.fulltext.read_text", pytest.fail)
    assert texts(None, None, original, picture="schon gelesen") == {"PDF": "schon gelesen"}


def test_an_invoice_read_before_is_not_read_again(
    samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = samples["gut.xml"].read_bytes()
    expected = of_original(data)
    invoice, tree = read_invoice(data), safe_xml.parse(data)
    monkeypatch.setattr("laufzettel.einvoice.fulltext.embedded_files", pytest.fail)

    assert texts(invoice, data, data, tree=tree) == expected


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7 kaputt", b"\x00" * 500, b"MZ\x00\x00", b"<html><b>x</b>", b"\x89PNG\r\n\x1a\n"],
    ids=["broken pdf", "zeros", "program", "web page", "picture"],
)
def test_what_cannot_be_read_has_no_text_and_hurts_nobody(
    samples: dict[str, Path], data: bytes
) -> None:
    xml = with_file(samples, "datei.csv", data)

    assert list(texts(read_invoice(xml), xml, xml)) == [""]


def test_a_long_file_is_cut(samples: dict[str, Path]) -> None:
    xml = with_file(samples, "lang.txt", "ä".encode() * 300_000)

    assert texts(read_invoice(xml), xml, xml)["lang.txt"] == "ä" * TEXT_MAX


def test_files_behind_the_time_are_left_out(
    samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("laufzettel.einvoice.fulltext.TIME_MAX_S", -1)
    data = samples["gut.xml"].read_bytes()

    assert list(texts(read_invoice(data), data, data)) == [""]

"""The Sichtkopie: the view as PDF/A-3b, with the original in it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from pypdf import PdfReader

from laufzettel import pdf
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Report, Verdict
from laufzettel.einvoice.view import copy_css, copy_html

REPORT = Report(verdict=Verdict.ACCEPTED, rule_set="regeln-1")


@pytest.fixture(scope="module")
def original(samples: dict[str, Path]) -> bytes:
    return samples["gut.xml"].read_bytes()


@pytest.fixture(scope="module")
def drawn(original: bytes) -> PdfReader:
    page = copy_html(
        read_invoice(original), report=REPORT, original_sha256=hashlib.sha256(original).hexdigest()
    )
    enclosed = pdf.Attachment(
        name="rechnung.xml",
        data=original,
        changed_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        relationship=pdf.Relationship.SOURCE,
    )
    try:
        data = pdf.render(page, css=copy_css(), attachments=[enclosed])
    except pdf.PdfUnavailableError as error:
        pytest.skip(str(error))
    return PdfReader(BytesIO(data))


def test_the_original_lies_in_it_byte_by_byte(drawn: PdfReader, original: bytes) -> None:
    assert drawn.attachments == {"rechnung.xml": [original]}


def test_it_says_what_it_is(drawn: PdfReader) -> None:
    catalog: Any = drawn.root_object
    metadata = catalog["/Metadata"].get_data().decode()

    assert 'pdfaid:part="3" pdfaid:conformance="B"' in metadata
    assert "Sichtkopie der Rechnung TB-2026-1187" in metadata
    assert catalog["/Lang"] == "de"


def test_every_page_names_the_invoice_the_original_and_its_number(
    drawn: PdfReader, original: bytes
) -> None:
    texts = [" ".join(page.extract_text().split()) for page in drawn.pages]

    assert len(texts) == 2
    for number, text in enumerate(texts, 1):
        assert "Rechnung TB-2026-1187" in text
        assert f"Original SHA-256 {hashlib.sha256(original).hexdigest()}" in text
        assert f"Seite {number} von 2" in text


def test_it_shows_what_the_page_shows(original: bytes) -> None:
    page: html.HtmlElement = html.document_fromstring(
        copy_html(read_invoice(original), report=REPORT, original_sha256="ab" * 32)
    )

    assert [each.tag for each in page.iter("h1", "h2")] == ["h1", "h2"]
    assert "17.879,62 €" in page.text_content()


def test_an_english_copy_says_so_and_counts_in_english(original: bytes) -> None:
    page = copy_html(read_invoice(original), report=None, original_sha256="ab" * 32, language="en")

    assert '<html lang="en">' in page
    assert "<title>Viewing copy of invoice TB-2026-1187</title>" in page
    assert '"Page " counter(page) " of " counter(pages)' in copy_css()

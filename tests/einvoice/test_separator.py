"""Separator sheets: printed in earnest, and known again on every way through a scanner."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from PIL import Image, ImageFilter
from tests.einvoice.scans import scan

from laufzettel.einvoice.pages import look
from laufzettel.einvoice.pdf import read_text
from laufzettel.einvoice.separator import PAYLOAD, divide, is_separator, sheets_css, sheets_html
from laufzettel.pdf import render


@pytest.fixture(scope="module")
def printed() -> bytes:
    """Two sheets as the printer makes them."""
    return render(sheets_html(2), css=sheets_css())


def through_scanner(data: bytes, *, turned: float = 0, grey: int = 255) -> Image.Image:
    """Return the first sheet as a worn scanner sees it: askew, blurred, on grey paper."""
    drawn = pypdfium2.PdfDocument(data)[0].render(scale=200 / 72, grayscale=True)
    sheet: Image.Image = drawn.to_pil()
    worn = sheet.filter(ImageFilter.GaussianBlur(1.5)).point(lambda value: value * grey // 255)
    return worn.rotate(turned, fillcolor=grey)


def test_a_printed_sheet_is_one_page_with_its_code_and_says_what_it_is(printed: bytes) -> None:
    pages = look(printed)

    assert [page.codes for page in pages] == [(PAYLOAD,), (PAYLOAD,)]
    assert "Trennblatt" in read_text(printed) and "Vor jede Rechnung" in read_text(printed)


@pytest.mark.parametrize("turned", [0, 180, 90, 4, -7])
def test_it_is_known_again_whichever_way_it_lay(printed: bytes, turned: float) -> None:
    (page,) = look(scan(through_scanner(printed, turned=turned, grey=210)))

    assert is_separator(page)


def test_a_torn_sheet_is_still_known(printed: bytes) -> None:
    sheet = through_scanner(printed)
    sheet.paste(255, (1000, 1030, 1654, 1500))

    (page,) = look(scan(sheet))

    assert is_separator(page)


def test_sheets_alone_divide_nothing(printed: bytes) -> None:
    assert divide(look(printed)) == ()


def test_the_same_sheets_are_the_same_bytes(printed: bytes) -> None:
    assert render(sheets_html(2), css=sheets_css()) == printed
    assert io.BytesIO(printed).read(5) == b"%PDF-"

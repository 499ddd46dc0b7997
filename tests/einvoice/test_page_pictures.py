"""Pages of a foreign PDF as pictures: drawn in a process with limits, nothing of them run."""

from __future__ import annotations

import io

import pypdf
import pytest
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from tests.einvoice.test_fulltext import pdf_saying

from laufzettel.einvoice.pdf import SIZE_MAX, PdfError, page_picture


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height of a picture."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        return picture.size


def blank(width: float, height: float) -> bytes:
    """Return a PDF with one empty page of that size, in points."""
    writer, target = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=width, height=height)
    writer.write(target)
    return target.getvalue()


def test_each_page_is_drawn_and_the_number_of_all_is_known() -> None:
    data = pdf_saying("Erste Seite", "Zweite Seite")

    first, second = page_picture(data, 1), page_picture(data, 2)

    assert (first.pages, second.pages) == (2, 2)
    assert size_of(first.png) == (1240, 1755)
    assert first.png != second.png


@pytest.mark.parametrize("number", [0, 3, -1])
def test_a_page_that_there_is_not_is_refused(number: int) -> None:
    with pytest.raises(PdfError, match="oder sie hat diese Seite nicht"):
        page_picture(pdf_saying("a", "b"), number)


@pytest.mark.parametrize(
    ("width", "height", "most"), [(14_400, 14_400, (1240, 1240)), (10, 14_400, (1240, 4000))]
)
def test_a_page_of_any_size_is_a_picture_of_a_bounded_one(
    width: float, height: float, most: tuple[int, int]
) -> None:
    drawn = size_of(page_picture(blank(width, height), 1).png)

    assert drawn[0] <= most[0] + 1 and drawn[1] <= most[1] + 1


def encrypted() -> bytes:
    """Return a PDF that nobody opens without its password."""
    writer, target = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.encrypt("geheim", algorithm="RC4-128")
    writer.write(target)
    return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7 kaputt", b"<Invoice/>", encrypted(), pdf_saying("a")[:300]],
    ids=["empty", "broken", "xml", "encrypted", "cut"],
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(PdfError, match="lässt sich nicht zeichnen"):
        page_picture(data, 1)


def test_what_is_too_large_is_not_even_started() -> None:
    with pytest.raises(PdfError, match="geöffnet werden höchstens"):
        page_picture(b"%PDF-" + b" " * SIZE_MAX, 1)


def test_a_script_in_the_pdf_is_not_run() -> None:
    writer, target = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("while (true) {}")}
    action = DictionaryObject({NameObject(key): value for key, value in script.items()})
    writer.root_object[NameObject("/OpenAction")] = action
    writer.write(target)

    assert page_picture(target.getvalue(), 1).pages == 1

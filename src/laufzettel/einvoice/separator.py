"""Separator sheets: printed by us, laid before each invoice of a stack, found again by their code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import zxingcpp

from laufzettel.einvoice.pages import Look

#: What the code on a sheet says; a sheet that was printed once separates for ever.
PAYLOAD: Final = b"LAUFZETTEL:TRENNBLATT:1"

#: First and last page of an invoice in a stack, counted from 1.
Span = tuple[int, int]


def is_separator(page: Look) -> bool:
    """Say whether the page is a separator sheet."""
    return PAYLOAD in page.codes


def divide(pages: Sequence[Look]) -> tuple[Span, ...]:
    """Return the invoices between the sheets; none where there is no sheet, or nothing else.

    A blank page behind a sheet is its back. Other blank pages belong to the invoice that they
    lie in.

    >>> sheet, page = Look(number=0, codes=(PAYLOAD,), is_blank=False), Look(number=0, codes=(), is_blank=False)
    >>> back = Look(number=0, codes=(), is_blank=True)
    >>> divide([sheet, back, page, back, sheet, page, page, sheet])
    ((3, 4), (6, 7))
    >>> divide([page, page])
    ()
    """
    if not any(is_separator(page) for page in pages):
        return ()
    return tuple(_spans(pages))


def _spans(pages: Sequence[Look]) -> Iterator[Span]:
    first = 0
    for number, page in enumerate(pages, 1):
        if is_separator(page):
            if first:
                yield first, number - 1
            first = 0
        elif not first and not page.is_blank:
            first = number
    if first:
        yield first, len(pages)


def content_of(pages: Iterable[Look]) -> frozenset[int]:
    """Return the numbers of the pages on which something stands that belongs to an invoice."""
    return frozenset(one.number for one in pages if not one.is_blank and not is_separator(one))


def sheets_html(number: int = 1) -> str:
    """Return so many sheets as a document for the printer, a page each."""
    return _DOCUMENT.format(sheets=_SHEET.format(code=code_svg()) * number)


@cache
def code_svg() -> str:
    """Return the code of a sheet as a picture within a page; readable with a third of it lost."""
    barcode = zxingcpp.create_barcode(PAYLOAD, zxingcpp.BarcodeFormat.QRCode, ec_level="30%")
    svg = str(barcode.to_svg(add_quiet_zones=True))
    return svg[svg.index("<svg") :]


def sheets_css() -> str:
    """Return the style sheet of ``sheets_html``."""
    return _CSS


_DOCUMENT: Final = """<!doctype html><html lang="de"><head><meta charset="utf-8">\
<title>Trennblatt</title></head><body>{sheets}</body></html>"""
_SHEET: Final = """<section><h1>Trennblatt</h1>
<figure role="img" aria-label="Code, an dem das Trennblatt erkannt wird">{code}</figure>
<p><strong>Vor jede Rechnung eines Stapels legen</strong> und den Stapel als eine PDF-Datei scannen.</p>
<p>Die bedruckte Seite wird mitgescannt; ob das Blatt schräg oder auf dem Kopf liegt, ist gleich. Die
Rückseite bleibt leer. Das Blatt gehört zu keiner Rechnung und lässt sich immer wieder verwenden.</p></section>"""
_CSS: Final = """@page { size: A4; margin: 20mm }
body { font-family: "DejaVu Sans", sans-serif; font-size: 13pt; line-height: 1.4; color: #000 }
section { text-align: center; page-break-after: always }
section:last-child { page-break-after: auto }
h1 { font-size: 34pt; margin: 0 0 10mm }
figure { margin: 0 auto 10mm; width: 120mm; height: 120mm }
figure svg { width: 120mm; height: 120mm }
p { margin: 0 auto 4mm; max-width: 140mm }"""

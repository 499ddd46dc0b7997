"""The process that looks at pages of a foreign PDF: what codes are on them, and which are blank.

Started by pages.py. Reads the PDF from standard input; writes one JSON object with the number of
all pages and what was seen on those from the first argument to the second, both counted from 1.
With a third, ``blank``, it looks only for pages with nothing on them, which is quick.
"""

from __future__ import annotations

import base64
import json
import logging
import sys
from typing import Any, Final

import pypdfium2
import zxingcpp
from PIL import Image

from laufzettel.einvoice.bounds import bound
from laufzettel.einvoice.frames import write_frame

#: Width and longest height of the picture that is searched: A4 at 220 dpi, so that the 69 modules of
#: the largest EPC-QR code, printed two centimetres wide, have two and a half pixels each.
WIDTH: Final = 1820
HEIGHT_MAX: Final = 5000
#: Codes of one page that are handed on, and bytes of one (QR version 40 holds 2,953).
CODES_MAX: Final = 20
BYTES_MAX: Final = 3000
#: A page is blank where hardly a point of it is dark, seen at 110 dpi. Holes punched into the margin
#: and the shadow of an edge do not count.
_DARK: Final = 128
_DARK_MAX: Final = 8
_QR: Final = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
_MARGIN_X, _MARGIN_Y = 0.08, 0.03


def look(data: bytes, first: int, last: int, *, is_quick: bool = False) -> dict[str, Any]:
    """Return what is seen on the pages; raises whatever PDFium does."""
    document = pypdfium2.PdfDocument(data)
    numbers = range(first, min(last, len(document)) + 1)
    return {"pages": len(document), "looks": [_look(document[n - 1], is_quick) for n in numbers]}


def _look(page: Any, is_quick: bool) -> dict[str, Any]:
    width, height = page.get_size()
    scale = min(WIDTH / width, HEIGHT_MAX / height) / (2 if is_quick else 1)
    picture = page.render(scale=scale, may_draw_forms=False, grayscale=True).to_pil().convert("L")
    if is_quick:
        return {"codes": [], "blank": is_blank(picture)}
    small = picture.reduce(2) if min(picture.size) > 2 else picture
    return {"codes": codes(picture), "blank": is_blank(small)}


def codes(picture: Image.Image) -> list[str]:
    """Return the content of every QR code on the picture, in base64."""
    found = zxingcpp.read_barcodes(picture, formats=_QR)
    contents = [code.bytes[:BYTES_MAX] for code in found if code.valid][:CODES_MAX]
    return [base64.b64encode(content).decode() for content in contents]


def is_blank(picture: Image.Image) -> bool:
    """Say whether there is nothing to see on a picture of 110 dpi; in doubt there is."""
    width, height = picture.size
    aside, above = int(width * _MARGIN_X), int(height * _MARGIN_Y)
    inner = picture.crop((aside, above, width - aside, height - above))
    return sum(inner.histogram()[:_DARK]) <= _DARK_MAX


def main(arguments: list[str]) -> None:
    """Answer the one PDF on standard input."""
    bound()
    logging.disable()
    try:
        first, last = map(int, arguments[:2])
        seen = look(sys.stdin.buffer.read(), first, last, is_quick=arguments[2:] == ["blank"])
    # PDFium refuses broken and encrypted files, Pillow and Python what is too large.
    except Exception:  # noqa: BLE001
        return
    write_frame(sys.stdout.buffer, json.dumps(seen).encode())


if __name__ == "__main__":
    main(sys.argv[1:])

"""The process that draws a page of a foreign PDF as a picture; started by pdf.py.

Reads the PDF from standard input; writes a JSON object with the number of its pages and the page
as PNG, or nothing where it cannot be drawn. The arguments are the number of the page, from 1, and
how many pixels wide the picture is to be.
Scripts, forms and links of the PDF are never run: PDFium draws, no more.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Final

import pypdfium2

from laufzettel.einvoice.bounds import bound
from laufzettel.einvoice.frames import write_frame

#: Longest height of a picture, by its width: an A4 page is half again as high as it is wide.
HEIGHT_MAX: Final = 4000 / 1240


def draw(data: bytes, number: int, wide: int) -> tuple[int, bytes]:
    """Return how many pages there are, and the page; raises whatever PDFium does."""
    document = pypdfium2.PdfDocument(data)
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(wide / width, wide * HEIGHT_MAX / height)
    picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    written = io.BytesIO()
    picture.convert("RGB").save(written, "PNG")
    return len(document), written.getvalue()


def main(arguments: list[str]) -> None:
    """Answer the one PDF on standard input."""
    bound()
    logging.disable()
    try:
        pages, picture = draw(sys.stdin.buffer.read(), *map(int, arguments))
    # PDFium refuses broken and encrypted files and pages that there are not, Pillow and Python
    # what is too large: none of them can be drawn.
    except Exception:  # noqa: BLE001
        return
    write_frame(sys.stdout.buffer, json.dumps({"pages": pages}).encode())
    write_frame(sys.stdout.buffer, picture)


if __name__ == "__main__":
    main(sys.argv[1:])

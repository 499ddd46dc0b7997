"""The process that takes pages out of a foreign PDF as a PDF of their own; started by cutting.py.

Reads the PDF from standard input; the first argument is a JSON list of pages, counted from 1, the
second a line that is written into the new file. What acts by itself in the PDF is not taken along.
"""

from __future__ import annotations

import json
import logging
import sys
from io import BytesIO

from pypdf import PdfReader, PdfWriter

from laufzettel.einvoice.frames import write_frame
from laufzettel.einvoice.pdf_child import limit


def cut(data: bytes, pages: list[int], mark: str) -> bytes:
    """Return the pages as a PDF; the same again is the same bytes. Raises whatever pypdf does."""
    reader, writer, target = PdfReader(BytesIO(data)), PdfWriter(), BytesIO()
    for number in pages:
        page = writer.add_page(reader.pages[number - 1])
        # Buttons, links and what runs when a page is opened; what is printed is in the content.
        for key in ("/Annots", "/AA"):
            page.pop(key, None)
    writer.add_metadata({"/Subject": mark})
    writer.write(target)
    return target.getvalue()


def main(arguments: list[str]) -> None:
    """Answer the one PDF on standard input."""
    limit()
    logging.disable()
    try:
        made = cut(sys.stdin.buffer.read(), json.loads(arguments[0]), arguments[1])
    # pypdf raises errors of a dozen classes, RecursionError and MemoryError among them.
    except Exception:  # noqa: BLE001
        return
    write_frame(sys.stdout.buffer, made)


if __name__ == "__main__":
    main(sys.argv[1:])

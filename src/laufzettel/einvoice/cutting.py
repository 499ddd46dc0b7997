"""Taking pages out of a PDF, in a process with limits."""

from __future__ import annotations

import json
from collections.abc import Sequence

from laufzettel.einvoice.frames import read_frame
from laufzettel.einvoice.pdf import TOO_MUCH, PdfError, ask


def cut(pdf: bytes, pages: Sequence[int], *, mark: str) -> bytes:
    """Return these pages, counted from 1, as a PDF of their own with a line that marks it.

    The same call gives the same bytes. Raises SlowPdfError, or PdfError for what cannot be read.
    """
    answer = ask(pdf, json.dumps(list(pages)), mark, module="laufzettel.einvoice.cut_child")
    made = read_frame(answer)
    if made is None:
        raise PdfError(TOO_MUCH)
    return made

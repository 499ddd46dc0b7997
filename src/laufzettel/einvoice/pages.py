"""What is to be seen on the pages of a plain PDF: the codes on them, and which are blank."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Final

from laufzettel.einvoice.frames import read_frame
from laufzettel.einvoice.pdf import TOO_MUCH, PdfError, ask

#: So many pages are looked at by one process, within its limits of time.
PORTION: Final = 15
#: A longer PDF is looked at no further.
PAGES_MAX: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A page as it was seen."""

    number: int  # from 1
    codes: tuple[bytes, ...]  # content of the QR codes
    is_blank: bool  # nothing to see but margins


def look(pdf: bytes, *, most: int = PAGES_MAX) -> tuple[Look, ...]:
    """Return every page as it was seen, the first ``most``; nothing of the PDF is run.

    Raises SlowPdfError, or PdfError for what cannot be drawn.
    """
    seen: list[Look] = []
    pages = 1
    while len(seen) < min(pages, most):
        first = len(seen) + 1
        last = min(first + PORTION - 1, most)
        pages, found = _portion(pdf, first, last)
        if not found:
            break
        seen += found
    return tuple(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a page of ours needs to know of a PDF before it shows it."""

    pages: int  # of the whole
    shown: tuple[int, ...]  # the first ones on which something stands, counted from 1
    blank: tuple[int, ...]  # those between them with nothing on them: the backs of sheets


def outline(pdf: bytes, *, most: int) -> Outline:
    """Return which of the first ``most`` pages are worth looking at; where none is, all are.

    Raises as ``look``.
    """
    pages, looks = _portion(pdf, 1, most, "blank")
    shown = tuple(one.number for one in looks if not one.is_blank)
    blank = tuple(one.number for one in looks if one.is_blank)
    return Outline(pages=pages, shown=shown or blank, blank=blank if shown else ())


def _portion(pdf: bytes, first: int, last: int, *how: str) -> tuple[int, list[Look]]:
    module = "laufzettel.einvoice.looks_child"
    answer = read_frame(ask(pdf, str(first), str(last), *how, module=module))
    if answer is None:
        raise PdfError(TOO_MUCH)
    read = json.loads(answer)
    looks = [
        Look(
            number=number,
            codes=tuple(base64.b64decode(code) for code in one["codes"]),
            is_blank=one["blank"],
        )
        for number, one in enumerate(read["looks"], first)
    ]
    return read["pages"], looks

"""Which files of a mail are invoices: by what they hold, never by their names alone.

An E-invoice beside a PDF makes the PDF an enclosure: it is the copy for the eye, or terms of
delivery. A PDF alone is the invoice. Where several could be it, a person says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from laufzettel.connectors.intake.mime import Mail, Part
from laufzettel.einvoice.detect import Detected, Kind, detect
from laufzettel.einvoice.report import Verdict

_STRUCTURED: Final = frozenset({Kind.UBL, Kind.CII, Kind.PDF_WITH_XML})
#: What hides other files; it is not opened by itself.
_PACKED: Final = (b"PK\x03\x04", b"7z\xbc\xaf'\x1c", b"Rar!", b"\x1f\x8b", b"\x78\x9f\x3e\x22")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A file that is no invoice, and what it is taken for."""

    part: Part
    what: str  # German


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """The files of a mail."""

    invoices: tuple[Part, ...] = ()
    noted: tuple[Noted, ...] = ()
    problem: str = ""  # German; why a person must look at the mail


def sort(mail: Mail) -> Sorted:
    """Return what of the mail is an invoice.

    >>> logo = Part(name="logo.png", media_type="image/png", data=b"PNG")
    >>> sort(Mail(digest="", parts=(logo,))).problem
    'Die Mail enthält keine Rechnung.'
    """
    if mail.problem:
        return Sorted(problem=mail.problem)
    found = [(part, _look(part)) for part in mail.parts]
    invoices = tuple(part for part, what in found if what == _INVOICE)
    plain = tuple(part for part, what in found if what == _PDF)
    if not invoices and len(plain) == 1:
        invoices, plain = plain, ()
    chosen = {id(part) for part in invoices}
    noted = tuple(Noted(part=part, what=what) for part, what in found if id(part) not in chosen)
    return Sorted(
        invoices=invoices, noted=noted, problem="" if invoices else _why(noted, len(plain))
    )


_INVOICE: Final = "Rechnung"
_PDF: Final = "PDF ohne E-Rechnung"
_PACKED_FILE: Final = "gepackte Datei"
_ENCLOSURE: Final = "Beilage"


def _why(noted: tuple[Noted, ...], plain: int) -> str:
    if plain > 1:
        return f"Die Mail enthält {plain} PDF-Dateien ohne E-Rechnung; offen ist, welche gilt."
    if any(one.what == _PACKED_FILE for one in noted):
        return "Die Mail enthält nur eine gepackte Datei; sie wird nicht von selbst geöffnet."
    return "Die Mail enthält keine Rechnung."


def _look(part: Part) -> str:
    """Return what the file is, in German."""
    if part.data.startswith(_PACKED):
        return _PACKED_FILE
    is_pdf = b"%PDF-" in part.data[:1024]
    if not is_pdf and not _may_be_xml(part.data):
        return _ENCLOSURE
    found = detect(part.data)
    if found.kind in _STRUCTURED:
        return _INVOICE
    if found.kind is Kind.PDF:
        return _PDF if _is_plain(found) else _INVOICE
    return _INVOICE if _claims_to_be(part) and found.problem is not None else _ENCLOSURE


def _is_plain(found: Detected) -> bool:
    """Say whether the PDF could be read and holds no E-invoice; what is unclear is examined."""
    return found.problem is not None and found.problem.verdict is Verdict.UNCHECKED


def _may_be_xml(data: bytes) -> bool:
    start = data[:200].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return start.startswith(b"<")


def _claims_to_be(part: Part) -> bool:
    """Say whether the sender calls it XML: one that is damaged goes back with reasons."""
    return part.name.lower().endswith(".xml") or part.media_type in {
        "application/xml",
        "text/xml",
    }

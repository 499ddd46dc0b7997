"""What is taken in at all: told by size and first bytes, before anything is parsed.

Whatever may be an invoice is taken, XML and PDF alike, and judged later by somebody who can read
it. What surely is none is refused while the person or program that sends it is still there and
can send the right thing. Names and declared types are not believed.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Final

from laufzettel.einvoice.attachments import sniff
from laufzettel.spool import Content, head_of, size_of

#: As far as the beginning of a PDF may be from the beginning of its file (ISO 32000-1, Annex H).
_PDF_WITHIN: Final = 1024
_HEAD: Final = 512
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WEB: Final = ("<!doctype html", "<html", "<head", "<body", "<script", "<svg")
#: How a stored mail begins (RFC 5322, trace and common fields).
_MAIL: Final = ("return-path:", "received:", "delivered-to:", "from:", "mime-version:", "date:")
_IMAGES: Final = (b"II*\x00", b"MM\x00*", b"GIF8", b"BM")
_OLE: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a file is not taken in, and what to do, both as German sentences."""

    why_de: str
    remedy_de: str


_EMPTY: Final = Obstacle(
    why_de="Die Datei ist leer.",
    remedy_de="Bitte die Datei noch einmal beim Absender holen; vermutlich ist sie beim Speichern "
    "oder Übertragen abgebrochen.",
)
_IMAGE: Final = Obstacle(
    why_de="Das ist ein Bild, keine Rechnung als XML oder PDF.",
    remedy_de="Bitte als PDF scannen oder als PDF speichern und dieses senden.",
)
_ARCHIVE: Final = Obstacle(
    why_de="Das ist ein ZIP-Archiv oder ein Office-Dokument (Word, Excel).",
    remedy_de="Ein Archiv bitte auspacken und die Rechnungen darin einzeln senden. Für ein "
    "Office-Dokument bitte den Lieferanten um eine E-Rechnung (XML) oder ein PDF bitten.",
)
_OFFICE: Final = Obstacle(
    why_de="Das ist ein Office-Dokument oder eine Outlook-Nachricht.",
    remedy_de="Bei einer Nachricht bitte die Anlage speichern und diese senden; sonst den "
    "Lieferanten um eine E-Rechnung (XML) oder ein PDF bitten.",
)
_WEB_PAGE: Final = Obstacle(
    why_de="Das ist eine Webseite, keine Rechnung.",
    remedy_de="Bitte im Portal des Lieferanten die Rechnung selbst herunterladen, als XML oder PDF.",
)
_MESSAGE: Final = Obstacle(
    why_de="Das ist eine E-Mail, keine Rechnung.",
    remedy_de="Bitte die Anlage der E-Mail speichern und diese senden.",
)
_UNKNOWN: Final = Obstacle(
    why_de="Das ist weder XML noch PDF; andere Dateien werden nicht als Rechnung angenommen.",
    remedy_de="Bitte prüfen, ob es die richtige Datei ist, und den Lieferanten sonst um eine "
    "E-Rechnung (XML) oder ein PDF bitten.",
)


def too_large(size: int, *, size_max: int) -> Obstacle | None:
    """Return why a file of that many bytes is not taken in, None if it is.

    >>> too_large(50 * 1024 * 1024 + 1, size_max=50 * 1024 * 1024).why_de
    'Die Datei ist 50,1 MB groß; angenommen werden höchstens 50 MB.'
    """
    if size <= size_max:
        return None
    tenths = -(-size * 10 // (1024 * 1024))  # rounded up: what is too large never looks allowed
    return Obstacle(
        why_de=f"Die Datei ist {tenths // 10},{tenths % 10} MB groß; angenommen werden höchstens "
        f"{size_max // (1024 * 1024)} MB.",
        remedy_de="Bitte den Lieferanten um eine kleinere Datei bitten, große Anlagen getrennt.",
    )


def obstacle(content: Content, *, size_max: int) -> Obstacle | None:
    """Return why a file is not taken in as an invoice, None where it may be one.

    Its size and its beginning say so; nothing else of it is read.

    >>> obstacle(b"%PDF-1.7 ...", size_max=100) is obstacle(b"<Invoice/>", size_max=100) is None
    True
    >>> obstacle(b"", size_max=100).why_de
    'Die Datei ist leer.'
    """
    data = head_of(content)
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):  # a mark of its encoding at most
        return _EMPTY
    if (large := too_large(size_of(content), size_max=size_max)) is not None:
        return large
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return None
    text = _beginning(data)
    if text.startswith("<"):
        return _WEB_PAGE if text.startswith(_WEB) else None
    return _named(data, text)


def _beginning(data: bytes) -> str:
    """Return the first characters in small letters, whatever the file is."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) : _HEAD].decode(encoding, "replace").lstrip().lower()
    # UTF-16 without a mark: every other byte of an ASCII character is zero (XML 1.0, F.1).
    return data[:_HEAD].replace(b"\x00", b"").decode("latin-1").lstrip().lower()


def _named(data: bytes, text: str) -> Obstacle:
    """Return the obstacle that says most about what the file is instead."""
    kind = sniff(data)
    if kind.startswith("image/") or data.startswith(_IMAGES):
        return _IMAGE
    if kind == "application/zip":
        return _ARCHIVE
    if data.startswith(_OLE):
        return _OFFICE
    return _MESSAGE if text.startswith(_MAIL) else _UNKNOWN

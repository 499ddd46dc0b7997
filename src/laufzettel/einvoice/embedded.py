"""Files inside an original, as values that a page can list and hand out safely.

Embedded documents of the XML (BG-24) and files inside a ZUGFeRD PDF. What a sender writes as
name or type is never believed: names lose everything that is a path or invisible, types come
from a short list and must fit the first bytes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from lxml import etree

from laufzettel.einvoice.attachments import contents, sniff
from laufzettel.einvoice.detect import detect
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.node import InvoiceReadError
from laufzettel.einvoice.pdf import PdfError, open_files
from laufzettel.einvoice.read import is_invoice, read_tree

#: What any file is that is not surely of the list.
OTHER: Final = "application/octet-stream"
#: Ending of a name -> type; the types of BT-125, plain text and XML.
_TYPES: Final = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xml": "application/xml",
    "txt": "text/plain",
}
_ALIASES: Final = {"text/xml": "application/xml", "image/jpg": "image/jpeg"}
#: What the first bytes of a type must show; nothing for text.
_SNIFFED: Final = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "application/zip",
    "application/vnd.oasis.opendocument.spreadsheet": "application/zip",
    "text/csv": "",
    "text/plain": "",
}
_NAME_MAX: Final = 100
_ENDING_MAX: Final = 10
#: What some system takes for more than a letter of a name.
_SPECIAL: Final = re.compile(r'[<>:"|?*%;\\/]')


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """One file inside an original."""

    index: int  # for BG-24 that of ``Invoice.attachments``; files of a PDF follow them
    name: str  # fit for a header and a disk; never a path
    media_type: str  # of the list, or OTHER
    size: int
    sha256: str
    data: bytes


def embedded_files(original: bytes) -> tuple[EmbeddedFile, ...]:
    """Return every file inside an original, within the limits of reading invoices.

    Never raises for whatever bytes it is given: of what cannot be read nothing is handed out.
    The invoice itself is not among the files of a PDF.

    >>> embedded_files(b"Sehr geehrte Damen und Herren")
    ()
    """
    found = detect(original)
    own = _documents(found.tree) if found.tree is not None else ()
    if b"%PDF-" not in original[:1024]:
        return tuple(one for one in own if one is not None)
    listed = [one for one in own if one is not None]
    known = {found.xml, *(one.data for one in listed)}
    others = [(name, data) for name, data in _in_pdf(original) if data not in known]
    for index, (name, data) in enumerate(others, len(own)):
        listed.append(_file(index, name, "", data))
    return tuple(listed)


def documents_of(invoice: Invoice, root: etree._Element) -> tuple[EmbeddedFile, ...]:
    """Return the documents that lie in an invoice (BG-24), which was read from this tree."""
    return tuple(one for one in _of(invoice, root) if one is not None)


def _documents(root: etree._Element) -> tuple[EmbeddedFile | None, ...]:
    if not is_invoice(root):
        return ()
    try:
        return _of(read_tree(root), root)
    except InvoiceReadError:
        return ()


def _of(invoice: Invoice, root: etree._Element) -> tuple[EmbeddedFile | None, ...]:
    """Return the documents of BG-24 in their order; None for one that is only referred to."""
    if not invoice.attachments:
        return ()
    data_of = contents(root)
    named = ((one, data_of.get(one.sha256)) for one in invoice.attachments)
    return tuple(
        None if data is None else _file(index, one.name or one.reference, one.mime, data)
        for index, (one, data) in enumerate(named)
    )


def _in_pdf(original: bytes) -> list[tuple[str, bytes]]:
    try:
        return open_files(original)
    except PdfError:
        return []


def _file(index: int, name: str, declared: str, data: bytes) -> EmbeddedFile:
    clean = clean_name(name) or f"anlage-{index + 1}"
    return EmbeddedFile(
        index=index,
        name=clean,
        media_type=media_type(clean, declared, data),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def clean_name(name: str) -> str:
    r"""Return a name as a file may have it, ``""`` where nothing is left.

    >>> clean_name("..\\..\\etc/Aufmaß Straße\u202efdp.exe")
    'Aufmaß Straßefdp.exe'
    >>> clean_name("../..")
    ''
    """
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C" and not _is_break(c))
    plain = _SPECIAL.sub("_", " ".join(shown.split())).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > _ENDING_MAX:
        return plain[:_NAME_MAX].strip(" .")
    return f"{stem[: _NAME_MAX - len(ending) - 1].strip(' .')}.{ending}".lstrip(".")


def _is_break(char: str) -> bool:
    return unicodedata.category(char) in {"Zl", "Zp"}


def media_type(name: str, declared: str, data: bytes) -> str:
    """Return the type under which a file may be handed out.

    >>> media_type("a.pdf", "application/pdf", b"%PDF-1.7"), media_type("a.pdf", "", b"<html>")
    ('application/pdf', 'application/octet-stream')
    """
    named = _TYPES.get(name.rpartition(".")[2].lower(), OTHER)
    wanted = _ALIASES.get(declared, declared) or named
    if wanted not in _TYPES.values() or sniff(data) != _SNIFFED.get(wanted, wanted):
        return OTHER
    return wanted

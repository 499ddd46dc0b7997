"""The papers of an invoice as the pages show and hand them out.

Files from outside are handed out as what they are said to be only where the type is harmless;
nothing of theirs is ever shown as a page of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import orjson
from flask import Response

from laufzettel.documents.store import DocumentStore
from laufzettel.einvoice.embedded import EmbeddedFile, embedded_files
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.pages import outline
from laufzettel.einvoice.pdf import PdfError
from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Report
from laufzettel.einvoice.reports import Subject
from laufzettel.einvoice.view import copy_css, copy_html
from laufzettel.errors import InputError, LaufzettelError, NotFoundError
from laufzettel.pdf import Attachment, Printer, Relationship
from laufzettel.spool import OversizeError, gathered
from laufzettel.web.case.invoice_records import Document
from laufzettel.web.case.invoice_records import Invoice as Row
from laufzettel.web.i18n import gettext as _

#: Types that a browser may open beside the page; everything else is saved.
INLINE: Final = frozenset({"application/pdf"})
#: What a browser gets to hear; anything else is a file without a kind.
TYPES: Final = frozenset(
    {
        "application/pdf",
        "application/xml",
        "application/json",
        "image/png",
        "image/jpeg",
        "text/csv",
        "text/plain",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
    }
)
_SAVED: Final = "default-src 'none'; sandbox"
#: The browser's own viewer runs in no sandbox, is an object to itself, and styles itself.
_VIEWED: Final = (
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
#: Pages shown beside a form; the others are a link away.
BESIDE_MAX: Final = 5
#: So many are looked at for those; the backs of scanned sheets are mostly blank.
OUTLINED_MAX: Final = 10
_UNSAFE_NAME: Final = re.compile(r"[^\w.\- ()]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What can be shown of an invoice: its data and the outcome of its check."""

    invoice: Invoice | None
    report: Report | None
    xml: bytes | None
    problem: str = ""  # why the data cannot be shown


def load(store: DocumentStore, tenant: str, documents: Sequence[Document]) -> Papers:
    """Return the invoice as it was received, read anew from its original bytes.

    Where there is no original there is no invoice either, and nothing wrong with that.
    """
    report = _report(store, tenant, documents)
    source = _structured(documents)
    if source is None:
        return Papers(
            invoice=None,
            report=report,
            xml=None,
            problem=_(
                "Zu dieser Rechnung liegen keine strukturierten Daten vor; es gilt das Original."
            )
            if any(each.kind == "original" for each in documents)
            else "",
        )
    xml = None
    try:
        xml = store.get(source.sha256, tenant=tenant)
        return Papers(invoice=read_invoice(xml), report=report, xml=xml)
    except LaufzettelError as error:
        return Papers(invoice=None, report=report, xml=xml, problem=str(error))


def report_of(shown: Papers, received: Row, documents: Sequence[Document]) -> Subject:
    """Return what the report of the check is about; NotFoundError where nothing was checked."""
    found = next((each for each in documents if each.kind == "report"), None)
    original = next((each for each in documents if each.kind == "original"), None)
    if found is None or shown.report is None:
        raise NotFoundError(_("Diese Rechnung ist noch nicht geprüft."))
    return Subject(
        report=shown.report,
        file=original.file_name if original else "",
        sha256=received.sha256,
        checked_at=found.stored_at,
        invoice=shown.invoice,
        receipt_no=received.receipt_no,
    )


def _structured(documents: Sequence[Document]) -> Document | None:
    """Return the document that holds the invoice's XML: taken from a PDF, else the original."""
    by_kind = {document.kind: document for document in documents}
    original = by_kind.get("original")
    if "xml" in by_kind:
        return by_kind["xml"]
    return original if original and original.media_type == "application/xml" else None


def _report(store: DocumentStore, tenant: str, documents: Sequence[Document]) -> Report | None:
    found = next((each for each in documents if each.kind == "report"), None)
    if found is None:
        return None
    return Report.from_dict(orjson.loads(store.get(found.sha256, tenant=tenant)))


def download(data: bytes, *, name: str, media_type: str, inline: bool = False) -> Response:
    """Return the bytes as a file that can do nothing in the name of these pages."""
    kind = media_type if media_type in TYPES else "application/octet-stream"
    response = Response(data, content_type=kind)
    place = "inline" if inline and kind in INLINE else "attachment"
    plain = clean_name(name)
    response.headers["Content-Disposition"] = (
        f'{place}; filename="{plain.encode("ascii", "replace").decode().replace("?", "_")}"; '
        f"filename*=UTF-8''{quote(plain)}"
    )
    response.headers["Content-Security-Policy"] = _VIEWED if kind in INLINE else _SAVED
    return response


def streamed(
    portions: Iterable[bytes], *, name: str, media_type: str, inline: bool = False
) -> Response:
    """Return a document of the store the same way: checked whole before its first byte is sent."""
    stack = ExitStack()
    file = stack.enter_context(gathered(portions))
    response = download(b"", name=name, media_type=media_type, inline=inline)
    response.response = file.portions()
    response.content_length = file.size
    response.call_on_close(stack.close)
    return response


def pages_beside(
    store: DocumentStore, tenant: str, read: Papers, documents: Sequence[Document]
) -> tuple[int, ...]:
    """Return which pages of the original are shown beside a form, none where there are data."""
    found = pdf_original(documents)
    if read.invoice is not None or found is None:
        return ()
    try:
        data = store.get(found.sha256, tenant=tenant)
        return outline(data, most=OUTLINED_MAX).shown[:BESIDE_MAX]
    except (PdfError, OversizeError):
        return ()


def clean_name(name: str) -> str:
    """Return a file name without folders and without anything that a system could misread.

    >>> clean_name("../../etc/passwd"), clean_name('Aufmaß "1".pdf')
    ('etc_passwd', 'Aufmaß _1_.pdf')
    """
    plain = _UNSAFE_NAME.sub("_", name).strip("._ ")[:120]
    return plain or "datei"


def attachments(
    store: DocumentStore, tenant: str, documents: Sequence[Document]
) -> tuple[EmbeddedFile, ...]:
    """Return the files inside the original, in the order in which the view numbers them."""
    original = next((each for each in documents if each.kind == "original"), None)
    if original is None:
        return ()
    return embedded_files(store.get(original.sha256, tenant=tenant))


def pdf_original(documents: Sequence[Document]) -> Document | None:
    """Return the original if it is a PDF, whose pages can be drawn; of a Mahnung the paper."""
    originals = [each for each in documents if each.kind == "original"]
    papers = [each for each in documents if each.kind == "mail"]
    found = next(iter(originals or papers), None)
    return found if found is not None and found.media_type == "application/pdf" else None


def copy(printer: Printer, shown: Papers, received: Row) -> bytes:
    """Return the Sichtkopie of an invoice as a PDF/A with its data in it.

    Raises what the printer raises; InputError where there is no data to make a copy of.
    """
    if shown.invoice is None or shown.xml is None:
        raise InputError(shown.problem)
    data = Attachment(
        name="rechnungsdaten.xml",
        data=shown.xml,
        changed_at=received.received_at,
        relationship=Relationship.SOURCE,
        description=f"Rechnung {received.receipt_no}, wie eingegangen",
    )
    html = copy_html(shown.invoice, report=shown.report, original_sha256=received.sha256)
    return printer.print(html, copy_css(), [data])

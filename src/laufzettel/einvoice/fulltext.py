"""The text of an invoice and of its files, as far as a word may be looked for in it.

PDF files are read in a process of their own with limits (``pdf_child``). What cannot be read has
no text here: that is a matter of being found, never of being checked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from lxml import etree

from laufzettel.einvoice.attachments import sniff
from laufzettel.einvoice.detect import detect
from laufzettel.einvoice.embedded import clean_name, documents_of, embedded_files
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.node import InvoiceReadError
from laufzettel.einvoice.pdf import PdfError, open_files, read_text
from laufzettel.einvoice.read import is_invoice, read_tree

#: Characters of one part, and how many files of an invoice are read.
TEXT_MAX: Final = 100_000
FILES_MAX: Final = 10
#: All files of an invoice together, in seconds; those behind are left out.
TIME_MAX_S: Final = 20.0
#: Fields of an invoice that hold codes and digests, which nobody looks for, and accounts, which
#: the Auskunft knows by their end and shows to nobody.
_CODES: Final = frozenset(
    {"currency", "tax_currency", "type_code", "specification", "process", "unit", "base_unit"}
    | {"vat_category", "category", "country", "code", "mime", "sniffed", "sha256", "scheme"}
    | {"iban", "bic", "card_number", "debited_account", "mandate", "creditor_id"}
    | {"reason_code", "exemption_code", "tax_point_code", "parent_id"}
)
_PLAIN_ENDINGS: Final = ("txt", "csv", "xml")
#: What the text layer of a PDF original is called beside its data.
ORIGINAL: Final = "PDF"


def texts(
    invoice: Invoice | None,
    xml: bytes | None,
    original: bytes,
    *,
    tree: etree._Element | None = None,
    picture: str | None = None,
) -> dict[str, str]:
    """Return the texts by their part: "" is the invoice, the others are files. Never raises.

    ``tree`` is that of the XML, ``picture`` what the pages of a PDF original show, where somebody
    has read them already.
    """
    found = {"": text_of(invoice)} if invoice is not None else {}
    is_pdf = b"%PDF-" in original[:1024]
    if is_pdf:
        found[ORIGINAL] = (read_text(original) if picture is None else picture)[:TEXT_MAX]
    until = time.monotonic() + TIME_MAX_S
    for name, data in chain(_in_pdf(original, xml) if is_pdf else (), _in_xml(invoice, xml, tree)):
        if time.monotonic() > until or len(found) > FILES_MAX:
            break
        if name not in found:
            found[name] = _text_of_file(name, data)
    return {name: text for name, text in found.items() if text}


def of_original(original: bytes) -> dict[str, str]:
    """Return the texts of a file as it was received. Never raises."""
    found = detect(original)
    invoice = None
    if found.tree is not None and is_invoice(found.tree):
        with contextlib.suppress(InvoiceReadError):
            invoice = read_tree(found.tree)
    return texts(invoice, found.xml, original, tree=found.tree)


def text_of(invoice: Invoice) -> str:
    """Return every text that the invoice holds, each once, in the order of its fields."""
    return " · ".join(dict.fromkeys(_strings(invoice)))[:TEXT_MAX]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if text := " ".join(value.split()):
            yield text
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if field.name not in _CODES:
                yield from _strings(getattr(value, field.name))
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from _strings(one)
    else:
        assert value is None or isinstance(value, bool | int | Decimal | date)  # noqa: S101


def _in_pdf(pdf: bytes, xml: bytes | None) -> Iterator[tuple[str, bytes]]:
    try:
        inside = open_files(pdf)
    except PdfError:
        inside = []
    yield from ((clean_name(name), data) for name, data in inside if data != xml)


def _in_xml(
    invoice: Invoice | None, xml: bytes | None, tree: etree._Element | None
) -> Iterator[tuple[str, bytes]]:
    if invoice is not None and tree is not None:
        found = documents_of(invoice, tree)
    else:
        found = embedded_files(xml) if xml is not None else ()
    yield from ((one.name, one.data) for one in found)


def _text_of_file(name: str, data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return read_text(data)[:TEXT_MAX]
    is_plain = name.rpartition(".")[2].lower() in _PLAIN_ENDINGS and sniff(data) in (
        "",
        "application/xml",
    )
    if not is_plain or b"\x00" in data[:1024]:
        return ""
    head = data[: 4 * TEXT_MAX]
    try:
        return head.decode("utf-8", "strict" if len(data) == len(head) else "ignore")[:TEXT_MAX]
    except UnicodeDecodeError:
        return head.decode("latin-1")[:TEXT_MAX]

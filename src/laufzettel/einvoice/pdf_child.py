"""The process that opens a foreign PDF and hands out the invoice in it; started by pdf.py.

Reads the PDF from standard input; writes a JSON object and, where there is one, the invoice.
With the argument ``files`` it writes every other file in the PDF instead, with ``text`` what
its pages show as text.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from lxml import etree
from pypdf import PdfReader, overwrite_configuration
from pypdf.generic import ArrayObject, DictionaryObject, EmbeddedFile, StreamObject

from laufzettel import safe_xml
from laufzettel.einvoice.bounds import bound
from laufzettel.einvoice.frames import write_frame

#: The names that ZUGFeRD 1.0, 2.0, 2.1 and later and XRechnung give the invoice.
_KNOWN: Final = {"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"}
_ROOTS: Final = {"Invoice", "CreditNote", "CrossIndustryInvoice", "CrossIndustryDocument"}
#: All attachments together, unpacked; each single one may reach it, too.
_BUDGET: Final = safe_xml.SIZE_MAX
_XML_MAX: Final = 20
#: Most files of one PDF that are handed out.
FILES_MAX: Final = 200
#: So much of the text of a PDF is compared with its data.
_PAGES_MAX: Final = 50
_TEXT_MAX: Final = 500_000
#: Actions that run something; a plain /OpenAction only says where to open the document.
_ACTIONS: Final = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/URI", "/GoToR"}


def limit() -> None:
    """Bound what this process may use; files it may not write at all."""
    bound()
    overwrite_configuration(
        zlib_maximum_output_length=_BUDGET,
        lzw_maximum_output_length=_BUDGET,
        run_length_maximum_output_length=_BUDGET,
        brotli_maximum_output_length=_BUDGET,
        array_based_stream_maximum_output_length=_BUDGET,
    )


def inspect(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return what the PDF is (``state``, ``active``, ``names``) and the invoice in it."""
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        return {"state": "encrypted"}, b""
    answer: dict[str, Any] = {"active": _is_active(reader.root_object)}
    found = list(_xml_attachments(reader))
    if len(found) > _XML_MAX:
        return {**answer, "state": "ambiguous", "names": [name for name, _ in found[:5]]}, b""
    # The same bytes twice are no ambiguity, whatever their names.
    distinct = {content: name for name, content in _read(found)}
    invoices = [(name, content) for content, name in distinct.items() if _is_invoice(name, content)]
    answer["names"] = [name for name, _ in invoices]
    if len(invoices) > 1:
        return {**answer, "state": "ambiguous"}, b""
    if not invoices or answer["names"][0].casefold() not in _KNOWN:
        # A person is to read its pages: without any, or with a tree of them that has no end
        # (pypdf raises), it is as broken as a file that does not open.
        return {**answer, "state": "none" if len(reader.pages) else "broken"}, b""
    return {**answer, "state": "found"}, invoices[0][1]


def _is_active(catalog: DictionaryObject) -> bool:
    """Return whether the document acts by itself when it is opened, closed or printed."""
    opening, names = _entry(catalog, "/OpenAction"), _entry(catalog, "/Names")
    return "/AA" in catalog or "/JavaScript" in names or str(opening.get("/S", "")) in _ACTIONS


def _entry(catalog: DictionaryObject, key: str) -> DictionaryObject:
    value = catalog.get(key)
    value = value.get_object() if value is not None else None
    return value if isinstance(value, DictionaryObject) else DictionaryObject()


def files(data: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of every attachment, at most ``FILES_MAX``, equal ones once."""
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        return []
    found = [(names[0] or names[1], attached) for names, attached in _attachments(reader)]
    distinct = {content: name for name, content in _read(found[:FILES_MAX])}
    return [(name, content) for content, name in distinct.items()]


def text(data: bytes) -> str:
    """Return what the first pages show as text, ``""`` where they are pictures."""
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        return ""
    shown = ""
    for page in reader.pages[:_PAGES_MAX]:
        shown += page.extract_text() + "\n"
        if len(shown) > _TEXT_MAX:
            break
    return shown.strip()[:_TEXT_MAX]


def _xml_attachments(reader: PdfReader) -> Iterator[tuple[str, EmbeddedFile]]:
    """Return every attachment with the name of an XML file."""
    for names, attached in _attachments(reader):
        if xml_names := [name for name in names if name.casefold().endswith(".xml")]:
            yield xml_names[0], attached


def _attachments(reader: PdfReader) -> Iterator[tuple[tuple[str, str], EmbeddedFile]]:
    """Return every attachment with its names, from the name tree and from /AF."""
    seen: set[int] = set()
    for attached in [*reader.attachment_list, *_associated(reader.root_object)]:
        reference = getattr(attached.pdf_object, "indirect_reference", None)
        key = reference.idnum if reference is not None else id(attached.pdf_object)
        if key in seen:
            continue  # the name tree and /AF usually name the same object
        seen.add(key)
        yield (str(attached.name), str(attached.alternative_name or "")), attached


def _associated(catalog: DictionaryObject) -> Iterator[EmbeddedFile]:
    files = catalog.get("/AF")
    listed = files.get_object() if files is not None else None
    for item in listed if isinstance(listed, ArrayObject) else ():
        spec = item.get_object()
        if isinstance(spec, DictionaryObject) and "/EF" in spec:
            yield EmbeddedFile(name=str(spec.get("/UF") or spec.get("/F") or ""), pdf_object=spec)


def _read(found: list[tuple[str, EmbeddedFile]]) -> Iterator[tuple[str, bytes]]:
    """Return the content of each, of both its streams: /F and /UF may differ."""
    left = _BUDGET
    for name, attached in found:
        streams = _entry(attached.pdf_object, "/EF")
        for key in ("/UF", "/F"):
            if key in streams:
                content = _content(streams, key)
                left -= len(content)
                if left < 0:
                    raise OverflowError("attachments are larger than the budget")
                yield name, content


def _content(streams: DictionaryObject, key: str) -> bytes:
    stream = streams[key].get_object()
    if not isinstance(stream, StreamObject):
        raise TypeError("an attachment without content")
    return stream.get_data()


def _is_invoice(name: str, content: bytes) -> bool:
    """Return whether a reader might take this for the invoice; in doubt it might."""
    if name.casefold() in _KNOWN:
        return True
    try:
        root = safe_xml.parse(content)
    except safe_xml.UnsafeXmlError:
        return True
    except safe_xml.NotXmlError:
        return False
    return etree.QName(root).localname in _ROOTS


def main(arguments: list[str]) -> None:
    """Answer the one PDF on standard input."""
    limit()
    logging.disable()
    if arguments == ["files"]:
        return _write_files(sys.stdin.buffer.read())
    if arguments == ["text"]:
        return _write_text(sys.stdin.buffer.read())
    try:
        answer, xml = inspect(sys.stdin.buffer.read())
    # pypdf raises errors of a dozen classes, RecursionError and MemoryError among them
    # (security.md 3.4): all of them mean that the file is not readable.
    except Exception as error:  # noqa: BLE001
        answer, xml = {"state": "broken", "detail": type(error).__name__}, b""
    write_frame(sys.stdout.buffer, json.dumps(answer).encode())
    write_frame(sys.stdout.buffer, xml)
    return None


def _write_files(data: bytes) -> None:
    try:
        found = files(data)
    except Exception:  # noqa: BLE001 - as in main: whatever it is, the file is not readable
        found = []
    write_frame(sys.stdout.buffer, json.dumps([name for name, _ in found]).encode())
    for _, content in found:
        write_frame(sys.stdout.buffer, content)


def _write_text(data: bytes) -> None:
    try:
        shown = text(data)
    except Exception:  # noqa: BLE001 - as in main: what has no readable text is not compared
        shown = ""
    write_frame(sys.stdout.buffer, shown.encode("utf-8", "replace"))


if __name__ == "__main__":
    main(sys.argv[1:])

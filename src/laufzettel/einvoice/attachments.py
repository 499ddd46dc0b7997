"""Supporting documents (BG-24): measured and named here, never opened or rendered."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from lxml import etree

from laufzettel.einvoice.invoice import Attachment
from laufzettel.einvoice.node import Node, Paths

_CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
#: Elements that carry base64, UBL and CII.
_BINARY: Final = (f"{{{_CBC}}}EmbeddedDocumentBinaryObject", f"{{{_RAM}}}AttachmentBinaryObject")
# What the rules look at is mime type and name, never the content: four characters do.
_PLACEHOLDER: Final = "AAAA"
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),  # also XLSX and ODS
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
_MARKUP: Final = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?xml", b"<")


def attachment(*, reference: str, description: str, url: str, content: Node | None) -> Attachment:
    """Return what is known of a supporting document whose bytes stay in the invoice."""
    if content is None:
        return Attachment(reference=reference, description=description, url=url)
    data = _decode(content)
    return Attachment(
        reference=reference,
        description=description,
        url=url,
        name=content.get("filename"),
        mime=content.get("mimeCode"),
        sniffed=sniff(data),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def contents(root: etree._Element) -> dict[str, bytes]:
    """Return the bytes of every embedded document by the SHA-256 that its Attachment names."""
    found = (_decode(Node(element, Paths({}))) for element in root.iter(*_BINARY))
    return {hashlib.sha256(data).hexdigest(): data for data in found}


def strip(root: etree._Element) -> None:
    """Leave a few characters of every embedded document, so that rules run fast on the rest."""
    for element in root.iter(*_BINARY):
        if len(element) == 0 and element.text and element.text.strip():
            element.text = _PLACEHOLDER


def sniff(data: bytes) -> str:
    """Return the type that the first bytes show, ``""`` where they show none.

    >>> sniff(b"%PDF-1.7 ...")
    'application/pdf'
    >>> sniff(b" <script>alert(1)</script>")
    'text/html'
    """
    for signature, mime in _SIGNATURES:
        if data.startswith(signature):
            return mime
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<?xml"):
        return "application/xml"
    return "text/html" if head.startswith(_MARKUP) else ""


def _decode(node: Node) -> bytes:
    text = (node.element.text or "") if len(node.element) == 0 else "!"
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise node.error("enthält einen Anhang, der kein gültiges Base64 ist") from None

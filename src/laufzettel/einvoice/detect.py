"""What a received file is, by its content; names and declared types are not believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice import cii, pdf, ubl
from laufzettel.einvoice.report import Own, Report, Verdict, stopped

_RESEND: Final = "Der Lieferant muss die Rechnung als unbeschädigte E-Rechnung neu senden."


class Kind(StrEnum):
    """What a file turned out to be."""

    UBL = "ubl"  # UBL Invoice or CreditNote
    CII = "cii"  # Cross Industry Invoice
    PDF_WITH_XML = "pdf_with_xml"  # ZUGFeRD, Factur-X: the XML in it is the invoice
    PDF = "pdf"  # no E-invoice in it, or not readable
    XML_UNKNOWN = "xml_unknown"  # XML that is no invoice, or refused XML
    UNKNOWN = "unknown"  # neither XML nor PDF


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """A file and the invoice in it, as far as one was found."""

    kind: Kind
    xml: bytes | None = None  # the invoice; for a PDF what was embedded in it
    tree: etree._Element | None = field(default=None, compare=False, repr=False)
    active: bool = False  # a PDF with scripts, actions or something in front of it
    problem: Report | None = None  # why there is nothing to check


def detect(data: bytes) -> Detected:
    """Return what the file is. Never raises for whatever bytes it is given.

    >>> detect(b"Sehr geehrte Damen und Herren").kind
    <Kind.UNKNOWN: 'unknown'>
    >>> detect(b"<Order/>").kind
    <Kind.XML_UNKNOWN: 'xml_unknown'>
    """
    if data.startswith(b"%PDF-"):
        return _detect_pdf(data)
    try:
        root = safe_xml.parse(data)
    except safe_xml.UnsafeXmlError as error:
        return _problem(Kind.XML_UNKNOWN, Own.UNSAFE, str(error))
    except safe_xml.NotXmlError as error:
        if b"%PDF-" in data[:1024]:
            # PDF readers allow something in front; a browser may take that for a web page.
            return _detect_pdf(data, prefixed=True)
        looks_like_xml = data.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").startswith(b"<")
        kind = Kind.XML_UNKNOWN if looks_like_xml else Kind.UNKNOWN
        return _problem(kind, Own.UNREADABLE, str(error))
    return Detected(kind=_kind(root), xml=data, tree=root)


def oversized(head: bytes) -> Detected:
    """Return what a file is that nobody opens whole, by its beginning.

    >>> oversized(b"%PDF-1.7").problem.summary
    'Die PDF-Datei ist größer als 50 MB; so große werden nicht geöffnet.'
    """
    if b"%PDF-" in head[:1024]:
        name, kind, rule, most = "PDF-Datei", Kind.PDF, Own.PDF_BROKEN, pdf.SIZE_MAX
    else:
        name, kind, rule, most = "XML-Datei", Kind.XML_UNKNOWN, Own.UNSAFE, safe_xml.SIZE_MAX
    mb = most // (1024 * 1024)
    return _problem(
        kind, rule, f"Die {name} ist größer als {mb} MB; so große werden nicht geöffnet."
    )


def _kind(root: etree._Element) -> Kind:
    if root.tag in {ubl.INVOICE, ubl.CREDIT_NOTE}:
        return Kind.UBL
    return Kind.CII if root.tag == cii.INVOICE else Kind.XML_UNKNOWN


def _detect_pdf(data: bytes, *, prefixed: bool = False) -> Detected:
    try:
        found = pdf.open_pdf(data)
        root = safe_xml.parse(found.xml)
    except pdf.PdfWithoutInvoiceError as error:
        remedy = (
            "Bitte die Rechnung von Hand erfassen oder den Lieferanten um eine E-Rechnung bitten."
        )
        report = stopped(Verdict.UNCHECKED, Own.PDF_ONLY, str(error), remedy_de=remedy)
        return Detected(kind=Kind.PDF, active=prefixed, problem=report)
    except pdf.AmbiguousPdfError as error:
        return _problem(Kind.PDF, Own.PDF_AMBIGUOUS, str(error))
    except pdf.SlowPdfError as error:
        return _problem(Kind.PDF, Own.TIMEOUT, str(error), verdict=Verdict.TECHNICAL_ERROR)
    except pdf.PdfError as error:
        return _problem(Kind.PDF, Own.PDF_BROKEN, str(error))
    except safe_xml.UnsafeXmlError as error:
        return _problem(Kind.PDF_WITH_XML, Own.UNSAFE, str(error))
    except safe_xml.NotXmlError as error:
        return _problem(Kind.PDF_WITH_XML, Own.UNREADABLE, str(error))
    active = found.active or prefixed
    return Detected(kind=Kind.PDF_WITH_XML, xml=found.xml, tree=root, active=active)


def _problem(kind: Kind, rule: Own, text: str, *, verdict: Verdict = Verdict.REJECTED) -> Detected:
    return Detected(kind=kind, problem=stopped(verdict, rule, text, remedy_de=_RESEND))

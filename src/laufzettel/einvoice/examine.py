"""From received bytes to verdict and invoice: the one entry for everything that comes in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Protocol

from lxml import etree

from laufzettel.einvoice import pdf
from laufzettel.einvoice.checks import Occasion, own_findings
from laufzettel.einvoice.checks.all import beside
from laufzettel.einvoice.checks.occasion import UNKNOWN_OCCASION
from laufzettel.einvoice.detect import Detected, Kind, detect, oversized
from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.node import InvoiceReadError
from laufzettel.einvoice.quoted import quote
from laufzettel.einvoice.read import is_invoice, read_tree
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict


class Checker(Protocol):
    """Who applies the official rules: Validator in this process, ValidationPool in others."""

    def validate(self, xml: bytes) -> Report:
        """Return the verdict on a UBL or CII file. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All that is known of a received file."""

    report: Report
    kind: Kind
    invoice: Invoice | None = None  # also for rejected ones, where it can be read
    xml: bytes | None = None  # the structured invoice; for a PDF the one embedded in it
    picture: str | None = None  # what the pages of a PDF show as text, where they were read
    sha256: str = ""  # of the received bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file as it was received, opened and read, but not checked."""

    sha256: str
    found: Detected
    invoice: Invoice | None = None
    unreadable: Finding | None = None  # a value that cannot be read exactly
    picture: str | None = None  # what the pages of a PDF show as text


def open_received(data: bytes) -> Opened:
    """Return what the file is and says. Bad input never raises.

    >>> open_received(b"<Order/>").found.kind
    <Kind.XML_UNKNOWN: 'xml_unknown'>
    """
    found = detect(data)
    invoice, unreadable = _read(found.tree) if found.tree is not None else (None, None)
    # What took too long to open is not opened again for its pages.
    is_slow = found.problem is not None and found.problem.verdict is Verdict.TECHNICAL_ERROR
    is_pdf = b"%PDF-" in data[:1024] and not is_slow
    return Opened(
        sha256=hashlib.sha256(data).hexdigest(),
        found=found,
        invoice=invoice,
        unreadable=unreadable,
        picture=pdf.read_text(data) if is_pdf else None,
    )


def examine(data: bytes, checker: Checker, occasion: Occasion = UNKNOWN_OCCASION) -> Examination:
    """Return verdict, kind and invoice of whatever arrived. Bad input never raises.

    Only the official rules accept. Laufzettel's own layers are added to the report and
    reject in one case alone: a value that cannot be read exactly is never guessed.
    """
    return check(open_received(data), checker, occasion)


def check(opened: Opened, checker: Checker, occasion: Occasion = UNKNOWN_OCCASION) -> Examination:
    """Return the same of a file that was opened already."""
    digest, found = opened.sha256, opened.found
    if found.problem is not None or found.xml is None or found.tree is None:
        report = found.problem or Report(verdict=Verdict.TECHNICAL_ERROR)
        return Examination(report=report, kind=found.kind, picture=opened.picture, sha256=digest)
    report = checker.validate(found.xml)
    if found.active:
        report = _with(report, _ACTIVE)
    invoice, unreadable, picture = opened.invoice, opened.unreadable, opened.picture
    if unreadable is not None and report.verdict is not Verdict.TECHNICAL_ERROR:
        report = replace(_with(report, unreadable), verdict=Verdict.REJECTED)
    if invoice is not None:
        own = own_findings(invoice, occasion, picture)
        official = [quote(finding, invoice) for finding in report.findings]
        report = _ordered(report, beside(official, own))
    return Examination(
        report=report,
        kind=found.kind,
        invoice=invoice,
        xml=found.xml,
        picture=picture,
        sha256=digest,
    )


def examine_oversized(head: bytes, sha256: str) -> Examination:
    """Return the same of a file that is too large to be read whole, by its beginning."""
    found = oversized(head)
    report = found.problem or Report(verdict=Verdict.TECHNICAL_ERROR)
    return Examination(report=report, kind=found.kind, sha256=sha256)


_ACTIVE = Finding(
    id=Own.PDF_ACTIVE,
    severity=Severity.WARNING,
    text_de="Die PDF-Datei enthält aktive Inhalte (Skripte, Aktionen oder Formulare).",
    remedy_de="Bitte nur die Rechnungsdaten benutzen und die PDF-Datei nicht im Browser öffnen.",
)


def _read(tree: etree._Element) -> tuple[Invoice | None, Finding | None]:
    if not is_invoice(tree):
        return None, None  # the checker has said so
    try:
        return read_tree(tree), None
    except InvoiceReadError as error:
        remedy = "Der Lieferant muss den Wert berichtigen und die Rechnung neu senden."
        return None, Finding(
            id=Own.BAD_VALUE, severity=Severity.FATAL, text_de=str(error), remedy_de=remedy
        )


def _with(report: Report, *more: Finding) -> Report:
    """Return the report with more findings, those that reject in front."""
    return _ordered(report, (*report.findings, *more))


def _ordered(report: Report, findings: tuple[Finding, ...]) -> Report:
    weights = list(Severity)
    ordered = sorted(findings, key=lambda finding: weights.index(finding.severity))
    return replace(report, findings=tuple(ordered))

"""The report for programs: JSON, and XML built like the report of KoSIT's validator.

The XML has a namespace of its own: it says the same things in the same order, but it is not
KoSIT's report, and nobody may take it for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any, Final

from lxml import etree

from laufzettel.einvoice.invoice import Invoice
from laufzettel.einvoice.layers import Layer, layer_of
from laufzettel.einvoice.report import Finding, Severity, Verdict
from laufzettel.einvoice.reports.subject import Subject

#: Namespace of ``report_xml``; another structure gets another number.
NAMESPACE: Final = "urn:laufzettel:pruefbericht:1"
#: KoSIT knows three levels; what is fatal is an error there.
_LEVELS: Final = {
    Severity.FATAL: "error",
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "information",
}


def report_json(subject: Subject) -> dict[str, Any]:
    """Return the report as JSON can carry it."""
    report = subject.report
    return {
        "file": subject.file,
        "sha256": subject.sha256,
        "receipt_no": subject.receipt_no,
        "checked_at": subject.checked_at.astimezone(UTC).isoformat(timespec="seconds"),
        "verdict": report.verdict.value,
        "outcome": report.outcome,
        "scenario": report.scenario,
        "rule_set": report.rule_set,
        "invoice": _facts(subject.invoice),
        "findings": [_finding(finding) for finding in report.findings],
    }


def _facts(invoice: Invoice | None) -> dict[str, str | None] | None:
    if invoice is None:
        return None
    payable = invoice.totals.payable
    return {
        "number": invoice.number,
        "issued_on": invoice.issue_date.isoformat() if invoice.issue_date else None,
        "seller": invoice.seller.name,
        "payable": None if payable is None else f"{payable:f}",
        "currency": invoice.currency,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": str(finding.id),
        "layer": layer_of(finding.id).value,
        "severity": finding.severity.value,
        "treatment": finding.treatment,
        "because": finding.because,
        "term": finding.term,
        "location": finding.location,
        "text_de": finding.text_de,
        "values": list(finding.values),
        "remedy_de": finding.remedy_de,
        "original": finding.original,
    }


def report_xml(subject: Subject) -> bytes:
    """Return the report as an XML document, UTF-8."""
    report = subject.report
    is_done = report.verdict in {Verdict.ACCEPTED, Verdict.REJECTED}
    # As lxml says the default namespace; its types know prefixes only.
    default: Any = {None: NAMESPACE}
    root = etree.Element(_name("report"), nsmap=default)
    root.set("version", "1.0")
    root.set("valid", str(report.verdict is Verdict.ACCEPTED).lower())
    _add(root, "engine", "Laufzettel")
    _add(root, "timestamp", subject.checked_at.astimezone(UTC).isoformat(timespec="seconds"))
    _identification(root, subject)
    scenario = _add(root, "scenarioMatched" if report.scenario else "noScenarioMatched")
    if report.scenario:
        _add(scenario, "name", report.scenario)
        _add(scenario, "ruleSet", report.rule_set or "-")
    if subject.invoice is not None:
        _data(scenario, subject.invoice)
    for layer in Layer:
        findings = [one for one in report.findings if layer_of(one.id) is layer]
        if findings:
            _step(scenario, layer, findings)
    assessment = _add(root, "assessment")
    ending = {Verdict.ACCEPTED: "accept", Verdict.REJECTED: "reject"}
    said = _add(assessment, ending[report.verdict] if is_done else "unchecked")
    if report.outcome:
        said.set("outcome", report.outcome)
    _add(said, "explanation", report.summary)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def _identification(root: etree._Element, subject: Subject) -> None:
    identification = _add(root, "documentIdentification")
    hashed = _add(identification, "documentHash")
    _add(hashed, "hashAlgorithm", "SHA-256")
    _add(hashed, "hashValue", subject.sha256)
    _add(identification, "documentReference", subject.file)
    if subject.receipt_no:
        _add(identification, "receiptNumber", subject.receipt_no)


def _data(scenario: etree._Element, invoice: Invoice) -> None:
    data = _add(scenario, "documentData")
    for name, value in (_facts(invoice) or {}).items():
        if value:
            _add(data, name, value)


def _step(scenario: etree._Element, layer: Layer, findings: Iterable[Finding]) -> None:
    found = list(findings)
    step = _add(scenario, "validationStepResult")
    step.set("id", layer.value)
    step.set("valid", str(not any(finding.rejects for finding in found)).lower())
    _add(step, "resource", layer.german)
    for number, finding in enumerate(found, 1):
        message = _add(step, "message")
        message.set("id", f"{layer.value}.{number}")
        message.set("code", str(finding.id))
        message.set("level", _LEVELS[finding.severity])
        for name in ("treatment", "term", "location"):
            if value := getattr(finding, name):
                message.set(name, _clean(value))
        _add(message, "text", finding.text_de)
        for value in finding.values:
            _add(message, "value", value)
        for name, text in (("remedy", finding.remedy_de), ("because", finding.because)):
            if text:
                _add(message, name, text)
        if finding.original:
            _add(message, "original", finding.original)


def _add(parent: etree._Element, name: str, text: str = "") -> etree._Element:
    element = etree.SubElement(parent, _name(name))
    if text:
        element.text = _clean(text)
    return element


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _clean(text: str) -> str:
    """Return the text without what XML cannot carry (section 2.2 of the recommendation).

    >>> _clean("RE\\x00-1\\uffff")
    'RE\ufffd-1\ufffd'
    """
    return "".join(c if c in "\t\n\r" or _is_char(ord(c)) else "\ufffd" for c in text)


def _is_char(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000

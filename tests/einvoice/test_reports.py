"""Page, paper, JSON and XML of a report say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from laufzettel.einvoice.examine import examine
from laufzettel.einvoice.policy import Policy, judge
from laufzettel.einvoice.report import Finding, Own, Report, Severity, Verdict, stopped
from laufzettel.einvoice.reports import (
    NAMESPACE,
    Subject,
    report_html,
    report_json,
    report_paper,
    report_xml,
)
from laufzettel.einvoice.supplier_text import supplier_text
from laufzettel.einvoice.validator import Validator

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NS = {"r": NAMESPACE}


@pytest.fixture(scope="module")
def faulty(samples: dict[str, Path], validator: Validator) -> Subject:
    found = examine(samples["fehlerhaft.xml"].read_bytes(), validator)
    report = judge(found.report, Policy(), amount=None, on=AT.date())
    return Subject(
        report=report,
        file="fehlerhaft.xml",
        sha256=found.sha256,
        checked_at=AT,
        invoice=found.invoice,
        receipt_no="E-2026-000001",
    )


def test_xml_is_built_like_kosits_report_in_a_namespace_of_its_own(faulty: Subject) -> None:
    root = etree.fromstring(report_xml(faulty))

    assert NAMESPACE == "urn:laufzettel:pruefbericht:1"
    assert (root.tag, root.get("valid")) == (f"{{{NAMESPACE}}}report", "false")
    assert [etree.QName(child).localname for child in root] == [
        "engine",
        "timestamp",
        "documentIdentification",
        "scenarioMatched",
        "assessment",
    ]
    assert root.findtext("r:timestamp", "", NS) == "2026-11-23T09:30:00+00:00"
    assert root.findtext(".//r:hashValue", "", NS) == faulty.sha256
    steps = {
        step.get("id"): step.get("valid") for step in root.iterfind(".//r:validationStepResult", NS)
    }
    assert steps == {"en16931": "false", "xrechnung": "false"}
    message = root.find(".//r:message[@code='BR-DE-15']", NS)
    assert message is not None
    assert (message.get("level"), message.get("term"), message.get("treatment")) == (
        "error",
        "BT-10",
        "zurueckweisen",
    )
    assert message.findtext("r:value", "", NS) == "Leitweg-ID (BT-10): nicht angegeben"
    assert root.find("r:assessment/r:reject", NS) is not None


def test_where_nothing_was_found_no_strongest_finding_is_named(faulty: Subject) -> None:
    clean = replace(
        faulty, report=judge(Report(verdict=Verdict.ACCEPTED), Policy(), amount=None, on=AT.date())
    )

    assert "Es gibt keinen Befund." in report_html(clean)
    assert "stärkster Befund" not in report_html(clean)
    assert "stärkster Befund: führt zur Zurückweisung" in report_html(faulty)


def test_a_value_of_several_lines_stays_one_item_of_the_letter() -> None:
    finding = Finding(
        id="BR-DE-18",
        severity=Severity.FATAL,
        text_de="Falsch.",
        values=("Zahlungsbedingungen (BT-20): #SKONTO#TAGE=14#PROZENT=3#\nZahlbar sofort.",),
    )

    assert supplier_text(Report(verdict=Verdict.REJECTED, findings=(finding,))) == (
        "- Falsch. [Regel BR-DE-18]\n"
        "  Zahlungsbedingungen (BT-20): #SKONTO#TAGE=14#PROZENT=3# Zahlbar sofort."
    )


def test_json_html_and_xml_name_the_same_findings(faulty: Subject) -> None:
    ids = [str(finding.id) for finding in faulty.report.findings]
    xml = etree.fromstring(report_xml(faulty))
    html = str(report_html(faulty))

    assert [finding["id"] for finding in report_json(faulty)["findings"]] == ids
    assert sorted(m.get("code", "") for m in xml.iterfind(".//r:message", NS)) == sorted(ids)
    assert [rule for rule in ids if f"Regel {rule}" not in html] == []
    assert "Sie müssen die Leitweg-ID eintragen" in html
    assert "Wortlaut der Regel BR-DE-15" in html
    assert "E-2026-000001" in report_paper(faulty)


def test_nothing_of_a_report_becomes_markup_or_breaks_the_xml(faulty: Subject) -> None:
    nasty = Finding(
        id=Own.NUMBER,
        severity=Severity.WARNING,
        text_de="<script>alert(1)</script>\x00\u202e",
        values=("]]><x>",),
    )
    subject = replace(
        faulty, file="<b>\x0b.xml", report=Report(verdict=Verdict.ACCEPTED, findings=(nasty,))
    )

    assert "<script>" not in report_paper(subject)
    assert "\u202e" not in report_paper(subject)
    message = etree.fromstring(report_xml(subject)).find(".//r:message", NS)
    assert message is not None
    assert message.findtext("r:value", "", NS) == "]]><x>"
    assert message.findtext("r:text", "", NS) == "<script>alert(1)</script>\ufffd\u202e"


@pytest.mark.parametrize("verdict", [Verdict.TECHNICAL_ERROR, Verdict.UNCHECKED])
def test_what_was_not_checked_is_neither_accepted_nor_rejected(
    faulty: Subject, verdict: Verdict
) -> None:
    subject = replace(faulty, report=stopped(verdict, Own.CHECKER, "Ausgefallen."), invoice=None)

    root = etree.fromstring(report_xml(subject))

    assert root.get("valid") == "false"
    assert [etree.QName(child).localname for child in root.find("r:assessment", NS)] == [  # type: ignore[union-attr]
        "unchecked"
    ]
    assert "nicht geprüft" in str(report_html(subject))

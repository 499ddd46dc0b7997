"""The official rules decide, with KoSIT's weights, and nothing passes that they did not see."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest

from laufzettel.einvoice.read import read_invoice
from laufzettel.einvoice.report import Severity, Verdict
from laufzettel.einvoice.rule_set import CURRENT
from laufzettel.einvoice.saxon import Saxon, SaxonError
from laufzettel.einvoice.scenarios import find_scenario
from laufzettel.einvoice.validator import Validator

SUITE = "data/xrechnung-testsuite/src/test"


def test_every_invoice_of_the_official_suite_is_accepted(
    shared_dir: Path, validator: Validator
) -> None:
    files = sorted((shared_dir / SUITE).rglob("*.xml"))

    reports = {file.name: validator.validate(file.read_bytes()) for file in files}

    assert len(reports) == 60
    refused = {n: r.summary for n, r in reports.items() if r.verdict is not Verdict.ACCEPTED}
    assert refused == {}
    assert {report.rule_set for report in reports.values()} == {"xrechnung-3.0.2_2026-08-31"}


@pytest.mark.parametrize(
    ("name", "scenario"),
    [
        ("gut.xml", "XRechnung 3.0 (UBL Invoice)"),
        ("gut_cii.xml", "XRechnung 3.0 (CII)"),
        ("klein.xml", "XRechnung 3.0 (UBL Invoice)"),
        ("ruecklaeufer.xml", "XRechnung 3.0 (UBL Invoice)"),
        ("gutschrift.xml", "XRechnung 3.0 (UBL CreditNote)"),
    ],
)
def test_our_good_samples_are_accepted_without_a_finding(
    validator: Validator, samples: dict[str, Path], name: str, scenario: str
) -> None:
    report = validator.validate(samples[name].read_bytes())

    assert (report.verdict, report.scenario, report.findings) == (Verdict.ACCEPTED, scenario, ())


@pytest.mark.parametrize(
    "code",
    ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "502", "503", "532"],
)
def test_whatever_the_rules_take_for_a_credit_note_is_never_paid_out(
    validator: Validator, samples: dict[str, Path], code: str
) -> None:
    """BR-CL-01 lists these types (UNTDID 1001) for a UBL CreditNote."""
    xml = (
        samples["gutschrift.xml"]
        .read_bytes()
        .replace(b"#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0<", b"<")
        .replace(b">381</cbc:CreditNoteTypeCode>", f">{code}</cbc:CreditNoteTypeCode>".encode())
    )

    assert validator.validate(xml).verdict is Verdict.ACCEPTED
    invoice = read_invoice(xml)
    assert (invoice.type_code, invoice.is_credit_note) == (code, True)


def test_the_faulty_sample_is_rejected_for_its_two_faults(
    validator: Validator, samples: dict[str, Path]
) -> None:
    report = validator.validate(samples["fehlerhaft.xml"].read_bytes())

    assert report.verdict is Verdict.REJECTED
    assert [(f.id, f.severity, f.location, f.term) for f in report.findings] == [
        ("BR-CO-14", Severity.FATAL, "/Invoice/TaxTotal", "BT-110"),
        ("BR-DE-15", Severity.FATAL, "/Invoice", "BT-10"),
    ]
    assert report.findings[1].text_de == "Die Leitweg-ID (Buyer Reference) fehlt."
    assert report.findings[1].remedy_de == (
        "Der Lieferant muss die Leitweg-ID eintragen, die er mit dem Auftrag erhalten hat, "
        "und die Rechnung neu senden."
    )


def test_a_scenario_weighs_a_rule_otherwise_than_the_rule_itself(shared_dir: Path) -> None:
    cius = find_scenario(
        "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice",
        "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    )
    plain = find_scenario(
        "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice", "urn:cen.eu:en16931:2017"
    )

    assert cius is not None and cius.levels["UBL-CR-646"] is Severity.ERROR
    assert plain is not None and plain.levels == {}


def test_a_wrong_element_is_named_in_german(validator: Validator, samples: dict[str, Path]) -> None:
    xml = samples["klein.xml"].read_text("utf-8").replace("cbc:IssueDate", "cbc:IssueDay")

    report = validator.validate(xml.encode())

    assert (report.verdict, report.rule_set) == (Verdict.REJECTED, "")
    assert [finding.id for finding in report.findings] == ["XSD"]
    assert report.findings[0].text_de.startswith(
        "Das Element IssueDay steht hier nicht an der richtigen Stelle; erwartet wird"
    )


@pytest.mark.parametrize(
    ("specification", "reason"),
    [
        ("", "Die Rechnung nennt nicht, welchem Standard sie folgt (BT-24)."),
        (
            "urn:cen.eu:en16931:2017#compliant#urn:xoev-de:kosit:standard:xrechnung_2.3",
            "Diese Fassung der XRechnung ist abgelaufen; gültig ist XRechnung 3.0.",
        ),
        (
            "urn:factur-x.eu:1p0:minimum",
            "Das Profil MINIMUM ist in Deutschland keine Rechnung.",
        ),
        (
            "urn:example",
            (
                "Der Standard „urn:example“ (BT-24) ist keiner, der angenommen wird: "
                "XRechnung 3.0, EN 16931, Peppol BIS 3 oder ZUGFeRD ab Profil BASIC."
            ),
        ),
    ],
)
def test_an_unknown_standard_is_rejected_with_its_reason(
    validator: Validator, samples: dict[str, Path], specification: str, reason: str
) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    known = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"

    report = validator.validate(xml.replace(known, specification).encode())

    assert (report.verdict, report.summary) == (Verdict.REJECTED, reason)


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<Order/>", "Die Datei ist keine E-Rechnung, sondern „Order“."),
        (
            "<Invoice/>",
            "Die Datei heißt zwar „Invoice“, gehört aber zu keinem Rechnungsstandard (Namensraum).",
        ),
        (
            "<CrossIndustryDocument/>",
            "Die Datei ist eine Rechnung nach ZUGFeRD 1.0; das ist keine nach EN 16931.",
        ),
    ],
    ids=["order", "no namespace", "ZUGFeRD 1.0"],
)
def test_other_xml_is_rejected_for_what_it_is(validator: Validator, xml: str, reason: str) -> None:
    report = validator.validate(xml.encode())

    assert (report.verdict, report.summary) == (Verdict.REJECTED, reason)


@pytest.mark.parametrize(
    "specification",
    [
        "urn:cen.eu:en16931:2017",
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    ],
    ids=["EN 16931", "Peppol"],
)
def test_other_standards_that_meet_en_16931_are_accepted(
    validator: Validator, samples: dict[str, Path], specification: str
) -> None:
    xml = samples["klein.xml"].read_text("utf-8")
    known = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"

    report = validator.validate(xml.replace(known, specification).encode())

    assert report.verdict is Verdict.ACCEPTED


def test_without_rules_an_invoice_is_not_checked_and_does_not_pass(
    tmp_path: Path, samples: dict[str, Path]
) -> None:
    report = Validator(tmp_path).validate(samples["gut.xml"].read_bytes())

    assert report.verdict is Verdict.UNCHECKED
    assert report.verdict.german == "nicht geprüft"
    assert report.summary == (
        "Die amtlichen Prüfregeln sind nicht installiert. Bitte „laufzettel rules install“ "
        "ausführen."
    )


def test_rules_that_are_installed_later_are_used(
    tmp_path: Path, rules_dir: Path, samples: dict[str, Path]
) -> None:
    validator = Validator(tmp_path)
    before = validator.validate(samples["gut.xml"].read_bytes())

    shutil.copytree(rules_dir / CURRENT.id, tmp_path / CURRENT.id)

    assert before.verdict is Verdict.UNCHECKED
    assert validator.validate(samples["gut.xml"].read_bytes()).verdict is Verdict.ACCEPTED


def test_an_altered_rule_file_is_refused(
    tmp_path: Path, rules_dir: Path, samples: dict[str, Path]
) -> None:
    shutil.copytree(rules_dir / CURRENT.id, tmp_path / CURRENT.id)
    file = tmp_path / CURRENT.id / "XRechnung-UBL-validation.xsl"
    file.write_bytes(file.read_bytes().replace(b"BR-DE-15", b"BR-DE-99"))

    report = Validator(tmp_path).validate(samples["fehlerhaft.xml"].read_bytes())

    assert report.verdict is Verdict.TECHNICAL_ERROR
    assert report.summary == (
        "Die Prüfregel-Datei XRechnung-UBL-validation.xsl ist verändert und wird nicht benutzt. "
        "Bitte „laufzettel rules install“ ausführen."
    )


def test_a_stylesheet_that_fails_is_a_technical_error(
    validator: Validator, samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Saxon, stylesheet: Any, document: Any) -> str:
        raise SaxonError("FORG0001 cannot be cast")

    monkeypatch.setattr(Saxon, "run", fail)

    report = validator.validate(samples["gut.xml"].read_bytes())

    assert report.verdict is Verdict.TECHNICAL_ERROR
    assert report.findings[0].original == "FORG0001 cannot be cast"


def test_a_stylesheet_that_writes_no_report_accepts_nothing(
    validator: Validator, samples: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Saxon, "run", lambda *args: "<nothing/>")

    report = validator.validate(samples["gut.xml"].read_bytes())

    assert report.verdict is Verdict.TECHNICAL_ERROR


def test_a_nine_megabyte_attachment_is_not_handed_to_the_rules(
    validator: Validator, samples: dict[str, Path]
) -> None:
    xml = samples["gut.xml"].read_text("utf-8")
    start = xml.index('csv">') + len('csv">')
    end = xml.index("</cbc:EmbeddedDocumentBinaryObject>")
    big = base64.b64encode(b"x" * 9_000_000).decode()

    report = validator.validate(f"{xml[:start]}{big}{xml[end:]}".encode())

    assert report.verdict is Verdict.ACCEPTED
    assert report.timings["rules"] < 2_000


def test_saxon_reads_no_file_and_no_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<s>geheim</s>")
    saxon = Saxon()
    stylesheet = saxon.compile(
        '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        f'<xsl:template match="/"><o><xsl:copy-of select="doc(\'{secret.as_uri()}\')"/></o>'
        "</xsl:template></xsl:stylesheet>"
    )

    with pytest.raises(SaxonError):
        saxon.run(stylesheet, saxon.parse("<a/>"))
    with pytest.raises(SaxonError, match="DOCTYPE is disallowed"):
        saxon.parse(f'<!DOCTYPE a [<!ENTITY e SYSTEM "{secret.as_uri()}">]><a>&e;</a>')

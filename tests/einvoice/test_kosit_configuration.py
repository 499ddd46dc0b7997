"""An unpacked KoSIT configuration decides as it stands; versions lie side by side by their days."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from laufzettel.einvoice.report import Severity, Verdict
from laufzettel.einvoice.rule_install import show_rules
from laufzettel.einvoice.validator import Validator

#: A stylesheet that reports in SVRL as the compiled rules do; made for these tests.
RULES = """<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:svrl="http://purl.oclc.org/dsdl/svrl"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<xsl:template match="/"><svrl:schematron-output>
<xsl:if test="not(/*/cbc:Note)"><svrl:failed-assert id="T-NOTE" flag="fatal" location="/*">
<svrl:text>[T-NOTE] A note.</svrl:text></svrl:failed-assert></xsl:if>
<xsl:if test="not(/*/cbc:TaxPointDate)"><svrl:failed-assert id="T-POINT" flag="warning" location="/*">
<svrl:text>[T-POINT] A tax point.</svrl:text></svrl:failed-assert></xsl:if>
</svrl:schematron-output></xsl:template></xsl:stylesheet>"""
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">
<xs:element name="Invoice"><xs:complexType><xs:sequence>
<xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip" namespace="##any"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>"""
XR_4 = "urn:cen.eu:en16931:2026#compliant#urn:xeinkauf.de:kosit:xrechnung_4.0"
XR_3 = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"


def scenarios(*, custom: str = "", specification: str = XR_4, location: str = "rules/r.xsl") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<scenarios xmlns="http://www.xoev.de/de/validator/framework/1/scenarios" frameworkVersion="1.0.0">
<name>Probe</name><date>2026-11-01</date>
<scenario><name>Nie</name><namespace prefix="x">urn:x</namespace><match>exists(/x:Order)</match>
</scenario>
<scenario><name>XRechnung 4.0 (UBL Invoice)</name>
<namespace prefix="invoice">urn:oasis:names:specification:ubl:schema:xsd:Invoice-2</namespace>
<namespace prefix="cbc">urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2</namespace>
<match>exists(/invoice:Invoice[cbc:CustomizationID = '{specification}'])</match>
<validateWithXmlSchema><resource><name>S</name><location>s.xsd</location></resource>
</validateWithXmlSchema>
<validateWithSchematron><resource><name>R</name><location>{location}</location></resource>
</validateWithSchematron>
<createReport><resource><name>B</name><location>none.xsl</location></resource>{custom}</createReport>
</scenario></scenarios>"""


def put(folder: Path, text: str, **validity: str) -> Path:
    (folder / "rules").mkdir(parents=True)
    (folder / "scenarios.xml").write_text(text, "utf-8")
    (folder / "rules" / "r.xsl").write_text(RULES, "utf-8")
    (folder / "s.xsd").write_text(SCHEMA, "utf-8")
    if validity:
        (folder / "gueltig.json").write_text(json.dumps(validity), "utf-8")
    return folder


@pytest.fixture
def future(samples: dict[str, Path]) -> bytes:
    """The small sample, as it would call itself XRechnung 4.0."""
    return samples["klein.xml"].read_text("utf-8").replace(XR_3, XR_4).encode()


def test_the_scenario_that_matches_decides_with_its_schema_and_rules(
    tmp_path: Path, future: bytes
) -> None:
    report = Validator(put(tmp_path / "k", scenarios())).validate(future)

    assert (report.verdict, report.scenario) == (Verdict.REJECTED, "XRechnung 4.0 (UBL Invoice)")
    assert report.rule_set.startswith("Probe 2026-11-01 [")
    assert [(f.id, f.severity) for f in report.findings] == [
        ("T-NOTE", Severity.FATAL),
        ("T-POINT", Severity.WARNING),
    ]


@pytest.mark.parametrize(
    ("custom", "verdict"),
    [
        ('<customLevel level="warning">T-POINT T-NOTE</customLevel>', Verdict.ACCEPTED),
        (
            (
                '<customLevel level="information">T-NOTE</customLevel>'
                '<customLevel level="error">T-POINT</customLevel>'
            ),
            Verdict.REJECTED,
        ),
    ],
)
def test_levels_of_the_scenario_replace_those_of_the_rules(
    tmp_path: Path, future: bytes, custom: str, verdict: Verdict
) -> None:
    assert Validator(put(tmp_path / "k", scenarios(custom=custom))).validate(future).verdict is (
        verdict
    )


def test_what_no_scenario_matches_is_rejected(tmp_path: Path, samples: dict[str, Path]) -> None:
    report = Validator(put(tmp_path / "k", scenarios())).validate(samples["klein.xml"].read_bytes())

    assert (report.verdict, report.summary) == (
        Verdict.REJECTED,
        "Kein Szenario der Prüfkonfiguration „Probe 2026-11-01“ passt.",
    )


def test_versions_lie_side_by_side_and_hold_on_their_days(
    tmp_path: Path, rules_dir: Path, samples: dict[str, Path], future: bytes
) -> None:
    """The sample is of 9 November 2026; what no configuration knows goes to our own rules."""
    levels = '<customLevel level="warning">T-NOTE</customLevel>'
    for folder in rules_dir.iterdir():
        (tmp_path / folder.name).symlink_to(folder)
    put(tmp_path / "xrechnung-4.0", scenarios(custom=levels), **{"from": "2026-11-09"})
    validator = Validator(tmp_path)

    assert validator.validate(future).verdict is Verdict.ACCEPTED
    known = validator.validate(samples["klein.xml"].read_bytes())
    assert (known.verdict, known.rule_set) == (Verdict.ACCEPTED, "xrechnung-3.0.2_2026-08-31")
    early = future.replace(b"2026-11-09", b"2026-11-08")
    assert early != future
    assert validator.validate(early).summary.startswith(f"Der Standard „{XR_4}“ (BT-24) ist keiner")


@pytest.mark.parametrize(
    "text",
    [
        "<scenarios/>",
        "kein XML",
        scenarios(location="../../etc/passwd"),
        scenarios(location="fehlt.xsl"),
        scenarios(custom='<customLevel level="egal">T-NOTE</customLevel>'),
        scenarios().replace("<createReport>", "<acceptMatch>true()</acceptMatch><createReport>"),
        scenarios().replace("exists(/x:Order)", "exists(/x:Order"),
    ],
    ids=["other XML", "no XML", "outside", "missing", "level", "acceptMatch", "XPath"],
)
def test_a_configuration_that_cannot_be_used_lets_nothing_pass(
    tmp_path: Path, future: bytes, text: str
) -> None:
    report = Validator(put(tmp_path / "k", text)).validate(future)

    assert report.verdict is Verdict.TECHNICAL_ERROR
    assert report.summary.startswith("Die Prüfkonfiguration ist nicht zu gebrauchen: ")


def test_a_changed_configuration_is_read_anew(tmp_path: Path, future: bytes) -> None:
    folder = put(tmp_path / "k", scenarios())
    validator = Validator(folder)
    before = validator.validate(future)

    levels = '<customLevel level="warning">T-NOTE</customLevel>'
    (folder / "scenarios.xml").write_text(scenarios(custom=levels), "utf-8")

    assert (before.verdict, validator.validate(future).verdict) == (
        Verdict.REJECTED,
        Verdict.ACCEPTED,
    )


def test_a_rule_or_schema_that_was_exchanged_alone_shows_in_the_rule_set_of_the_report(
    tmp_path: Path, future: bytes
) -> None:
    """Else a report would name rules that were not applied, or the old schema would decide."""
    folder = put(tmp_path / "k", scenarios())
    validator = Validator(folder)
    first = validator.validate(future)

    (folder / "rules" / "r.xsl").write_text(RULES.replace("T-NOTE", "T-WORD"), "utf-8")
    second = validator.validate(future)
    (folder / "s.xsd").write_text(SCHEMA.replace('"Invoice"', '"Other"'), "utf-8")
    third = validator.validate(future)

    assert first.findings[0].id == "T-NOTE"
    assert second.findings[0].id == "T-WORD"
    assert first.rule_set != second.rule_set
    assert [finding.id for finding in third.findings] == ["XSD"]


def test_a_stylesheet_of_a_configuration_reaches_no_file(tmp_path: Path, future: bytes) -> None:
    folder = put(tmp_path / "k", scenarios())
    (folder / "geheim.xml").write_text("<s/>")
    rules = folder / "rules" / "r.xsl"
    reading = f"<xsl:copy-of select=\"doc('{folder / 'geheim.xml'}')\"/></svrl:schematron-output>"
    rules.write_text(RULES.replace("</svrl:schematron-output>", reading))

    assert Validator(folder).validate(future).verdict is Verdict.TECHNICAL_ERROR


def test_what_lies_there_is_shown(tmp_path: Path) -> None:
    info = show_rules(put(tmp_path / "k", scenarios()))

    assert (info.title, info.fresh) == ("Probe 2026-11-01", False)

"""Clerks read German: every rule that can be reported has its own sentence."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.report import Severity
from laufzettel.einvoice.rule_set import CURRENT, RuleSet
from laufzettel.einvoice.supplier_text import addressed


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    text = files("laufzettel.einvoice").joinpath("explanations.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@pytest.fixture(scope="module")
def syntax() -> dict[str, Any]:
    text = files("laufzettel.einvoice").joinpath("explanations_syntax.json").read_text("utf-8")
    syntax: dict[str, Any] = json.loads(text)
    return syntax


@pytest.fixture(scope="module")
def official_rules(rules_dir: Path) -> set[str]:
    """Every id that one of the installed stylesheets can report, whatever its weight."""
    rules = RuleSet.find(rules_dir)
    asserts = (
        etree.fromstring(rules.text(name).encode()).iter(*_ASSERTS) for name in CURRENT.files
    )
    return {_id(one) for found in asserts for one in found}


_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_ASSERTS = (f"{_SVRL}failed-assert", f"{_SVRL}successful-report")


def _id(reported: etree._Element) -> str:
    """Return the id as the compiled stylesheet writes it: an attribute, or an instruction."""
    written = (each.xpath("string()") for each in reported if each.get("name") == "id")
    return str(reported.get("id") or next(written)).strip()


def test_no_rule_lacks_an_explanation(
    table: dict[str, Any], syntax: dict[str, Any], official_rules: set[str]
) -> None:
    assert len(official_rules) == 1646
    assert official_rules - set(table["rules"]) - set(syntax["rules"]) == set()


def test_every_rule_about_the_syntax_becomes_a_german_sentence(syntax: dict[str, Any]) -> None:
    texts = {
        rule: explain(rule, Severity.FATAL, location="/", original=f"[{rule}]-It shall.").text_de
        for rule in syntax["rules"]
    }

    wrong = {r: t for r, t in texts.items() if not re.fullmatch(r"[A-ZÄÖÜ].{14,}[^ ]\.", t)}
    assert wrong == {}
    assert texts["UBL-SR-05"] == (
        "Die Zahlungsbedingungen (BT-20): mehrfach angegeben; erlaubt ist einmal."
    )


def test_no_explanation_is_of_a_rule_that_does_not_exist(
    table: dict[str, Any], syntax: dict[str, Any], official_rules: set[str]
) -> None:
    assert (len(table["rules"]), len(syntax["rules"])) == (307, 1339)
    assert (set(table["rules"]) | set(syntax["rules"])) - official_rules == set()


def test_every_duty_of_xrechnung_has_its_own_explanation(
    table: dict[str, Any], official_rules: set[str]
) -> None:
    duties = {rule for rule in official_rules if re.fullmatch(r"BR-DE-\d+(-[ab])?", rule)}

    assert len(duties) == 31
    assert duties - set(table["rules"]) == set()


def test_the_mandatory_fields_and_sums_have_their_own_explanation(table: dict[str, Any]) -> None:
    wanted = [f"BR-{number:02}" for number in range(1, 17)]
    wanted += [f"BR-CO-{number}" for number in (10, 11, 12, 13, 14, 15, 16, 17, 18, 26)]
    wanted += [f"BR-S-{number:02}" for number in range(1, 11)]

    assert [rule for rule in wanted if rule not in table["rules"]] == []


def test_every_text_is_a_german_sentence(table: dict[str, Any]) -> None:
    texts = [entry[key] for entry in table["rules"].values() for key in ("what", "remedy")]
    texts += [entry[key] for entry in table["families"] for key in ("what", "remedy")]

    assert [text for text in texts if not re.fullmatch(r"[A-ZÄÖÜ].{14,}[^ ]\.", text)] == []
    assert [text for text in texts if " ," in text or "  " in text] == []


def test_a_rule_of_a_later_rule_set_gets_a_german_lead_and_its_official_words() -> None:
    finding = explain("BR-CO-99", Severity.FATAL, location="/", original="[BR-CO-99]-So shall be.")

    assert finding.text_de.endswith("Wortlaut der Vorschrift BR-CO-99: So shall be.")
    assert finding.remedy_de == (
        "Der Lieferant muss die Angabe berichtigen und die Rechnung neu senden."
    )


def test_every_remedy_can_be_said_to_the_supplier(table: dict[str, Any]) -> None:
    remedies = {entry["remedy"] for entry in table["rules"].values()}
    said = {addressed(remedy) for remedy in remedies if remedy.startswith("Der Lieferant muss")}

    assert [text for text in said if re.search(r"Lieferant|\b(sein|seine[rnm]?)\b", text)] == []
    assert (
        "Sie müssen die Leitweg-ID eintragen, die Sie mit dem Auftrag erhalten haben, und die "
        "Rechnung neu senden."
    ) in said


def test_nobody_is_asked_for_a_new_invoice_because_of_a_warning() -> None:
    finding = explain("BR-CL-23", Severity.WARNING, location="/", original="[BR-CL-23]-Unit code")

    assert finding.remedy_de == "Die Rechnung wird deswegen nicht zurückgewiesen."

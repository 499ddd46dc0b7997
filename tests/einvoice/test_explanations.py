"""Clerks read German: every rule that rejects has a sentence, the frequent ones their own."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from laufzettel.einvoice.explain import explain
from laufzettel.einvoice.report import Severity
from laufzettel.einvoice.rule_set import CURRENT, RuleSet


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    text = files("laufzettel.einvoice").joinpath("explanations.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


@pytest.fixture(scope="module")
def official_rules(rules_dir: Path) -> set[str]:
    rules = RuleSet.find(rules_dir)
    found = (re.findall(r'\sid="([A-Z][\w-]+-[\w-]+)"', rules.text(name)) for name in CURRENT.files)
    return {rule for ids in found for rule in ids if re.search(r"\d", rule)}


def test_no_explanation_is_of_a_rule_that_does_not_exist(
    table: dict[str, Any], official_rules: set[str]
) -> None:
    assert len(table["rules"]) == 129
    assert set(table["rules"]) - official_rules == set()


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


def test_every_other_rule_gets_a_german_lead_and_its_official_words(
    official_rules: set[str], table: dict[str, Any]
) -> None:
    assert len(official_rules) > 900
    for rule in official_rules - set(table["rules"]):
        finding = explain(rule, Severity.FATAL, location="/", original=f"[{rule}]-It shall be so.")

        assert finding.text_de.endswith(f"Wortlaut der Vorschrift {rule}: It shall be so.")
        assert finding.remedy_de == (
            "Der Lieferant muss die Angabe berichtigen und die Rechnung neu senden."
        )


def test_nobody_is_asked_for_a_new_invoice_because_of_a_warning() -> None:
    finding = explain("BR-CL-23", Severity.WARNING, location="/", original="[BR-CL-23]-Unit code")

    assert finding.remedy_de == "Die Rechnung wird deswegen nicht zurückgewiesen."

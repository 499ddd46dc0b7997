"""The rules of EN 16931 fire and keep silent as CEN's own unit tests say, rule by rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from laufzettel import safe_xml
from laufzettel.einvoice.rule_set import RuleSet
from laufzettel.einvoice.saxon import Saxon, SaxonError
from laufzettel.einvoice.scenarios import Stylesheet
from laufzettel.einvoice.svrl import broken_rules

TESTS = "data/cen-en16931/test"
NS = {"t": "http://difi.no/xsd/vefa/validator/1.0"}


@pytest.fixture(scope="module")
def saxon() -> Saxon:
    return Saxon()


@pytest.fixture(scope="module")
def stylesheets(saxon: Saxon, rules_dir: Path) -> dict[str, Any]:
    rules = RuleSet.find(rules_dir)
    return {
        "Invoice-unit-UBL": saxon.compile(rules.text(Stylesheet.EN_UBL)),
        "CreditNote-unit-UBL": saxon.compile(rules.text(Stylesheet.EN_UBL)),
        "cii": saxon.compile(rules.text(Stylesheet.EN_CII)),
    }


@pytest.mark.parametrize(
    ("folder", "files", "assertions"),
    [("Invoice-unit-UBL", 69, 309), ("CreditNote-unit-UBL", 24, 78), ("cii", 1, 4)],
)
def test_every_unit_test_of_cen_has_the_outcome_it_names(
    shared_dir: Path,
    saxon: Saxon,
    stylesheets: dict[str, Any],
    folder: str,
    files: int,
    assertions: int,
) -> None:
    found = sorted((shared_dir / TESTS / folder).glob("*.xml"))

    outcomes = [o for file in found for o in _outcomes(file, saxon, stylesheets[folder])]

    assert [outcome for outcome in outcomes if not outcome[-1]] == []
    assert (len(found), len(outcomes)) == (files, assertions)


def _outcomes(file: Path, saxon: Saxon, stylesheet: Any) -> list[tuple[str, int, str, bool]]:
    """Return file, number of the test, what is expected and whether it came out so."""
    test_set = safe_xml.parse(file.read_bytes())
    outcomes = []
    for number, test in enumerate(test_set.iterfind("t:test", NS), start=1):
        document = etree.tostring(test[-1], encoding="unicode", with_tail=False)
        try:
            fired = {rule.id for rule in broken_rules(saxon.run(stylesheet, saxon.parse(document)))}
        except SaxonError:
            fired = {"*"}  # such a document breaks the schema, which is checked before the rules
        for expected in test.iterfind("t:assert/*", NS):
            kind, rule = etree.QName(expected).localname, (expected.text or "").strip()
            if kind in {"error", "warning", "success"}:
                came_true = (rule in fired or "*" in fired) == (kind != "success")
                outcomes.append((file.name, number, f"{kind} {rule}", came_true))
    return outcomes

"""One more rule in the text of a decision table: above what catches all, nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from laufzettel.engine import dmn
from laufzettel.engine.dmn.add_rule import NewRule, add_rule
from laufzettel.errors import InputError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "zustaendigkeit" / "zustaendigkeit.dmn"
DECISION = "rechnung_zustaendigkeit"
FACTS = {
    "leitweg_id": "",
    "leitweg_coarse": "",
    "leitweg_fine": "",
    "order_number": "",
    "contract_number": "",
    "supplier_name": "",
    "supplier_vat_id": "",
    "text": "",
    "gross_amount": 1,
}


def with_supplier(name: str, xml: bytes | None = None) -> bytes:
    rule = NewRule(
        id="rule_new",
        note="Vorschlag",
        inputs={"supplier_name": name},
        outputs={"unit": "bauamt", "clerk": None},
    )
    return add_rule(EXAMPLE.read_bytes() if xml is None else xml, DECISION, rule)


@pytest.mark.parametrize(
    "name", ["Garten Klee", 'Bau "Süd" & Söhne <GmbH>', "a\\b", "-", '") or true or ("', "null"]
)
def test_the_new_rule_holds_for_exactly_this_text(name: str) -> None:
    library = dmn.read_library({"t.dmn": with_supplier(name)})

    found = dmn.evaluate(library, DECISION, {**FACTS, "supplier_name": name})
    other = dmn.evaluate(library, DECISION, {**FACTS, "supplier_name": name + "x"})

    assert list(dmn.flaws_of(library)) == []
    assert (found.value, found.errors) == ({"unit": "bauamt", "clerk": None}, ())
    assert other.value == {"unit": None, "clerk": None}


def test_everything_else_stays_as_it_was() -> None:
    before = EXAMPLE.read_text().splitlines()
    after = with_supplier("Garten Klee").decode().splitlines()

    start = next(number for number, line in enumerate(after) if "rule_new" in line)
    assert after[:start] == before[:start]
    assert after[start + 36 :] == before[start:]
    assert 'id="rule_otherwise"' in before[start]


def test_a_table_without_a_rule_for_all_gets_it_at_its_end() -> None:
    xml = EXAMPLE.read_text()
    cut = xml[: xml.index('<rule id="rule_otherwise"')] + xml[xml.index("</decisionTable>") :]

    library = dmn.read_library({"t.dmn": with_supplier("Garten Klee", cut.encode())})

    found = dmn.evaluate(library, DECISION, {**FACTS, "supplier_name": "Garten Klee"})
    assert [list(table.rules) for trace in found.trace for table in trace.tables] == [[4]]


def test_a_table_without_the_column_is_refused_by_its_name() -> None:
    xml = EXAMPLE.read_bytes().replace(b"<text>supplier_name</text>", b"<text>lieferant</text>")

    with pytest.raises(InputError, match="keine Spalte „supplier_name“"):
        with_supplier("Garten Klee", xml)
    with pytest.raises(InputError, match="keine Tabelle „rechnung_zustaendigkeit“"):
        with_supplier(
            "Garten Klee", b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        )

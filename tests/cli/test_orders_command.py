"""``laufzettel orders``: all of a file or nothing, the same again changes nothing, all of it audited."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run

ORDERS = (
    "Auftrag;Lieferant;Bruttobetrag;Stand\n"
    "4711;Tiefbau Detmold GmbH;12.000,00;offen\n"
    "4712;Elektro Piepenbrock;500,00;offen\n"
)
LINES = "Auftrag;Position;Bezeichnung;Menge;Einheit;Einzelpreis\n4711;10;Bordstein;100;MTR;12,50\n"
DELIVERIES = "Auftrag;Lieferschein;Lieferdatum;Position;Menge\n4711;L-1;01.12.2026;10;60\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "liste.csv"


def test_a_list_is_taken_once_and_told_in_the_audit(run: Run, file: Path) -> None:
    file.write_text(ORDERS, encoding="utf-8")

    tried = run("orders", "import", str(file), "--dry-run")
    first = run("orders", "import", str(file))
    again = run("orders", "import", str(file))
    told = run("audit", "verify")

    assert tried.out.endswith("2 neu, 0 geändert, 0 wie bisher; geändert wurde nichts.\n")
    assert first.out.endswith("2 neu, 0 geändert, 0 wie bisher; übernommen.\n")
    assert again.out.endswith("0 neu, 0 geändert, 2 wie bisher; übernommen.\n")
    assert told.code == 0


def test_a_nachtrag_changes_the_order(run: Run, file: Path) -> None:
    file.write_text(ORDERS, encoding="utf-8")
    run("orders", "import", str(file))
    file.write_text(ORDERS.replace("12.000,00;offen", "15.000,00;abgeschlossen"), encoding="utf-8")

    changed = run("orders", "import", str(file), "--json")
    shown = run("orders", "show", "4711")

    assert '["4711","gross","12000.00","15000.00"]' in changed.out
    assert shown.out == "Auftrag 4711: Tiefbau Detmold GmbH, 15.000,00 € brutto, abgeschlossen\n"


def test_positions_and_deliveries_belong_to_an_order_of_the_list(run: Run, file: Path) -> None:
    file.write_text(LINES, encoding="utf-8")
    early = run("orders", "import", str(file), "--part", "positionen")
    file.write_text(ORDERS, encoding="utf-8")
    run("orders", "import", str(file))
    file.write_text(LINES, encoding="utf-8")
    late = run("orders", "import", str(file), "--part", "positionen")
    file.write_text(DELIVERIES, encoding="utf-8")
    run("orders", "import", str(file), "--part", "lieferungen")

    assert early.code == 1
    assert early.out.startswith("Zeile 2: Diesen Auftrag gibt es in der Auftragsliste nicht")
    assert late.code == 0
    assert run("orders", "show", "4711").out.splitlines()[1:] == [
        "  Position 10: Bordstein  100 MTR zu 12.5",
        "  Lieferung L-1 vom 01.12.2026, Position 10  60",
    ]


def test_one_finding_and_nothing_is_taken(run: Run, file: Path) -> None:
    file.write_text(ORDERS + "=cmd|'/C calc'!A0;Bau;1,00;offen\n", encoding="utf-8")

    outcome = run("orders", "import", str(file))

    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "1 Beanstandungen; übernommen wurde nichts."
    assert "calc" not in outcome.out
    assert run("orders", "show", "4711").code == 2
